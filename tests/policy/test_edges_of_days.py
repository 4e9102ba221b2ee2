"""Leap years, month ends, midnights and the very last instant, in tables (R1, R12, R14–R17, R20)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from dlsei.policy import allocation, clocks, expiry, extension, turn
from dlsei.policy.calendar_days import karachi_date, midnight
from dlsei.policy.clocks import LicenseFacts
from dlsei.policy.programme import Programme, Rule

INSTANT = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
ONE_DAY = timedelta(days=1)
FIRST, SECOND_RULE, THIRD = (
    Rule("5.i", 15, "automatic"),
    Rule("5.ii", 15, "automatic"),
    Rule("5.iii", 30, "automatic"),
)
IDLE = [Rule("5.iv", days, "review", days) for days in (30, 60, 90)]


@pytest.mark.parametrize(
    ("invited", "day_15", "day_30", "day_60", "day_90"),
    [
        ("2023-01-31", "2023-02-15", "2023-03-02", "2023-04-01", "2023-05-01"),
        ("2024-01-31", "2024-02-15", "2024-03-01", "2024-03-31", "2024-04-30"),
        ("2023-02-13", "2023-02-28", "2023-03-15", "2023-04-14", "2023-05-14"),
        ("2024-02-14", "2024-02-29", "2024-03-15", "2024-04-14", "2024-05-14"),
        ("2024-02-29", "2024-03-15", "2024-03-30", "2024-04-29", "2024-05-29"),
        ("2023-02-28", "2023-03-15", "2023-03-30", "2023-04-29", "2023-05-29"),
        ("2023-12-31", "2024-01-15", "2024-01-30", "2024-02-29", "2024-03-30"),
        ("2022-12-31", "2023-01-15", "2023-01-30", "2023-03-01", "2023-03-31"),
        ("2023-07-01", "2023-07-16", "2023-07-31", "2023-08-30", "2023-09-29"),
    ],
)
def test_day_n_is_n_days_after_the_anchors_day(
    invited: str, day_15: str, day_30: str, day_60: str, day_90: str
) -> None:
    known = LicenseFacts(invited_on=date.fromisoformat(invited))

    found = [clocks.next_deadline(known, [rule]) for rule in (FIRST, *IDLE)]

    assert [str(one.on) for one in found if one] == [day_15, day_30, day_60, day_90]


@pytest.mark.parametrize("invited", ["2023-01-31", "2024-02-14", "2023-12-16", "2023-07-16"])
@pytest.mark.parametrize(
    ("rule", "known"),
    [
        (FIRST, "activated_at"),
        (SECOND_RULE, "enrolled_at"),
        (THIRD, "completed_at"),
    ],
    ids=["5.i", "5.ii", "5.iii"],
)
def test_the_last_instant_of_day_n_counts_and_midnight_does_not(
    invited: str, rule: Rule, known: str
) -> None:
    day = date.fromisoformat(invited)
    over = midnight(day + timedelta(days=rule.days) + ONE_DAY)
    at_first = {} if rule is FIRST else {"activated_at": midnight(day)}

    def deadline(at: datetime) -> clocks.Deadline | None:
        return clocks.next_deadline(LicenseFacts(invited_on=day, **{**at_first, known: at}), [rule])

    assert deadline(over - INSTANT) is None
    late = deadline(over)
    assert late is not None
    assert late.on == karachi_date(over) - ONE_DAY


@pytest.mark.parametrize("utc", [True, False], ids=["told in UTC", "told in Karachi"])
@pytest.mark.parametrize(
    ("sweep", "evidence", "falls"),
    [
        # 5.i of a license invited on 14 February 2024: day 15 is the 29th.
        (timedelta(0) - SECOND, timedelta(0), False),
        (timedelta(0), timedelta(0), True),
        (timedelta(0), -SECOND, False),
        (timedelta(0), -INSTANT, False),
        (timedelta(hours=3), timedelta(hours=2), True),
        (timedelta(days=40), -SECOND, False),
        (timedelta(days=40), timedelta(days=39), True),
    ],
)
def test_a_sweep_at_the_deadline_and_the_report_before_it(
    utc: bool, sweep: timedelta, evidence: timedelta, falls: bool
) -> None:
    """Both counted from 00:00 of 1 March."""
    over = midnight(date(2024, 3, 1))
    deadline = clocks.next_deadline(LicenseFacts(invited_on=date(2024, 2, 14)), [FIRST])
    now, as_of = over + sweep, over + evidence
    if utc:
        now, as_of = now.astimezone(UTC), as_of.astimezone(UTC)

    assert deadline is not None
    assert clocks.due(deadline, karachi_date(now), as_of) == falls


@pytest.mark.parametrize("day", ["2023-01-31", "2024-02-28", "2024-02-29", "2023-12-31"])
def test_activity_counts_on_its_own_day(day: str) -> None:
    """5.iv from the last instant of a day and from the first of the next."""
    over = midnight(date.fromisoformat(day) + ONE_DAY)
    before, after = (
        clocks.next_deadline(
            LicenseFacts(invited_on=date(2023, 1, 2), last_activity_at=at), IDLE[:1]
        )
        for at in (over - INSTANT, over)
    )

    assert before is not None
    assert after is not None
    assert (before.on, after.on) == (
        date.fromisoformat(day) + timedelta(days=30),
        date.fromisoformat(day) + timedelta(days=31),
    )


@pytest.mark.parametrize("ends", ["2023-07-31", "2024-02-15", "2024-02-29", "2023-12-31"])
def test_the_last_day_is_whole(ends: str) -> None:
    day = date.fromisoformat(ends)

    assert not expiry.is_over(day, karachi_date(midnight(day + ONE_DAY) - INSTANT))
    assert expiry.is_over(day, karachi_date(midnight(day + ONE_DAY)))


@pytest.mark.parametrize(
    ("as_of", "checked"),
    [("2023-07-14 23:59:59", False), ("2023-07-15 00:00:00", True), ("2023-07-31 23:59:59", True)],
)
def test_the_season_of_extensions_begins_at_midnight(
    programme: Programme, as_of: str, checked: bool
) -> None:
    rule = programme.extension
    assert rule is not None
    day = karachi_date(datetime.fromisoformat(f"{as_of}+05:00"))

    assert extension.in_season(rule, day, closed=False) == checked


@pytest.mark.parametrize("submitted", ["2023-01-31 23:59:59", "2024-02-28 00:00:00"])
def test_24_hours_are_elapsed_time(programme: Programme, submitted: str) -> None:
    at = datetime.fromisoformat(f"{submitted}+05:00")
    late, told = at + timedelta(hours=24), at + timedelta(hours=72)

    assert not turn.is_overdue(at, late, programme.queue)
    assert turn.is_overdue(at, late + INSTANT, programme.queue)
    assert not turn.is_escalated(at, told - INSTANT, programme.queue)
    assert turn.is_escalated(at, told, programme.queue)


@pytest.mark.parametrize(
    ("moment", "cohort", "opens"),
    [
        ("2023-01-01 23:59:59", "Cohort I", False),
        ("2023-01-02 00:00:00", "Cohort I", True),
        ("2023-07-12 23:59:59", "Cohort I", True),
        ("2023-07-13 00:00:00", "Cohort I", False),
        ("2023-07-12 23:59:59", "Cohort II", False),
        ("2023-07-13 00:00:00", "Cohort II", True),
        ("2024-02-15 23:59:59", "Cohort II", True),
        ("2024-02-16 00:00:00", "Cohort II", False),
    ],
)
def test_intake_opens_and_closes_at_midnight(
    programme: Programme, moment: str, cohort: str, opens: bool
) -> None:
    day = karachi_date(datetime.fromisoformat(f"{moment}+05:00"))

    assert allocation.in_intake_window(programme.cohorts[cohort], day) == opens
