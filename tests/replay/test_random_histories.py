"""Whatever people do, and whenever, no invariant breaks and licenses go out in order (I1–I10, R11).

Random histories through the real services, audited after every event. `DLSEI_HISTORIES=500` plays
so many, other ones each time; without it a few that are always the same.
"""

import json
import logging
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlsei import audit, celery
from dlsei.celery import Job
from dlsei.policy.calendar_days import karachi_date
from dlsei.replay import beat, play, scenario, scratch
from dlsei.replay.beat import Beat
from dlsei.replay.edges import Edges
from licensing import allocation
from licensing.models import Allocation, License, Place
from tests.scenarios.conftest import BASE

MANY = int(os.environ.get("DLSEI_HISTORIES", "0"))
histories_played = settings(
    max_examples=MANY or 5,
    derandomize=not MANY,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
LONGEST = timedelta(days=45)
# The first days, over the turn of the cohort, to the last day of all.
BEGINS = ["2023-01-09 08:00", "2023-07-08 08:00", "2023-07-27 08:00", "2024-02-01 08:00"]
GAPS = [timedelta(0), timedelta(seconds=1), timedelta(minutes=20), timedelta(hours=5)]
LEAPS = [timedelta(days=1), timedelta(days=4), timedelta(days=16)]
PEOPLE = ["s1", "s2", "s3", "s4", "s5", "officer", "graduate"]
COURSES = [("Python", "course"), ("Data Analytics", "specialization")]
WORLD = """
title = "random"
[programme.cohorts."Cohort I"]
tranches = [ {{ size = {one}, from = "2023-01-02" }}, {{ size = 1, from = "2023-01-12" }} ]
[programme.cohorts."Cohort II"]
tranches = [ {{ size = {two}, from = "2023-08-01" }} ]
[programme.revocation."5.ii"]
mode = "{mode}"
[programme.revocation.brake]
licenses = {brake}
[[universities]]
name = "A"
[[universities]]
name = "B"
focal = false
[[people]]
name = "s"
count = 4
category = "student"
university = "A"
documents = ["student-card"]
[[people]]
name = "s5"
category = "faculty"
university = "B"
documents = ["office-card"]
[[people]]
name = "officer"
category = "hec-employee"
documents = ["office-card"]
[[people]]
name = "graduate"
category = "alumnus"
university = "A"
documents = ["transcript"]
"""


def table(heading: str, **values: object) -> str:
    rows = "".join(f"{k} = {json.dumps(v)}\n" for k, v in values.items())
    return f"[[{heading}]]\n{rows}"


@st.composite
def events(draw: st.DrawFn) -> tuple[timedelta, dict[str, object]]:
    """Something that happens, and how long after what was before it."""
    who = draw(st.sampled_from(PEOPLE))
    by = draw(st.sampled_from(["focal: A", "hec"]))
    course, kind = draw(st.sampled_from(COURSES))
    note = {"note": "by telephone"} if by == "hec" else {}
    of = {"who": who}
    do = draw(
        st.sampled_from(
            [
                *[{"do": "apply", **of}] * 5,
                {"do": "withdraw", **of},
                {"do": "ask", **of, "by": by, "text": "the other side"},
                {"do": "answer", **of},
                {"do": "open", **of, "by": by},
                {"do": "approve", **of, "by": by, **note},
                {"do": "approve", **of, "by": by, **note, "reason": "told to"},
                {"do": "reject", **of, "by": by, **note, "reason": "unreadable"},
                *[
                    {"do": "decide", "by": "hec", "university": university, "count": 3}
                    | {"outcome_each": "approve"}
                    for university in "AAB"
                ],
                *[{"do": "click", **of}] * 2,
                *[{"do": "enroll", **of, "course": course, "kind": kind}] * 2,
                {"do": "progress", **of, "course": course, "percent": 60},
                {"do": "complete", **of, "course": course},
                {"do": "learn", **of},
                {"do": "report"},
                {"do": "tranche", "cohort": "Cohort I", "size": 1},
                {"do": "import-paid", **of, "year": draw(st.sampled_from([2021, 2022]))},
                {"do": "flag", **of, "cohort": "Cohort I"},
                {"do": "revoke", **of, "by": "hec", "note": "asked for it"},
                {"do": "confirm", **of, "by": "hec", "note": "idle"},
                {"do": "dismiss", **of, "by": "hec", "note": "ill"},
                {"do": "confirm-run", "by": "hec"},
                {
                    "do": "outage",
                    "of": draw(st.sampled_from(["beat", "reports", "coursera", "mail"])),
                },
            ]
        )
    )
    return draw(st.sampled_from([*GAPS * 2, *LEAPS])), do


@st.composite
def histories(draw: st.DrawFn) -> str:
    """A scenario file of random events, over at most `LONGEST`."""
    text = WORLD.format(
        one=draw(st.integers(1, 3)),
        two=draw(st.integers(1, 3)),
        mode=draw(st.sampled_from(["automatic", "review"])),
        brake=draw(st.sampled_from([0, 500])),
    )
    at = begins = datetime.fromisoformat(draw(st.sampled_from(BEGINS)))
    for gap, event in draw(st.lists(events(), min_size=10, max_size=40)):
        at = min(at + gap, begins + LONGEST)
        if event["do"] == "outage":
            hours = draw(st.sampled_from([1, 30, 24 * 8]))
            event = {**event, "until": f"{at + timedelta(hours=hours):%Y-%m-%d %H:%M:%S}"}
        text += table("event", at=f"{at:%Y-%m-%d %H:%M:%S}", **event)
    end = f"{at + timedelta(days=2):%Y-%m-%d %H:%M:%S}"
    return text + table("expect", at=end, cohort="Cohort I", free=0)


def out_of_order() -> Iterator[str]:
    """Licenses that went out although somebody in the same line was before them (R11, R19)."""
    for run in Allocation.objects.select_related("cohort").order_by("id"):
        served = [key(place) for place in run.places.order_by("license__id")]
        if served != sorted(served):
            yield f"run {run.pk} served {served}"
        windows = run.cohort.open_priorities(karachi_date(run.at))
        line = Place.objects.filter(cohort=run.cohort, entered_at__lte=run.at)
        stayed = line.exclude(served_at__lte=run.at).exclude(ended_at__lte=run.at)
        for place in stayed.filter(priority__in=windows):
            held = License.objects.filter(person=place.person_id, issued_at__lte=run.at)
            # Who holds a paid license waits, and lets the next one go first.
            if key(place) < max(served) and not held.exclude(ended_at__lte=run.at).exists():
                yield f"run {run.pk} passed place {place.pk} over"


def key(place: Place) -> tuple[int, datetime, int]:
    return place.priority, place.submitted_at, place.pk


def breaches(at: datetime, *, beat_is_down: bool) -> list[audit.Breach]:
    """What the audit finds; a free seat waits for the allocator's next run (I3)."""
    found = audit.breaches(at)
    return [one for one in found if not (beat_is_down and one.invariant == "I3")]


class DoubtingBeat(Beat):
    """Has every job run that says it has nothing to do, and fails when it did something.

    At each quarter of an hour at which nothing has woken reminders it asks whether one is due.
    """

    def __init__(self, edges: Edges, **given: Any) -> None:
        super().__init__(edges, **given)
        self.doubted = edges.clock.now

    def step(self, moment: datetime, *, inclusive: bool) -> bool:
        # Up to the next tick, or to what happens at `moment`, nothing changes but the time.
        following = min((min(wakes) for wakes in self.wakes.values() if wakes), default=moment)
        self._doubt_reminders(min(following, moment))
        return super().step(moment, inclusive=inclusive)

    def _doubt_reminders(self, until: datetime) -> None:
        remind = self.jobs[beat.REMIND]
        quarter = beat.tick(self.doubted, remind.minutes)
        while quarter < until:
            if not (self.down_until and quarter < self.down_until):
                due = celery.waiting([remind], now=quarter)
                assert not due, f"a reminder is due at {quarter}, and nothing has woken them"
            quarter += timedelta(minutes=remind.minutes)
        self.doubted = max(self.doubted, until)

    def _with_work(self, jobs: list[Job]) -> list[Job]:
        found = super()._with_work(jobs)
        for job in jobs:
            if job not in found:
                did = job.do(self.edges.clock.now)
                assert not any(did.values()), f"{job.name} had nothing to do and did {did}"
        return found


@pytest.fixture(autouse=True)
def doubts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play, "Beat", DoubtingBeat)


