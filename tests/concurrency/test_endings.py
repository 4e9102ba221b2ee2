"""The same licenses ended by many at once: each seat goes back once (I1, 5.z)."""

from unittest import mock

import pytest
from django.utils import timezone

from dlsei import audit
from dlsei.models import Mail
from dlsei.policy.refusals import Refused
from licensing import ending, revocation
from licensing.models import Cohort, License
from tests.concurrency.race import race
from tests.factories import (
    FocalPersonFactory,
    HecFactory,
    UniversityFactory,
    approved,
    licensed,
    submitted,
)

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

LICENSES, WORKERS = 25, 8


@pytest.fixture
def licenses(programme, now):
    university = UniversityFactory()
    by = FocalPersonFactory(university=university).person
    return [
        licensed(approved(submitted(university=university, now=now), by=by, now=now), now=now)
        for _ in range(LICENSES)
    ]


def revoke_all(licenses, now):
    """Eight of HEC's staff revoke the same 25 licenses, each in the same order, at once."""

    def revoking(person):
        def run(meet):
            revoked = 0
            meet()
            for license in licenses:
                try:
                    revocation.revoke(license, note="asked by the university", by=person, now=now)
                    revoked += 1
                except Refused as refused:
                    if refused.refusal.code != "no-live-license":
                        raise
            return revoked

        return run

    return race(*(revoking(person) for person in HecFactory.create_batch(WORKERS)))


def test_25_endings_by_8_workers_leave_the_bucket_exact(licenses, now):
    results = revoke_all(licenses, now)

    assert all(isinstance(result, int) for result in results), results
    assert sum(results) == LICENSES
    cohort = Cohort.objects.get(name="Cohort I")
    assert (cohort.seats_held, cohort.seats_total) == (0, 18_000)
    assert License.objects.filter(state="revoked").count() == LICENSES
    assert Mail.objects.filter(kind="license-revoked").count() == LICENSES
    assert not [
        b for b in audit.breaches(timezone.now()) if b.invariant in ("I1", "I2", "I5", "I8")
    ]


def test_control_without_the_guards_seats_go_back_more_than_once(licenses, now):
    """No lock, no look at the state, no condition in the update: it must go wrong."""
    unguarded = ending._END.replace("AND l.ended_at IS NULL", "")
    with (
        mock.patch.object(revocation, "lock", lambda *of: None),
        mock.patch.object(License, "is_live", property(lambda self: True)),
        mock.patch.object(ending, "_END", unguarded),
    ):
        results = revoke_all(licenses, now)

    # The bucket's check constraint is the last judge: it refuses what the verbs would have done.
    assert any("IntegrityError" in str(result) for result in results), results
