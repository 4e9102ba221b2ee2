"""Whose turn it is in a university's queue, and what is late there (R10, R12, R19)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.programme import QueuePolicy

Id = int | UUID
OrderKey = tuple[int, datetime, Id]
REMIND_EVERY = timedelta(hours=24)


@dataclass(frozen=True)
class Queued:
    """A pending application in its university's queue.

    `asked`: it waits for the applicant's answer. `seen_by_other_at`: when another focal person
    than the one deciding last had it open.
    """

    id: Id
    priority: int
    submitted_at: datetime
    asked: bool = False
    seen_by_other_at: datetime | None = None


def order_key(priority: int, submitted_at: datetime, id: Id) -> OrderKey:
    """Return what queues and lines are sorted by (R10, R11); priority 0 (none) comes first."""
    return (priority, submitted_at, id)


def ahead(queue: Iterable[Queued], of_id: Id, now: datetime, policy: QueuePolicy) -> Id | None:
    """Return the id of the application to decide before `of_id`, None when it is its turn (R10).

    What waits for the applicant's answer, or is open at somebody else, is not ahead.
    Raises ValueError when `of_id` is not in the queue.
    """
    seen_since = now - timedelta(minutes=policy.seen_minutes)
    in_order = sorted(queue, key=lambda q: order_key(q.priority, q.submitted_at, q.id))
    place = [one.id for one in in_order].index(of_id)
    for one in in_order[:place]:
        elsewhere = one.seen_by_other_at is not None and one.seen_by_other_at >= seen_since
        if not one.asked and not elsewhere:
            return one.id
    return None


def due_at(submitted_at: datetime, policy: QueuePolicy) -> datetime:
    """Return by when a focal person should act on what was submitted then (4.1.l, R12)."""
    return submitted_at + timedelta(hours=policy.due_hours)


def is_overdue(submitted_at: datetime, now: datetime, policy: QueuePolicy) -> bool:
    """Say whether an application still pending is overdue; exactly at its due time it is not."""
    return now > due_at(submitted_at, policy)


def is_escalated(submitted_at: datetime, now: datetime, policy: QueuePolicy) -> bool:
    """Say whether HEC must hear of an application still pending: so long overdue, or longer."""
    overdue_for = now - due_at(submitted_at, policy)
    return overdue_for >= timedelta(hours=policy.escalate_after_overdue_hours)


def counts_as_overdue_for_hec(now: datetime, decide_carried_by: date | None) -> bool:
    """Say whether all that is pending in the cohort before counts as overdue for HEC (R19).

    `decide_carried_by` is the following cohort's; from the day after it this is so.
    """
    return decide_carried_by is not None and karachi_date(now) > decide_carried_by


def reminder_due(last: datetime | None, now: datetime) -> bool:
    """Say whether a reminder or escalation may go out again, `last` sent then or never (R12)."""
    return last is None or now - last >= REMIND_EVERY
