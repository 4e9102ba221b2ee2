"""Where a rule is written in SQL too, for speed, it says what its policy function says."""

from datetime import date, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlsei.history import acting
from dlsei.policy import allocation as policy_of_allocation
from dlsei.policy import clocks, extension, turn
from dlsei.policy.calendar_days import KARACHI, midnight
from licensing import activity, allocation, clock
from licensing.extension import extend
from licensing.models import (
    Cohort,
    Enrollment,
    License,
    Place,
    Programme,
    Report,
    RevocationCase,
    RevocationRule,
)
from tests.factories import SYSTEM, UniversityFactory, UserFactory, licensed, resize, submitted
from verification import queue
from verification.models import Sighting

pytestmark = pytest.mark.django_db

examples = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
INVITED_ON = date(2024, 2, 20)
RULES = [
    clocks.Rule("5.i", 15, "automatic"),
    clocks.Rule("5.ii", 15, "automatic"),
    clocks.Rule("5.iii", 30, "automatic"),
    clocks.Rule("5.iv", 30, "review", 30),
    clocks.Rule("5.iv", 60, "review", 60),
    clocks.Rule("5.iv", 90, "automatic", 90),
]


def around_deadlines() -> st.SearchStrategy[datetime]:
    """Moments near the midnights that decide, a second to either side of them included."""
    days = st.integers(-3, 100)
    seconds = st.sampled_from([-1, 0, 1, 3600 * 13])
    return st.builds(
        lambda day, second: midnight(INVITED_ON + timedelta(days=day)) + timedelta(seconds=second),
        days,
        seconds,
    )


@pytest.fixture
def license(programme, now):
    return licensed(now=now)


@examples
@given(data=st.data())
def test_the_clock(license, now, data):
    moment = st.none() | around_deadlines()
    facts = dict.fromkeys(["activated_at", "enrolled_at", "completed_at", "last_activity_at"])
    facts = {name: data.draw(moment, label=name) for name in facts}
    invited_on = data.draw(st.sampled_from([None, INVITED_ON]), label="invited_on")
    extended = data.draw(st.booleans(), label="extended")
    base_of_activity = (
        facts["last_activity_at"].astimezone(KARACHI).date()
        if facts["last_activity_at"]
        else INVITED_ON
    )
    grounds = [
        clocks.Ground(r.clause, r.stage, base_of_activity if r.clause == "5.iv" else INVITED_ON)
        for r in RULES
    ]
    handled = data.draw(st.sets(st.sampled_from(grounds)), label="handled")
    with transaction.atomic():
        License.objects.filter(pk=license.pk).update(
            invited_on=invited_on, extended=extended, **facts
        )
        with acting(by=SYSTEM, now=now):
            report = Report.objects.create(
                source="api", as_of=now + timedelta(days=9999), imported_at=now
            )
            RevocationCase.objects.bulk_create(
                RevocationCase(
                    license=license,
                    clause=g.clause,
                    stage=g.stage,
                    base_on=g.base_on,
                    deadline=g.base_on,
                    evidence_on=g.base_on + timedelta(days=1),
                    report=report,
                    programme=Programme.in_force(),
                    opened_at=now,
                )
                for g in handled
            )

        clock.recompute([license.pk])

        row = License.objects.get(pk=license.pk)
        expected = clocks.next_deadline(row.facts(frozenset(handled)), RULES)
        found = (row.next_deadline, row.next_clause, row.next_stage, row.next_mode, row.next_base)
        transaction.set_rollback(True)
    if expected is None:
        assert found == (None, "", 0, "", None)
    else:
        assert found == (
            expected.on,
            expected.clause,
            expected.stage,
            expected.mode,
            expected.base_on,
        )


def test_the_rules_of_the_shipped_programme_are_those_of_this_module(programme):
    rules = RevocationRule.objects.filter(cohort__name="Cohort I")
    assert [clocks.Rule(r.clause, r.days, r.mode, r.stage) for r in rules] == RULES


