from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlsei.policy.calendar_days import karachi_date, midnight
from dlsei.policy.clocks import (
    Deadline,
    Ground,
    LicenseFacts,
    due,
    next_deadline,
    stands,
    stopped_by_brake,
    warnings_due,
)
from dlsei.policy.programme import Brake, Rule

RULES = (
    Rule("5.i", 15, "automatic"),
    Rule("5.ii", 15, "automatic"),
    Rule("5.iii", 30, "automatic"),
    Rule("5.iv", 30, "review", 30),
    Rule("5.iv", 60, "review", 60),
    Rule("5.iv", 90, "automatic", 90),
)
ENDS = date(2023, 7, 31)
SECOND = timedelta(seconds=1)


def on(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str) -> datetime:
    """A moment in Karachi; "2023-01-27 24:00" is the midnight that ends the day."""
    day, time = text.split(" ")
    hours, minutes = map(int, time.split(":")[:2])
    return midnight(on(day)) + timedelta(hours=hours, minutes=minutes)


def facts(
    invited: str | None = "2023-01-12",
    activated: str | None = None,
    enrolled: str | None = None,
    completed: str | None = None,
    active: str | None = None,
    extended: bool = False,
    exempt: bool = False,
    handled: AbstractSet[Ground] = frozenset(),
) -> LicenseFacts:
    activity = active or completed or enrolled
    return LicenseFacts(
        invited_on=on(invited) if invited else None,
        activated_at=at(activated) if activated else None,
        enrolled_at=at(enrolled) if enrolled else None,
        completed_at=at(completed) if completed else None,
        last_activity_at=at(activity) if activity else None,
        extended=extended,
        exempt=exempt,
        handled=handled,
    )


def handled(*stages: int, base: str) -> frozenset[Ground]:
    return frozenset(Ground("5.iv", stage, on(base)) for stage in stages)


CLICK, ENROLL, COMPLETE = "2023-01-13 10:00", "2023-01-14 10:00", "2023-01-20 10:00"


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(facts(), "5.i 2023-01-27", id="5.i fifteen days from the invitation"),
        pytest.param(facts("2024-02-14"), "5.i 2024-02-29", id="R15 leap day"),
        pytest.param(facts("2023-02-14"), "5.i 2023-03-01", id="R15 end of February"),
        pytest.param(facts("2023-12-20"), "5.i 2024-01-04", id="R15 end of the year"),
        pytest.param(facts(activated=CLICK), "5.ii 2023-01-27", id="5.ii once activated"),
        pytest.param(
            facts(activated="2023-01-27 23:59"), "5.ii 2023-01-27", id="R15 all of day 15"
        ),
        pytest.param(
            facts(activated="2023-01-27 24:00"), "5.i 2023-01-27", id="R15 midnight is too late"
        ),
        pytest.param(
            facts(activated=CLICK, enrolled=ENROLL), "5.iii 2023-02-11", id="5.iii once enrolled"
        ),
        pytest.param(
            facts(activated=CLICK, enrolled="2023-01-27 23:59"),
            "5.iii 2023-02-11",
            id="R15 enrolled on day 15",
        ),
        pytest.param(
            facts(activated=CLICK, enrolled="2023-01-27 24:00"),
            "5.ii 2023-01-27",
            id="R15 enrolled at midnight",
        ),
        pytest.param(
            facts(activated="2023-01-28 09:00", enrolled=ENROLL),
            "5.iii 2023-02-11",
            id="R9 enrolled in time, link clicked too late",
        ),
        pytest.param(facts(enrolled=ENROLL), "5.iii 2023-02-11", id="R9 enrolled, never clicked"),
        pytest.param(
            facts(activated=CLICK, completed=COMPLETE, active=COMPLETE),
            "5.iv 2023-02-19",
            id="R16 a completion is all that 5.i to 5.iii ask",
        ),
        pytest.param(
            facts(activated=CLICK, enrolled=ENROLL, completed="2023-02-11 23:59"),
            "5.iv 2023-03-13",
            id="R15 completed on day 30",
        ),
        pytest.param(
            facts(activated=CLICK, enrolled=ENROLL, completed="2023-02-11 24:00"),
            "5.iii 2023-02-11",
            id="R15 completed at midnight",
        ),
        pytest.param(
            facts(activated=CLICK, enrolled=ENROLL, completed=COMPLETE, active="2024-01-31 23:59"),
            "5.iv 2024-03-01",
            id="5.iv last activity, over a leap day",
        ),
        pytest.param(
            facts(activated=CLICK, enrolled=ENROLL, completed=COMPLETE, active="2024-01-31 24:00"),
            "5.iv 2024-03-02",
            id="5.iv activity after midnight is the next day's",
        ),
        pytest.param(
            facts(activated=CLICK, completed=COMPLETE, handled=handled(30, base="2023-01-20")),
            "5.iv/60 2023-03-21",
            id="R16 the next stage after a case",
        ),
        pytest.param(
            facts(activated=CLICK, completed=COMPLETE, handled=handled(30, 60, base="2023-01-20")),
            "5.iv/90 2023-04-20",
            id="R16 the last stage",
        ),
        pytest.param(
            facts(
                activated=CLICK,
                completed=COMPLETE,
                active="2023-03-01 08:00",
                handled=handled(30, 60, base="2023-01-20"),
            ),
            "5.iv 2023-03-31",
            id="R16 a new stretch of inactivity starts over",
        ),
        pytest.param(
            facts(
                activated=CLICK,
                completed=COMPLETE,
                handled=handled(30, 60, 90, base="2023-01-20"),
            ),
            None,
            id="R16 all stages handled",
        ),
        pytest.param(facts(exempt=True), None, id="R4 paid"),
        pytest.param(facts(exempt=True, extended=True), None, id="R4 paid and extended"),
        pytest.param(facts(invited=None), None, id="R14 not invited yet"),
        pytest.param(facts(extended=True), "5.iv 2023-02-11", id="R20 extended, under 5.iv alone"),
        pytest.param(
            facts(extended=True, activated=CLICK, enrolled="2023-07-14 10:00"),
            "5.iv 2023-08-13",
            id="R20 extended, from the last activity",
        ),
    ],
)
def test_the_next_deadline(known: LicenseFacts, expected: str | None) -> None:
    found = next_deadline(known, RULES)

    if expected is None:
        assert found is None
    else:
        clause, day = expected.split(" ")
        clause, _, stage = clause.partition("/")
        assert found is not None
        assert (found.clause, found.on.isoformat()) == (clause, day)
        assert found.stage == (int(stage) if stage else 30 if clause == "5.iv" else 0)