def play_and_audit(file: Path, text: str, template: str) -> play.Played:
    """Plays a history; fails at the first moment at which an invariant is broken."""
    file.write_text(text, encoding="utf-8")
    given = scenario.read(str(file), BASE)
    moments = iter(sorted({one.at for one in (*given.steps, *given.expectations)}))
    down = [
        (step.at, step.values["until"]) for step in given.steps if step.values.get("of") == "beat"
    ]

    def check(share: float) -> None:
        at = next(moments)
        beat_is_down = any(begins <= at <= until for begins, until in down)
        assert breaches(at, beat_is_down=beat_is_down) == [], f"{at}\n{text}"

    with scratch.copy_of(template):
        played = play.play(given, check)
        assert list(out_of_order()) == [], text
    return played


@given(history=histories())
@histories_played
def test_no_invariant_breaks_and_licenses_go_out_in_order(
    history: str, template: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    played = play_and_audit(tmp_path / "history.toml", history, template)

    failed = [one for one in played.happened if one.outcome.startswith("failed")]
    assert failed == [], history
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert errors == [], history


THREE_FOR_ONE_SEAT = (
    WORLD.format(one=1, two=1, mode="automatic", brake=500)
    + table("event", at="2023-01-09 09:00:00", do="apply", who="s*")
    + table(
        "event",
        at="2023-01-09 10:00:00",
        do="decide",
        by="focal: A",
        university="A",
        outcome_each="approve",
        count=4,
    )
    + table("event", at="2023-01-12 09:00:00", do="report")
)


@pytest.mark.parametrize(
    ("guard", "broken"),
    [
        ("p.priority, p.submitted_at, p.number", "p.number DESC"),
        ("w.priority, w.submitted_at, w.number", "w.number DESC"),
    ],
)
def test_what_is_out_of_order_is_found(
    guard: str, broken: str, template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same check, with the order of the allocator's statements patched away."""
    for statement in ("SERVE", "ISSUE"):
        sql = getattr(allocation, statement)
        monkeypatch.setattr(allocation, statement, sql.replace(guard, broken))
    more = THREE_FOR_ONE_SEAT + table(
        "event", at="2023-01-12 10:00:00", do="tranche", cohort="Cohort I", size=2
    )

    with pytest.raises(AssertionError):
        play_and_audit(tmp_path / "history.toml", more, template)


# What only a tick finds: a mail after an outage, and an application that nobody has decided.
LEFT_TO_TICKS = (
    WORLD.format(one=1, two=1, mode="automatic", brake=500)
    + table("event", at="2023-01-09 09:00:00", do="outage", of="mail", until="2023-01-09 12:00:00")
    + table("event", at="2023-01-09 10:00:00", do="apply", who="s1")
    + table("expect", at="2023-01-12 10:00:00", cohort="Cohort I", free=2)
)


@pytest.mark.parametrize("verb", ["dlsei.outbox.waiting", "verification.reminders.waiting"])
def test_a_job_that_denies_its_work_is_found(
    verb: str, template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert play_and_audit(tmp_path / "history.toml", LEFT_TO_TICKS, template).passed
    monkeypatch.setattr(verb, lambda now: ("SELECT WHERE false", {}))

    with pytest.raises(AssertionError, match="had nothing to do and did"):
        play_and_audit(tmp_path / "history.toml", LEFT_TO_TICKS, template)


@pytest.mark.parametrize("who", ["s1", "s5"], ids=["late", "nobody's"])
def test_a_reminder_that_nothing_wakes_is_found(
    who: str, template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited_for = (
        WORLD.format(one=1, two=1, mode="automatic", brake=500)
        + table("event", at="2023-01-09 10:00:00", do="apply", who=who)
        + table("expect", at="2023-01-12 10:00:00", cohort="Cohort I", free=2)
    )
    assert play_and_audit(tmp_path / "history.toml", waited_for, template).passed
    monkeypatch.setattr(Beat, "awaited", lambda self: None)

    with pytest.raises(AssertionError, match="nothing has woken them"):
        play_and_audit(tmp_path / "history.toml", waited_for, template)
