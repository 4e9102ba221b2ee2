"""What is known of a person who wants to apply, gathered for the rules of section 3 and R18."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from django.db import connection

from applications.models import Application, University
from dlsei.models import User
from dlsei.policy import eligibility as policy
from dlsei.policy.expiry import BUCKET
from dlsei.policy.programme import CohortPolicy
from dlsei.policy.refusals import Refusal
from dlsei.policy.states import LIVE, LicenseState
from licensing import buckets
from licensing.models import Cohort, Programme

# Asked whenever somebody comes to apply, submits or is decided on.
FACTS = """
SELECT ARRAY(SELECT ARRAY[c.name, l.state, l.source]
             FROM licensing_license l JOIN licensing_cohort c ON c.id = l.cohort_id
             WHERE l.person_id = %(person)s),
       ARRAY(SELECT c.name FROM licensing_cohortmember m JOIN licensing_cohort c ON c.id = m.cohort_id
             WHERE m.person_id = %(person)s OR lower(m.email) = lower(%(email)s::text)),
       EXISTS (SELECT FROM applications_application a
               WHERE a.person_id = %(person)s AND a.status = 'pending'
                 AND a.id IS DISTINCT FROM %(besides)s),
       EXISTS (SELECT FROM licensing_place w WHERE w.person_id = %(person)s AND w.state = 'waiting')
"""


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
    with connection.cursor() as cursor:
        cursor.execute(
            FACTS,
            {
                "person": person.pk,
                "email": person.email,
                "besides": besides.pk if besides else None,
            },
        )
        ((licenses, members, *already),) = cursor.fetchall()
    # Ended, a paid license bars nothing, and Coursera's row that it explains sets no flag (R4).
    paid = {name for name, _, source in licenses if source != BUCKET}
    bucket = [(name, state) for name, state, source in licenses if source == BUCKET]
    revoked = frozenset(name for name, state in bucket if state == LicenseState.REVOKED)
    held = {name for name, state in bucket if state != LicenseState.REVOKED}
    return policy.Facts(
        category=category,
        recognized=university is not None and university.recognized,
        already_applied=any(already) or any(state in LIVE for _, state, _ in licenses),
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
