"""Two beats with a worker each play the same day at the same instants: every effect once (R23)."""

from collections import Counter
from datetime import datetime, timedelta
from unittest import mock

import pytest

from dlsei import audit, outbox, schedule
from dlsei.celery import JOBS
from dlsei.models import Mail, Slot
from dlsei.policy.calendar_days import KARACHI
from licensing import programme as programmes
from licensing.models import Cohort, CourseraJob, License
from tests.concurrency.race import race
from tests.edges import reconnect
from tests.factories import (
    SYSTEM,
    YEAR_2,
    FocalPersonFactory,
    HecFactory,
    UniversityFactory,
    approved,
    submitted,
)
from tests.jobs.beat import instants, tick
from tests.population import invited

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

MIDNIGHT = datetime(2023, 1, 26, 0, 0, tzinfo=KARACHI)
LAST = MIDNIGHT.replace(hour=9)
IDLE, YOUNG, IN_LINE, MORE_SEATS = 5, 3, 12, 2


@pytest.fixture
def the_day(smtp, coursera, now):
    """26 January: five licenses fall to 5.i, three are warned, two seats are added, twelve wait."""
    text = YEAR_2.read_text("utf-8").replace(
        '{ size = 18000, from = "2023-01-02" },',
        f'{{ size = {IDLE + YOUNG}, from = "2023-01-02" }},'
        f' {{ size = {MORE_SEATS}, from = "2023-01-26" }},',
    )
    programmes.load(text, "small", by=SYSTEM, now=now)
    HecFactory.create_batch(2)
    submitted(university=FocalPersonFactory().university, now=now)
    submitted(university=UniversityFactory(), now=now)
    university = UniversityFactory()
    to_wait = [submitted(university=university, now=now) for _ in range(IN_LINE)]
    invited(IDLE, now=now)
    invited(YOUNG, now=now + timedelta(days=6))
    focal_person = FocalPersonFactory(university=university).person
    for application in to_wait:
        approved(application, by=focal_person, now=now + timedelta(days=7))
    outbox.deliver(by=SYSTEM, now=now + timedelta(days=15))
    smtp.taken.clear()


def play_twice(coursera):
    """Two processes at the same instants; returns how often each daily job's run was done."""
    coursera.at = LAST

    def beating(meet):
        reconnect()
        done = []
        for now in instants(MIDNIGHT, LAST):
            meet()
            done += [(name, f"{now:%H:%M}") for name in tick(now)]
        return done

    first, second = race(beating, beating)
    assert isinstance(first, list), first
    assert isinstance(second, list), second
    return Counter(name for name, _ in first + second)


def test_each_effect_is_there_once(the_day, smtp, coursera):
    with coursera.counting_invitations() as asked:
        runs = play_twice(coursera)

    report_runs = {"extend": 1, "revoke": 1, "warn": 1}
    assert runs == {name: 1 + report_runs.get(name, 0) for name, job in JOBS.items() if job.at}
    tried = Slot.objects.filter(attempts__gt=0)
    assert set(tried.values_list("attempts", "error")) == {(1, "")}

    assert License.objects.filter(state="revoked", end_clause="5.i").count() == IDLE
    cohort = Cohort.objects.named("Cohort I")
    assert (cohort.seats_total, cohort.seats_held) == (IDLE + YOUNG + MORE_SEATS,) * 2
    assert cohort.places.waiting().count() == IN_LINE - IDLE - MORE_SEATS
    served = cohort.places.filter(state="served", allocation__at__gte=MIDNIGHT)
    assert served.count() == IDLE + MORE_SEATS

    kinds = Counter(Mail.objects.filter(created_at__gte=MIDNIGHT).values_list("kind", flat=True))
    assert kinds == {
        "license-revoked": IDLE,
        "license-warning": YOUNG,
        "license-invitation": IDLE + MORE_SEATS,
        # Two seats more are there from midnight on: who gets them is not told to wait.
        "application-waiting": IN_LINE - MORE_SEATS,
        "queue-reminder": 1,
        "queue-escalation": 2,
    }
    assert smtp.message_ids == Counter(mail.message_id for mail in sent_that_day())
    assert sorted(asked) == sorted(
        job.license.reference
        for job in CourseraJob.objects.filter(kind="invite", done_at__gte=MIDNIGHT)
    )
    assert len(set(asked)) == len(asked) == IDLE + MORE_SEATS
    assert list(audit.breaches(LAST)) == []


def sent_that_day():
    return Mail.objects.filter(sent_at__gte=MIDNIGHT)


def test_control_without_slots_the_daily_runs_are_done_twice(the_day, coursera):
    def given_to_everybody(job, keys, now, after=""):
        slots = [Slot.objects.get_or_create(job=job, key=key)[0] for key in keys]
        return [schedule.Taken(slot.pk, slot.key, slot.attempts) for slot in slots]

    with mock.patch.object(schedule, "take_slots", given_to_everybody):
        runs = play_twice(coursera)

    assert max(runs.values()) > 2
