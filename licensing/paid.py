"""Learners who paid in 2021 or 2022: their licenses, outside the bucket (2.a, 2.b, A.4, R4)."""

from datetime import datetime

from dlsei.history import Actor
from dlsei.models import User
from dlsei.policy.expiry import paid_cohort, paid_source
from dlsei.policy.refusals import Refused, refuse
from dlsei.policy.states import LicenseState
from dlsei.verbs import COHORT, PERSON, lock, verb
from licensing.models import Cohort, License, Programme


@verb
def grant(person: User, year: int, *, by: Actor, now: datetime) -> License:
    """Takes over a license paid for in `year` and activated: active at once, ends with its cohort.

    Takes no seat, is exempt from section 5. Raises `Refused(already-applied)` beside a live license,
    and ValueError for a year that no cohort takes over.
    """
    policy = paid_cohort(Programme.in_force().policy, year)
    if policy is None:
        raise ValueError(f"no cohort takes over licenses paid for in {year}")
    cohort = Cohort.objects.named(policy.name)
    lock(COHORT, cohort.pk)
    lock(PERSON, person.pk)
    if License.objects.live().filter(person=person).exists():
        raise Refused(refuse("already-applied"))
    license = License.objects.create(
        reference=f"paid-{person.pk}-{year}",
        person=person,
        cohort=cohort,
        source=paid_source(year),
        state=LicenseState.ACTIVE,
        issued_at=now,
        activated_at=now,
        ends_on=cohort.ends,
    )
    License.objects.filter(pk=license.pk).update(reference=f"L-{license.pk:06d}")
    license.refresh_from_db()
    return license
