"""Durable slots for daily jobs, and nudges that only make sooner what the next tick would do (R23)."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from dlsei.models import Slot

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=25)
"""Longer than any task may run (`CELERY_TASK_TIME_LIMIT`), so that a live run is never doubled."""

TICK = "tick"
# Of two who take it at once the second waits for the first, and then finds it leased.
TAKE = """
INSERT INTO dlsei_slot AS s (job, key, leased_until, started_at, attempts, result, error)
VALUES (%(job)s, %(key)s, %(lease)s, %(now)s, 1, '{}', '')
ON CONFLICT (job, key) DO UPDATE
SET leased_until = excluded.leased_until, started_at = excluded.started_at, attempts = s.attempts + 1
WHERE s.finished_at IS NULL AND (s.leased_until IS NULL OR s.leased_until <= %(now)s)
RETURNING s.*
"""
FINISHED = """
INSERT INTO dlsei_slot (job, key, finished_at, attempts, result, error) VALUES (%s, %s, %s, 0, '{}', '')
ON CONFLICT (job, key) DO UPDATE SET finished_at = excluded.finished_at
"""
Result = dict[str, Any]


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


def take_slot(job: str, key: str, now: datetime) -> Slot | None:
    """Leases the run that `job` owes for `key`, or None when it is finished or somebody runs it."""
    values = {"job": job, "key": key, "now": now, "lease": now + LEASE}
    return next(iter(Slot.objects.raw(TAKE, values)), None)


def finished(job: str, now: datetime) -> None:
    """Notes when a job of the minute last came to its end: nothing hangs on it but the watch."""
    # Every job of the minute says it every minute: one statement, no transaction of its own.
    with connection.cursor() as cursor:
        cursor.execute(FINISHED, [job, TICK, now])


def is_finished(job: str, key: str) -> bool:
    return Slot.objects.filter(job=job, key=key, finished_at__isnull=False).exists()


def once(
    job: str,
    key: str,
    run: Callable[[], Result],
    *,
    now: datetime,
    retry: timedelta = timedelta(0),
) -> Result | None:
    """Runs `run` unless it has finished for this slot; a crash in the middle leaves the slot due.

    An exception is kept on the slot and logged; the slot is free again for a tick `retry` later.
    """
    if is_finished(job, key):
        return None
    slot = take_slot(job, key, now)
    if slot is None:
        return None
    mine = Slot.objects.filter(pk=slot.pk, attempts=slot.attempts)
    try:
        result = run()
    except Exception as error:
        mine.update(leased_until=now + retry, error=f"{type(error).__name__}: {error}"[:2000])
        logger.exception("%s %s failed", job, key)
        return None
    mine.update(finished_at=now, leased_until=None, result=result, error="")
    return result
