"""What the product writes to its logs: an event a line, with request and task ids, and no personal data.

As JSON a line holds the fields listed here and no others; of an exception it holds type and
place, not the message, since messages quote what people typed.
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

FIELDS = [
    *("timestamp", "level", "logger", "event", "request_id", "user_id", "request", "code"),
    *("task_id", "task", "parent_task_id", "child_task_id", "child_task_name"),
    *("duration_ms", "terminated", "expired", "signame", "exception"),
]
FRAMES_SHOWN = 20
PROJECT = Path(__file__).resolve().parents[1]

_PERSONAL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)*|(?<!\d)\d{5}-?\d{7}-?\d(?!\d)")
"""E-mail addresses and CNICs: a second net, below the list of fields."""

_BEFORE: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configuration(form: str, level: str) -> dict[str, Any]:
    """The LOGGING setting: `form` is `json` for machines or `line` for people; `level` a level's name."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_BEFORE,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    quiet = {"level": "CRITICAL"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"events": {"()": formatter, "form": form}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "events"}},
        "loggers": {
            # httpx logs addresses, and these hold license references.
            "httpx": {"level": "WARNING"},
            "pikepdf": {"level": "WARNING"},
            # `request_finished`, `request_failed`, `task_succeeded` and `task_failed` say the same.
            "django.request": quiet,
            "celery.app.trace": quiet,
            "celery.worker.strategy": {"level": "WARNING"},
        },
        "root": {"handlers": ["console"], "level": level},
    }


def formatter(form: str) -> logging.Formatter:
    """Writes an event as JSON without personal data (`json`), or in full for the terminal (`line`)."""
    last: list[Processor] = (
        [
            _without_messages,
            _without_addresses_of_pages,
            _only_fields,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
        if form == "json"
        else [
            ProcessorFormatter.remove_processors_meta,
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    )
    return ProcessorFormatter(foreign_pre_chain=_BEFORE, processors=last)


def _without_messages(logger: Any, name: str, event: EventDict) -> EventDict:
    given = event.pop("exception", None)
    info = event.pop("exc_info", None)
    if isinstance(info, BaseException):
        given = info
    elif isinstance(info, tuple):
        given = info[1]
    elif info and given is None:
        given = sys.exc_info()[1]
    if isinstance(given, BaseException):
        event["exception"] = []
        for error in _chain(given):
            event["exception"].append(_place(error))
            for message in filter(None, (repr(error), str(error))):
                event["event"] = str(event["event"]).replace(message, type(error).__name__)
    return event


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _place(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_SHOWN:]
    said: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "frames": [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in frames],
    }
    # A database error names its constraint or column; its message would quote the row.
    for part in ("constraint_name", "table_name", "column_name"):
        if value := getattr(getattr(error, "diag", None), part, None):
            said[part] = value
    return said


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else filename


def _without_addresses_of_pages(logger: Any, name: str, event: EventDict) -> EventDict:
    # Django's own loggers quote the path, and a path may be a link that opens something.
    request = getattr(event.get("_record"), "request", None)
    if path := getattr(request, "path", None):
        event["event"] = str(event["event"]).replace(path, "(path)")
    return event


def _only_fields(logger: Any, name: str, event: EventDict) -> EventDict:
    return {
        field: _PERSONAL.sub("(removed)", value) if isinstance(value, str) else value
        for field in FIELDS
        if (value := event.get(field)) is not None
    }
