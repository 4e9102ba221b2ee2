"""Has a file opened by another process, and believes that one no more than it must."""

import json
import logging
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from applications.inspection.process import MEMORY, SECONDS
from applications.inspection.refusals import refuse_document
from dlsei.policy.refusals import Refusal, Refused

logger = logging.getLogger(__name__)

WALL_SECONDS = 20
"""Real time that an inspection may take on a busy machine; of processor time it gets far less."""
_PROJECT = Path(__file__).resolve().parents[2]
_TYPES = ("image/jpeg", "image/png", "application/pdf")
_MAX_PAGES = 20
# Ended for using too much, or because a library gave up on what it was fed.
_KILLED_BY_FILE = (
    *(signal.SIGXCPU, signal.SIGXFSZ, signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT),
    *(signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP),
)


class Broken(Exception):
    """The inspection itself did not work: nothing is said of the file, it may be tried again."""


@dataclass(frozen=True)
class Inspected:
    """A file that may be kept: its clean content, its type and its number of pages."""

    content: bytes
    content_type: str
    pages: int = 1


@dataclass(frozen=True)
class Examined:
    """What became of a file, either of the two, and the processor time and memory that it took."""

    inspected: Inspected | None
    refusal: Refusal | None
    seconds: float
    mib: float


def require_size(size: int, *, max_bytes: int) -> None:
    """Raises `Refused` with document-empty or document-too-large, which nobody need open a file for."""
    if not size:
        raise Refused(refuse_document("document-empty"))
    if size > max_bytes:
        raise Refused(too_large_for(max_bytes))


def too_large_for(max_bytes: int) -> Refusal:
    """The refusal of a file of more than `max_bytes` bytes."""
    return refuse_document("document-too-large", limit=f"{max_bytes / 1024 / 1024:.0f}")


def inspect(content: bytes, *, max_bytes: int) -> Inspected:
    """The clean form of an applicant's file of at most `max_bytes` bytes.

    Images come out upright and without metadata, PDFs as their pages alone. Raises `Refused` with
    document-empty, -too-large, -type, -broken, -too-many-pixels, -encrypted, -active-content,
    -too-many-pages or -too-complex, and `Broken` when the inspection could not be made.
    """
    examined = examine(content, max_bytes=max_bytes)
    if examined.inspected is None:
        assert examined.refusal is not None
        raise Refused(examined.refusal)
    return examined.inspected


def examine(content: bytes, *, max_bytes: int) -> Examined:
    """The same, and what it has cost. Raises only `Broken`."""
    try:
        require_size(len(content), max_bytes=max_bytes)
    except Refused as refused:
        return Examined(None, refused.refusal, 0.0, 0.0)
    answer, made = _ask("inspect", max_bytes, content)
    try:
        seconds, mib = float(answer["seconds"]), float(answer.get("mib", 0))
        if "refused" not in answer:
            return Examined(_believed(answer, made), None, seconds, mib)
        refusal = refuse_document(answer["refused"], **answer["values"])
        _ = refusal.message
    except (KeyError, TypeError, ValueError) as error:
        raise Broken("the inspection answered with what cannot be") from error
    return Examined(None, refusal, seconds, mib)


def page_picture(pdf: bytes, number: int) -> bytes | None:
    """Page `number` of an inspected PDF as a JPEG; None when it takes too much to be drawn.

    Raises `Broken` when drawing could not be tried.
    """
    answer, made = _ask("page", number, pdf)
    return made if answer.get("content_type") == "image/jpeg" else None


def _ask(task: str, argument: int, content: bytes) -> tuple[dict[str, Any], bytes]:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
        given.write(content)
        given.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-m", "applications.inspection.process", task, str(argument)],
            stdin=given,
            stdout=said,
            stderr=subprocess.DEVNULL,
            cwd=_PROJECT,
            # None of our secrets; one arena, so that the limit on memory is what it says.
            env={"PYTHONPATH": str(_PROJECT), "MALLOC_ARENA_MAX": "1", "LANG": "C.UTF-8"},
        )
        try:
            status = process.wait(WALL_SECONDS)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.wait()
            # Its processor time was not used up: the machine is too busy, whatever the file is.
            raise Broken("the inspection did not get its turn") from error
        if -status in _KILLED_BY_FILE:
            logger.warning("a file ended its inspection: %s", signal.Signals(-status).name)
            used_up = {"seconds": SECONDS, "mib": MEMORY / 1024 / 1024}
            return {"refused": "document-too-complex", "values": {}, **used_up}, b""
        if status:
            raise Broken(f"the inspection ended with status {status}")
        said.seek(0)
        try:
            answer = json.loads(said.readline(1 << 16))
        except ValueError as error:
            raise Broken("the inspection did not answer") from error
        return answer, said.read()


def _believed(answer: dict[str, Any], made: bytes) -> Inspected:
    kind, pages = answer.get("content_type"), answer.get("pages")
    if kind not in _TYPES or not isinstance(pages, int) or not 1 <= pages <= _MAX_PAGES or not made:
        raise Broken("the inspection answered with what cannot be")
    return Inspected(made, kind, pages)
