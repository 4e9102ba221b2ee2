"""Durable slots for daily jobs, and nudges that only make sooner what the next tick would do (R23)."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction

from dlsei.models import Slot

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=25)
"""Longer than any task may run (`CELERY_TASK_TIME_LIMIT`), so that a live run is never doubled."""

TICK = "tick"
# Of two who take one at once the second waits for the first, and then finds it leased.
TAKE = """
INSERT INTO dlsei_slot AS s (job, key, leased_until, started_at, attempts, result, error)
SELECT %(job)s::text, owed.key, %(lease)s, %(now)s, 1, '{}', ''
FROM unnest(%(keys)s::text[]) WITH ORDINALITY AS owed (key, n)
WHERE NOT EXISTS (SELECT FROM dlsei_slot f
                  WHERE f.job = %(job)s::text AND f.key = owed.key AND f.finished_at IS NOT NULL)
  AND (%(after)s::text = '' OR EXISTS (SELECT FROM dlsei_slot f
                                 WHERE f.job = %(after)s::text AND f.key = owed.key AND f.finished_at IS NOT NULL))
ORDER BY owed.n
ON CONFLICT (job, key) DO UPDATE
SET leased_until = excluded.leased_until, started_at = excluded.started_at, attempts = s.attempts + 1
WHERE s.finished_at IS NULL AND (s.leased_until IS NULL OR s.leased_until <= %(now)s)
RETURNING s.id, s.key, s.attempts
"""
FINISHED = """
INSERT INTO dlsei_slot (job, key, finished_at, attempts, result, error) VALUES (%s, %s, %s, 0, '{}', '')
ON CONFLICT (job, key) DO UPDATE SET finished_at = excluded.finished_at
"""
Result = dict[str, Any]
Question = tuple[str, Mapping[str, Any]]
"""An SQL select with its named parameters: whether it has a row."""


def _send_to_worker(job: str) -> None:
    from celery import current_app

    current_app.send_task(f"dlsei.{job}", retry=False, ignore_result=True)


_nudged: ContextVar[Callable[[str], None]] = ContextVar("nudged", default=_send_to_worker)


@contextmanager
def nudges_to(receiver: Callable[[str], None]) -> Iterator[None]:
    """Sends nudges to `receiver(job)` instead of a worker: replay does the work itself, at once."""
    token = _nudged.set(receiver)
    try:
        yield
    finally:
        _nudged.reset(token)


def nudge(*jobs: str) -> None:
    """Wakes these jobs once the transaction has committed; a dead broker only makes them later."""
    for job in jobs:
        transaction.on_commit(lambda job=job: _nudged.get()(job), robust=True)


class Taken(NamedTuple):
    """A run that was leased: its slot, and the how-manieth attempt it is."""

    pk: int
    key: str
    attempts: int


def answered(questions: Mapping[str, Question]) -> set[str]:
    """The names of the questions whose select has a row, all asked in one statement."""
    if not questions:
        return set()
    params: dict[str, Any] = {}
    for _, named in questions.values():
        params |= named
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(f"EXISTS ({select})" for select, _ in questions.values()), params
        )
        (row,) = cursor.fetchall()
    return {name for name, yes in zip(questions, row, strict=True) if yes}


def take_slots(job: str, keys: Sequence[str], now: datetime, after: str = "") -> list[Taken]:
    """Leases the runs that `job` owes for `keys`, without those finished or in somebody's hands.

    Where `after` names a job, only those for which that one has finished.
    """
    params = {"job": job, "keys": list(keys), "after": after, "now": now, "lease": now + LEASE}
    with connection.cursor() as cursor:
        cursor.execute(TAKE, params)
        return [Taken(*row) for row in cursor.fetchall()]


def finished(job: str, now: datetime) -> None:
    """Notes when a job of the minute last came to its end: nothing hangs on it but the watch."""
    # Every job of the minute says it every minute: one statement, no transaction of its own.
    with connection.cursor() as cursor:
        cursor.execute(FINISHED, [job, TICK, now])


def unfinished(job: str, keys: Sequence[str]) -> set[str]:
    """Those of these slots that have not come to their end."""
    done = Slot.objects.filter(job=job, key__in=keys, finished_at__isnull=False)
    return set(keys).difference(done.values_list("key", flat=True))


def run_owed(
    job: str,
    keys: Sequence[str],
    run: Callable[[], Result],
    *,
    now: datetime,
    retry: timedelta = timedelta(0),
    after: str = "",
) -> list[Result]:
    """Runs `run` for each slot that has not finished; a crash in the middle leaves the slot due.

    An exception is kept on the slot and logged; the slot is free again for a tick `retry` later.
    """
    results = []
    for slot in take_slots(job, keys, now, after) if keys else ():
        mine = Slot.objects.filter(pk=slot.pk, attempts=slot.attempts)
        try:
            result = run()
        except Exception as error:
            mine.update(leased_until=now + retry, error=f"{type(error).__name__}: {error}"[:2000])
            logger.exception("%s %s failed", job, slot.key)
        else:
            mine.update(finished_at=now, leased_until=None, result=result, error="")
            results.append(result)
    return results