def test_on_one_day_the_earlier_clause_is_recorded() -> None:
    never_active = facts(handled={Ground("5.i", 0, on("2023-01-12"))})

    assert next_deadline(never_active, RULES) == Deadline(
        "5.iii", 0, "automatic", on("2023-01-12"), on("2023-02-11")
    )


def test_a_rule_in_review_mode_is_handled_once() -> None:
    rules = (Rule("5.i", 15, "review"), Rule("5.iii", 30, "automatic"))
    first = next_deadline(facts(), rules)

    assert first == Deadline("5.i", 0, "review", on("2023-01-12"), on("2023-01-27"))
    second = next_deadline(facts(handled={first.ground}), rules)
    assert second is not None
    assert second.clause == "5.iii"


DEADLINE = Deadline("5.i", 0, "automatic", on("2023-01-12"), on("2023-01-27"))


@pytest.mark.parametrize(
    ("today", "evidence", "is_due"),
    [
        pytest.param("2023-01-27", "2023-01-28 02:00", False, id="R15 day 15 is the learner's"),
        pytest.param("2023-01-28", "2023-01-28 00:00", True, id="R17 a report as of midnight"),
        pytest.param("2023-01-28", "2023-01-28 02:00", True, id="R15 from day 16 on"),
        pytest.param("2023-02-28", "2023-01-27 02:00", False, id="R17 nobody on old data"),
        pytest.param("2023-03-28", "2023-03-01 02:00", True, id="R23 a late sweep"),
    ],
)
def test_a_deadline_is_due_on_evidence(today: str, evidence: str, is_due: bool) -> None:
    assert due(DEADLINE, on(today), at(evidence)) == is_due


def test_a_report_one_second_before_midnight_or_none_is_no_evidence() -> None:
    midnight_after = midnight(on("2023-01-28"))

    assert not due(DEADLINE, on("2023-01-28"), midnight_after - SECOND)
    assert due(DEADLINE, on("2023-01-28"), midnight_after)
    assert not due(DEADLINE, on("2023-01-28"), None)


@pytest.mark.parametrize(
    ("today", "sent", "ends", "days"),
    [
        pytest.param("2023-01-21", (), ENDS, None, id="R17 six days before"),
        pytest.param("2023-01-22", (), ENDS, 5, id="R17 five days before"),
        pytest.param("2023-01-23", (5,), ENDS, None, id="R17 once each"),
        pytest.param("2023-01-25", (), ENDS, 5, id="R23 late"),
        pytest.param("2023-01-26", (5,), ENDS, 1, id="R17 one day before"),
        pytest.param("2023-01-26", (), ENDS, 1, id="R23 both due, the nearest goes out"),
        pytest.param("2023-01-27", (1,), ENDS, None, id="R23 the missed one is not made up for"),
        pytest.param("2023-01-27", (5,), ENDS, 1, id="R17 on the last day"),
        pytest.param("2023-01-28", (5,), ENDS, None, id="R17 not after the deadline"),
        pytest.param("2023-01-22", (), date(2023, 1, 28), 5, id="R17 ends the day after"),
        pytest.param("2023-01-22", (), date(2023, 1, 27), None, id="R17 ends first"),
    ],
)
def test_warnings(today: str, sent: tuple[int, ...], ends: date, days: int | None) -> None:
    assert warnings_due(DEADLINE, on(today), (5, 1), ends, frozenset(sent)) == days


