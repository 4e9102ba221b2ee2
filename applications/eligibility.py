"""What is known of a person who wants to apply, gathered for the rules of section 3 and R18."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import JSONObject

from applications.models import Application, University
from dlsei.models import User
from dlsei.policy import eligibility as policy
from dlsei.policy.expiry import BUCKET
from dlsei.policy.programme import CohortPolicy
from dlsei.policy.refusals import Refusal
from dlsei.policy.states import LIVE, LicenseState
from licensing import buckets
from licensing.models import Cohort, CohortMember, License, Place, Programme


def facts(
    person: User,
    category: str,
    university: University | None,
    *,
    documents: Sequence[str] = (),
    first_semester: bool = False,
    besides: Application | None = None,
) -> policy.Facts:
    """The facts that `dlsei.policy.eligibility` judges; `besides` is not counted as another one."""
    pending = Application.objects.pending().filter(person=OuterRef("pk"))
    if besides:
        pending = pending.exclude(pk=besides.pk)
    member = Q(person=OuterRef("pk")) | Q(email__iexact=person.email)
    licenses, members, *already = (
        User.objects.filter(pk=person.pk)
        .values_list(
            ArraySubquery(
                License.objects.filter(person=OuterRef("pk")).values(
                    found=JSONObject(cohort="cohort__name", state="state", source="source")
                )
            ),
            ArraySubquery(CohortMember.objects.filter(member).values("cohort__name")),
            Exists(pending),
            Exists(Place.objects.waiting().filter(person=OuterRef("pk"))),
        )
        .get()
    )
    # Ended, a paid license bars nothing, and Coursera's row that it explains sets no flag (R4).
    paid = {one["cohort"] for one in licenses if one["source"] != BUCKET}
    bucket = [(one["cohort"], one["state"]) for one in licenses if one["source"] == BUCKET]
    revoked = frozenset(name for name, state in bucket if state == LicenseState.REVOKED)
    held = {name for name, state in bucket if state != LicenseState.REVOKED}
    return policy.Facts(
        category=category,
        recognized=university is not None and university.recognized,
        already_applied=any(already) or any(one["state"] in LIVE for one in licenses),
        revoked_in=revoked,
        barred_by=frozenset(held | (set(members) - revoked - paid)),
        documents=tuple(documents),
        first_semester=first_semester,
    )


def check(
    of: policy.Facts, cohort: Cohort, today: date, *, admitted: bool = False
) -> Refusal | None:
    """Why submitting to `cohort` today would be refused, None if it would not (R5, R13).

    `admitted`: intake was open when it was first tried, and HEC has settled what was in the way.
    """
    programme = Programme.in_force().policy
    return policy.check(
        of,
        cohort=cohort.policy,
        earlier=programme.earlier(cohort.name),
        documents=programme.documents,
        intake_open=admitted or buckets.bucket(cohort, today).intake_open,
    )


def check_person(of: policy.Facts, cohort: Cohort) -> Refusal | None:
    """Why the person may not have a license of `cohort`: asked before the form and at the decision."""
    return _check_person(of, cohort.policy)


def _check_person(of: policy.Facts, cohort: CohortPolicy) -> Refusal | None:
    programme = Programme.in_force().policy
    return policy.check_person(
        of,
        cohort=cohort,
        earlier=programme.earlier(cohort.name),
        documents=programme.documents,
    )


def priority(of: policy.Facts, cohort: Cohort) -> int:
    """The class in which a new application to `cohort` waits (A.3)."""
    return policy.priority(
        cohort.policy, of.revoked_in, Programme.in_force().policy.earlier(cohort.name)
    )


def before_the_form(
    category: str, university: University | None, *, person: User | None, today: date
) -> Refusal | None:
    """Why applying would be no use, whatever the documents and the intake (3.a, 3.b, R18).

    `university` is None as long as it has not been asked, `person` for somebody not signed in.
    """
    recognized = university is None or university.recognized
    if person is None:
        of = policy.Facts(category=category, recognized=recognized)
    else:
        of = replace(facts(person, category, university), recognized=recognized)
    return _check_person(of, policy.target_cohort(Programme.in_force().policy, today))
