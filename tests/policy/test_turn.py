from datetime import UTC, date, datetime, timedelta

import pytest

from dlsei.policy.calendar_days import midnight
from dlsei.policy.programme import QueuePolicy
from dlsei.policy.turn import (
    Queued,
    ahead,
    counts_as_overdue_for_hec,
    due_at,
    is_escalated,
    is_overdue,
    order_key,
    reminder_due,
)

QUEUE = QueuePolicy(seen_minutes=15, due_hours=24, escalate_after_overdue_hours=48)
NOW = datetime(2023, 1, 12, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def queued(
    id: int,
    hours_ago: float = 1,
    priority: int = 0,
    asked: bool = False,
    seen: timedelta | None = None,
) -> Queued:
    submitted_at = NOW - timedelta(hours=hours_ago)
    return Queued(id, priority, submitted_at, asked, None if seen is None else NOW - seen)


@pytest.mark.parametrize(
    ("queue", "next_before_9"),
    [
        pytest.param([queued(9)], None, id="R10 alone"),
        pytest.param([queued(9), queued(1, 2)], 1, id="4.1.k first come"),
        pytest.param([queued(9), queued(1, 3), queued(2, 2)], 1, id="4.1.k the first of two"),
        pytest.param([queued(9), queued(1, 0.5)], None, id="4.1.k later comes after"),
        pytest.param([queued(9), queued(8)], 8, id="R10 same instant, by id"),
        pytest.param([queued(9), queued(10)], None, id="R10 same instant, higher id"),
        pytest.param([queued(9, priority=2), queued(1, 0.5)], 1, id="R10 no priority sorts first"),
        pytest.param(
            [queued(9, priority=3), queued(1, 0.5, priority=2)], 1, id="A.3 priority before time"
        ),
        pytest.param([queued(9), queued(1, 2, asked=True)], None, id="R10 waits for an answer"),
        pytest.param([queued(9, asked=True), queued(1, 2)], 1, id="R10 itself waiting"),
        pytest.param(
            [queued(9), queued(1, 2, seen=timedelta(minutes=15))], None, id="R10 open elsewhere"
        ),
        pytest.param(
            [queued(9), queued(1, 2, seen=timedelta(minutes=15) + SECOND)], 1, id="R10 left open"
        ),
        pytest.param(
            [queued(9), queued(1, 3, seen=SECOND), queued(2, 2)], 2, id="R10 the one after it"
        ),
    ],
)
def test_which_application_is_ahead(queue: list[Queued], next_before_9: int | None) -> None:
    assert ahead(queue, 9, NOW, QUEUE) == next_before_9


def test_what_is_not_in_the_queue_has_no_turn() -> None:
    with pytest.raises(ValueError):
        ahead([queued(1)], 9, NOW, QUEUE)


def test_the_order_is_priority_time_id() -> None:
    early, late = NOW, NOW + SECOND
    line = [order_key(3, early, 1), order_key(0, late, 4), order_key(0, early, 5)]

    assert sorted(line) == [(0, early, 5), (0, late, 4), (3, early, 1)]


@pytest.mark.parametrize(
    ("age", "overdue", "escalated"),
    [
        pytest.param(timedelta(hours=24) - SECOND, False, False, id="R12 before"),
        pytest.param(timedelta(hours=24), False, False, id="R12 exactly 24 hours"),
        pytest.param(timedelta(hours=24) + SECOND, True, False, id="4.1.l over 24 hours"),
        pytest.param(timedelta(hours=72) - SECOND, True, False, id="R12 not yet 48 overdue"),
        pytest.param(timedelta(hours=72), True, True, id="R12 48 hours overdue"),
        pytest.param(timedelta(days=30), True, True, id="R12 long after"),
    ],
)
def test_24_hours_are_elapsed_time(age: timedelta, overdue: bool, escalated: bool) -> None:
    submitted_at = NOW - age

    assert is_overdue(submitted_at, NOW, QUEUE) == overdue
    assert is_escalated(submitted_at, NOW, QUEUE) == escalated
    assert due_at(submitted_at, QUEUE) == submitted_at + timedelta(hours=24)


@pytest.mark.parametrize(
    ("now", "decide_carried_by", "counts"),
    [
        pytest.param(midnight(date(2023, 7, 8)) - SECOND, date(2023, 7, 7), False, id="R19 7 July"),
        pytest.param(midnight(date(2023, 7, 8)), date(2023, 7, 7), True, id="R19 8 July"),
        pytest.param(midnight(date(2023, 7, 8)), None, False, id="R19 no such date"),
    ],
)
def test_the_work_deadline_of_carried_applications(
    now: datetime, decide_carried_by: date | None, counts: bool
) -> None:
    assert counts_as_overdue_for_hec(now, decide_carried_by) == counts


@pytest.mark.parametrize(
    ("last", "due"),
    [
        pytest.param(None, True, id="R12 never sent"),
        pytest.param(NOW - timedelta(hours=24) + SECOND, False, id="R12 within 24 hours"),
        pytest.param(NOW - timedelta(hours=24), True, id="R12 24 hours ago"),
    ],
)
def test_reminders_go_out_once_in_24_hours(last: datetime | None, due: bool) -> None:
    assert reminder_due(last, NOW) == due