def test_without_warnings_in_the_programme_none_goes_out() -> None:
    assert warnings_due(DEADLINE, on("2023-01-27"), (), ENDS, frozenset()) is None


@pytest.mark.parametrize(
    ("case", "known", "still"),
    [
        pytest.param("5.iv 2023-01-20", facts(completed=COMPLETE), True, id="R16 still idle"),
        pytest.param(
            "5.iv 2023-01-20",
            facts(completed=COMPLETE, active="2023-02-21 08:00"),
            False,
            id="R16 newer activity",
        ),
        pytest.param("5.iv 2023-01-12", facts(), True, id="R16 no activity at all"),
        pytest.param(
            "5.iv 2023-01-12",
            facts(enrolled="2023-01-12 23:00"),
            True,
            id="R16 activity on the base day itself",
        ),
        pytest.param("5.iii 2023-01-12", facts(enrolled=ENROLL), True, id="R16 none completed"),
        pytest.param(
            "5.iii 2023-01-12",
            facts(completed="2023-02-11 23:59"),
            False,
            id="R15 a later report shows it was in time",
        ),
        pytest.param(
            "5.iii 2023-01-12", facts(completed="2023-02-12 00:00"), True, id="R15 too late"
        ),
        pytest.param(
            "5.iii 2023-01-12", facts(enrolled=ENROLL, extended=True), False, id="R20 extended"
        ),
        pytest.param(
            "5.iv 2023-01-20", facts(completed=COMPLETE, extended=True), True, id="R20 5.iv stays"
        ),
    ],
)
def test_whether_an_open_case_still_stands(case: str, known: LicenseFacts, still: bool) -> None:
    clause, base = case.split(" ")
    stage = 30 if clause == "5.iv" else 0
    opened = Deadline(clause, stage, "review", on(base), on(base) + timedelta(days=30))

    assert stands(opened, known) == still


@pytest.mark.parametrize(
    ("licenses", "live", "stops"),
    [
        pytest.param(501, 5009, True, id="R22 more than both"),
        pytest.param(501, 5010, False, id="R22 exactly a tenth"),
        pytest.param(500, 500, False, id="R22 exactly 500"),
        pytest.param(501, 501, True, id="R22 all of them"),
    ],
)
def test_the_brake(licenses: int, live: int, stops: bool) -> None:
    assert stopped_by_brake(licenses, live, Brake(500, Decimal("0.10"))) == stops


MOMENTS = st.none() | st.integers(0, 120 * 24 * 60).map(
    lambda minutes: midnight(on("2023-01-12")) + timedelta(minutes=minutes)
)
FACTS = st.builds(
    LicenseFacts,
    invited_on=st.just(on("2023-01-12")),
    activated_at=MOMENTS,
    enrolled_at=MOMENTS,
    completed_at=MOMENTS,
    last_activity_at=MOMENTS,
    extended=st.booleans(),
)


@given(FACTS, st.integers(0, 200 * 24 * 60))
def test_later_activity_never_brings_the_deadline_nearer(known: LicenseFacts, later: int) -> None:
    last = known.last_activity_at or midnight(on("2023-01-12"))
    moved = replace(known, last_activity_at=last + timedelta(minutes=later))
    before, after = next_deadline(known, RULES), next_deadline(moved, RULES)

    assert before is not None
    assert after is not None
    assert after.on >= before.on


@given(FACTS, st.sampled_from(["activated_at", "enrolled_at", "completed_at"]), MOMENTS)
def test_what_happens_after_a_deadline_does_not_change_it(
    known: LicenseFacts, what: str, moment: datetime | None
) -> None:
    before = next_deadline(known, RULES)
    assert before is not None
    if moment is None or getattr(known, what) is not None or karachi_date(moment) <= before.on:
        return

    later: dict[str, Any] = {what: moment}
    assert next_deadline(replace(known, **later), RULES) == before


@given(FACTS)
def test_handling_deadline_after_deadline_comes_to_an_end_in_order(known: LicenseFacts) -> None:
    seen: list[Deadline] = []
    while (found := next_deadline(known, RULES)) is not None:
        assert stands(found, known)
        seen.append(found)
        known = replace(known, handled=known.handled | {found.ground})

    assert [d.on for d in seen] == sorted(d.on for d in seen)
    assert len(seen) <= len(RULES)
