"""Beat is away for three days: what runs after the gap leaves what had been left without it (R23).

The same people live the same days twice, each in a transaction that is rolled back: once with every
tick, once with none for three days and then one. Notices that speak of days to come, and the clocks
of licenses that were issued later, differ by nature and are not compared.
"""

import copy
from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from applications.models import Application
from dlsei import audit, outbox
from dlsei.models import Mail
from dlsei.policy.calendar_days import KARACHI
from licensing import activity, allocation, programme
from licensing.models import Cohort, CourseraJob, License, Place, RevocationCase
from tests.factories import (
    SYSTEM,
    YEAR_2,
    FocalPersonFactory,
    HecFactory,
    UniversityFactory,
    activated,
    approved,
    submitted,
)
from tests.jobs.beat import instants, tick
from tests.population import invited

pytestmark = pytest.mark.django_db

DAYS = timedelta(days=1)
OF_DAYS_TO_COME = ["license-warning", "queue-reminder", "queue-escalation"]


@pytest.fixture
def people(coursera, now):
    """Ten seats: five idle, three who learn, two who only clicked; twelve in line, one pending."""
    text = YEAR_2.read_text("utf-8").replace(
        '{ size = 18000, from = "2023-01-02" },',
        '{ size = 10, from = "2023-01-02" }, { size = 3, from = "2023-01-27" },',
    )
    programme.load(text, "small", by=SYSTEM, now=now)
    HecFactory()
    university = UniversityFactory()
    focal_person = FocalPersonFactory(university=university).person
    in_line = [submitted(university=university, now=now) for _ in range(12)]
    submitted(university=university, now=now)
    licenses = invited(10, now=now)
    for license in licenses[5:]:
        activated(license, now=now + DAYS)
    coursera.at = now + 2 * DAYS
    for license in licenses[5:8]:
        at_coursera = license.cohort.coursera_program, license.reference
        coursera.sandbox.enroll(*at_coursera, "Data Science", "specialization")
        coursera.sandbox.progress(*at_coursera, "Data Science", 60)
        coursera.sandbox.complete(*at_coursera, "Data Science")
    activity.fetch(by=SYSTEM, now=coursera.at)
    for application in in_line:
        approved(application, by=focal_person, now=now + 3 * DAYS)
    # Each approval wakes the allocator, beat or no beat.
    allocation.issue_all(by=SYSTEM, now=now + 3 * DAYS)
    outbox.deliver(by=SYSTEM, now=now + 3 * DAYS)
    return licenses


def left_behind(coursera, times):
    """What stands after ticks at these instants; then all is as before them."""
    sandbox = coursera.sandbox
    before = copy.deepcopy({name: vars(sandbox)[name] for name in ("people", "_by_email")})
    with transaction.atomic():
        for now in times:
            coursera.at = now
            tick(now)
        assert list(audit.breaches(now)) == []
        left = {
            "licenses": sorted(
                License.objects.values_list(
                    "person", "cohort__name", "state", "end_clause", "ends_on", "extended"
                )
            ),
            "places": sorted(
                Place.objects.values_list("person", "cohort__name", "priority", "state")
            ),
            "applications": sorted(
                Application.objects.values_list("person", "cohort__name", "priority", "status")
            ),
            "cases": sorted(
                RevocationCase.objects.values_list(
                    "license__person", "clause", "stage", "base_on", "deadline", "state"
                )
            ),
            "at coursera": sorted(
                CourseraJob.objects.values_list("license__person", "kind", "generation", "outcome")
            ),
            "mails": Counter(
                Mail.objects.exclude(kind__in=OF_DAYS_TO_COME).values_list("person", "kind")
            ),
            "seats": sorted(Cohort.objects.values_list("name", "seats_total", "seats_held")),
            "sandbox": sorted((p.email, p.program_id, p.state) for p in sandbox.people.values()),
        }
        transaction.set_rollback(True)
    vars(sandbox).update(before)
    return left


def twice(coursera, since, until):
    """The days from `since` to `until` with every tick, and with those of the last half-hour alone."""
    every = [*instants(since, until), *after(until)]
    return left_behind(coursera, every), left_behind(coursera, after(until))


def after(until):
    """Beat is back: three ticks, for what one wakes in the other."""
    return [until + timedelta(minutes=minutes) for minutes in (5, 10, 15)]


def test_a_gap_over_revocations_and_a_tranche(people, coursera):
    since = datetime(2023, 1, 25, 4, 30, tzinfo=KARACHI)

    usual, gap = twice(coursera, since, since + 3 * DAYS)

    assert gap == usual
    states = Counter(state for _, _, state, *_ in usual["licenses"])
    assert states == {"revoked": 7, "active": 3, "invited": 10}, "the days must have been eventful"


def test_a_gap_over_the_cohort_s_end(people, coursera):
    since = datetime(2023, 7, 30, 4, 30, tzinfo=KARACHI)
    coursera.at = since - 8 * DAYS
    for license in people[5:8]:
        coursera.sandbox.learn(license.cohort.coursera_program, license.reference)
    for now in (since - 2 * DAYS, since - DAYS, since):
        coursera.at = now
        tick(now)
        tick(now + timedelta(minutes=5))

    usual, gap = twice(coursera, since + timedelta(minutes=10), since + 3 * DAYS)

    assert gap == usual
    assert {
        (cohort, priority, status) for _, cohort, priority, status in usual["applications"]
    } == {
        ("Cohort I", 0, "approved"),
        ("Cohort II", 2, "pending"),
    }
    assert {state for _, _, state, *_ in usual["licenses"]} == {"revoked", "expired", "active"}


def test_control_a_job_that_asked_for_yesterday_alone_would_miss_the_gap(
    people, coursera, monkeypatch
):
    """Due "within the last day" instead of "due and not done": the gap must show."""
    from licensing.models.licenses import LicenseQuerySet

    due = LicenseQuerySet.due

    def due_yesterday(licenses, today, evidence_on):
        return due(licenses, today, evidence_on).filter(next_deadline__gte=today - DAYS)

    monkeypatch.setattr(LicenseQuerySet, "due", due_yesterday)
    since = datetime(2023, 1, 25, 4, 30, tzinfo=KARACHI)

    usual, gap = twice(coursera, since, since + 3 * DAYS)

    assert gap != usual