@examples
@given(
    line=st.lists(
        st.tuples(st.integers(1, 4), st.integers(0, 5), st.integers(1, 999)),
        unique_by=lambda waiting: waiting[2],
        max_size=12,
    ),
    free=st.integers(0, 8),
    today=st.sampled_from([date(2023, 8, 1), date(2023, 8, 2), date(2023, 8, 3)]),
)
def test_the_allocator(programme, now, line, free, today):
    cohort = Cohort.objects.get(name="Cohort II")
    moment = midnight(today) + timedelta(hours=12)
    with transaction.atomic():
        resize(cohort, total=free)
        with acting(by=SYSTEM, now=now):
            places = [
                Place.objects.create(
                    person=UserFactory(verified=False),
                    cohort=cohort,
                    priority=priority,
                    submitted_at=now + timedelta(hours=hours),
                    number=number,
                    reference="A",
                    entered_at=now,
                )
                for priority, hours, number in line
            ]
        waiting = [
            policy_of_allocation.Waiting(p.number, p.priority, p.submitted_at) for p in places
        ]
        expected = policy_of_allocation.match(waiting, free, cohort.policy, today)

        allocation.issue(cohort, by=SYSTEM, now=moment)

        served = list(
            License.objects.filter(cohort=cohort).order_by("pk").values_list("place", flat=True)
        )
        transaction.set_rollback(True)
    number_of = {p.pk: p.number for p in places}
    assert [number_of[place] for place in served] == [place.id for place in expected]


@examples
@given(data=st.data())
def test_who_is_ahead_in_the_queue(programme, now, data):
    later = now + timedelta(hours=12)
    with transaction.atomic():
        university = UniversityFactory()
        me, other = UserFactory(verified=False), UserFactory(verified=False)
        queued = []
        for number in range(data.draw(st.integers(1, 5))):
            at = now + timedelta(minutes=data.draw(st.integers(0, 2)))
            application = submitted(UserFactory(verified=False), university, now=at)
            asked = data.draw(st.booleans(), label=f"{number} asked")
            seen = data.draw(st.sampled_from([None, 0, 14, 15, 16]), label=f"{number} seen")
            if asked:
                application.questions.create(asked_by=other, asked_at=at, text="which card?")
            if seen is not None:
                moment = later - timedelta(minutes=seen)
                Sighting.objects.create(
                    application=application,
                    person=other,
                    first_seen_at=moment,
                    last_seen_at=moment,
                )
            queued.append(
                turn.Queued(
                    application.pk,
                    application.priority,
                    application.submitted_at,
                    asked,
                    None if seen is None else later - timedelta(minutes=seen),
                )
            )
        policy = Programme.in_force().policy.queue
        for one in queue.met(university.applications.all(), by=me, now=later):
            found = queue.ahead(one, by=me, now=later)
            assert (found and found.pk) == turn.ahead(queued, one.pk, later, policy)
            assert (found and found.reference) == (one.ahead and one.ahead["reference"])
        transaction.set_rollback(True)


@examples
@given(
    progress=st.none() | st.decimals(0, 100, places=2),
    completed=st.none() | st.integers(0, 8),
    total=st.none() | st.integers(0, 8),
    kind=st.sampled_from(["Specialization", "Course"]),
)
def test_who_is_extended(license, now, progress, completed, total, kind):
    rule = Programme.in_force().policy.extension
    in_season = midnight(rule.from_) + timedelta(hours=3)
    with transaction.atomic():
        report = Report.objects.create(source="api", as_of=in_season, imported_at=in_season)
        report.cohorts.add(license.cohort)
        Enrollment.objects.create(
            license=license,
            content_id="x",
            content_kind=kind,
            content_name="Google Data Analytics",
            enrolled_at=now,
            progress=progress,
            courses_completed=completed,
            courses_total=total,
            report=report,
        )
        figures = extend(by=SYSTEM, now=in_season)
        transaction.set_rollback(True)
    qualifies = extension.qualifies(progress, completed, total, rule.percent)
    assert figures["extended"] == int(qualifies and kind == "Specialization")
    assert activity.latest_report() is None
