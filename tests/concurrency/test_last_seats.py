"""Many approvals for few seats: exactly those seats are given, in order (I1, I2, I3, R11)."""

import time
from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from dlsei import audit
from dlsei.models import Event
from dlsei.policy.calendar_days import karachi_date
from licensing import allocation
from licensing.models import Cohort, License, Place
from tests.concurrency.race import dealt, race
from tests.factories import FocalPersonFactory, UniversityFactory, resize, submitted
from verification import decisions

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

SEATS, APPLICANTS, WORKERS = 10, 64, 8


@pytest.fixture
def applications(programme, now):
    """64 pending applications at 8 universities, and a bucket of 10 seats."""
    resize(Cohort.objects.named("Cohort I"), total=SEATS)
    Cohort.objects.get(name="Cohort I").tranches.filter(number=1).update(size=SEATS)
    reviewers = [FocalPersonFactory(university=UniversityFactory()) for _ in range(WORKERS)]
    return [
        (
            submitted(university=reviewers[n % WORKERS].university, now=now + timedelta(seconds=n)),
            reviewers[n % WORKERS].person,
        )
        for n in range(APPLICANTS)
    ]


def approve_all(applications, now):
    """Eight focal persons approve at once; each approval wakes an allocator, as the nudge does."""

    def worker(own):
        def approving(meet):
            meet()
            for application, person in own:
                decisions.approve(application, by=person, now=now)
                allocation.issue_all(by="race", now=now)
            return len(own)

        return approving

    return race(*(worker(own) for own in dealt(applications, WORKERS)))


def test_64_approvals_for_the_last_10_seats(applications, now):
    later = now + timedelta(minutes=5)

    results = approve_all(applications, later)

    assert results == [APPLICANTS // WORKERS] * WORKERS
    cohort = Cohort.objects.get(name="Cohort I")
    assert (cohort.seats_held, License.objects.live().count()) == (SEATS, SEATS)
    waiting = list(Place.objects.waiting().in_order())
    assert len(waiting) == APPLICANTS - SEATS
    assert waiting == sorted(waiting, key=lambda p: (p.priority, p.submitted_at, p.pk))
    assert Event.objects.filter(subject="license", to_state="issued").count() == SEATS
    assert not [
        b for b in audit.breaches(timezone.now()) if b.invariant in ("I1", "I2", "I3", "I5")
    ]


def test_when_all_wait_the_first_10_of_them_are_served(applications, now):
    # Given 64 approved before the bucket opens, so that all stand in line.
    later = now + timedelta(minutes=5)
    resize(Cohort.objects.named("Cohort I"), total=0)
    approve_all(applications, later)
    resize(Cohort.objects.named("Cohort I"), total=SEATS)

    # When eight allocators run at once.
    race(*([lambda meet: (meet(), allocation.issue_all(by="race", now=later))[1]] * WORKERS))

    # Then the first ten by submission hold a license, the others wait.
    served = list(License.objects.order_by("id").values_list("person", flat=True))
    assert served == [application.person_id for application, _ in applications[:SEATS]]


def test_control_without_the_lock_the_allocators_collide(applications, now):
    """The same race with the guard patched away must go wrong, or the tests above prove nothing."""
    resize(Cohort.objects.named("Cohort I"), total=0)
    approve_all(applications, now + timedelta(minutes=5))
    resize(Cohort.objects.named("Cohort I"), total=SEATS)

    def slowly(moment):
        # Between reading the bucket and serving the line: wide enough to be met every time.
        time.sleep(0.2)
        return karachi_date(moment)

    def allocating(meet):
        meet()
        return allocation.issue_all(by="race", now=now + timedelta(minutes=6))

    with (
        mock.patch.object(allocation, "lock", lambda *of: None),
        mock.patch.object(allocation, "karachi_date", slowly),
    ):
        results = race(*([allocating] * WORKERS))

    assert any("IntegrityError" in str(result) for result in results), results
