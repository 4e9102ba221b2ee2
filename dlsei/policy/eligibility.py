"""Who may apply, to which cohort, and with which priority (section 3, R5, R7, R18, R19)."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from dlsei.policy.allocation import NO_PRIORITY, in_intake_window
from dlsei.policy.programme import CohortPolicy, DocumentPolicy, Programme
from dlsei.policy.refusals import Refusal, refuse

NEW = 3
REVOKED_EARLIER = 4


@dataclass(frozen=True)
class Facts:
    """What is known of a person who wants to apply.

    `already_applied`: has a pending application, an unserved place or a live license.
    `revoked_in`: cohorts in which a license of theirs was revoked.
    `barred_by`: cohorts in which they held a bucket license that was not revoked, or are flagged
    by Coursera's data and were not revoked.
    """

    category: str
    recognized: bool
    already_applied: bool = False
    revoked_in: AbstractSet[str] = frozenset()
    barred_by: AbstractSet[str] = frozenset()
    documents: tuple[str, ...] = ()
    first_semester: bool = False


def check(
    facts: Facts,
    *,
    cohort: CohortPolicy,
    earlier: AbstractSet[str],
    documents: DocumentPolicy,
    intake_open: bool,
) -> Refusal | None:
    """Return why the person may not submit an application to `cohort` now, None if they may.

    The questions are the same for students, faculty and staff (4.2.b). `earlier` names the cohorts
    before it. The first reason that applies is given.
    """
    return (
        check_person(facts, cohort=cohort, earlier=earlier, documents=documents)
        or check_documents(facts, documents=documents)
        or (None if intake_open else refuse("intake-closed"))
    )


def check_person(
    facts: Facts, *, cohort: CohortPolicy, earlier: AbstractSet[str], documents: DocumentPolicy
) -> Refusal | None:
    """Return why the person may not have a license of `cohort`, whatever documents they show.

    Asked before the form, and again at the decision (3.a).
    """
    checks = person_checks(facts, cohort=cohort, earlier=earlier, documents=documents)
    return next((refusal for refusal in checks.values() if refusal), None)


def person_checks(
    facts: Facts, *, cohort: CohortPolicy, earlier: AbstractSet[str], documents: DocumentPolicy
) -> dict[str, Refusal | None]:
    """Return every check of the person by its refusal's code, in order, None where it is passed."""
    failed = {
        "category-not-eligible": facts.category not in documents.by_category,
        "institution-not-recognized": not facts.recognized,
        "already-applied": facts.already_applied,
        "revoked-in-this-cohort": cohort.name in facts.revoked_in,
        "cohort-user": bool(facts.barred_by & earlier),
    }
    return {code: refuse(code) if no else None for code, no in failed.items()}


def check_documents(facts: Facts, *, documents: DocumentPolicy) -> Refusal | None:
    """Return why the documents shown do not prove the claim; one accepted is enough (R7)."""
    clause = "4.1.c" if facts.category == "student" else "4.2.a"
    if not facts.documents:
        return refuse("document-missing", clause=clause)
    accepted = accepted_documents(facts.category, facts.first_semester, documents)
    if not set(facts.documents) & set(accepted):
        return refuse("document-not-accepted", clause=clause)
    return None


def accepted_documents(
    category: str, first_semester: bool, documents: DocumentPolicy
) -> tuple[str, ...]:
    """Return the kinds of document that count for a person of `category` (4.1.c, 4.2.a, R7)."""
    kinds = documents.by_category.get(category, ())
    if category == "student" and first_semester:
        kinds += documents.student_first_semester
    return kinds


def not_eligible(because: Refusal) -> Refusal:
    """Return the refusal of an approval whose applicant is not eligible, by that clause (3.a)."""
    return refuse("not-eligible", clause=because.clause)


def priority(cohort: CohortPolicy, revoked_in: AbstractSet[str], earlier: AbstractSet[str]) -> int:
    """Return the priority of a new application to `cohort`: 0 (none) in a first one (A.3, R10)."""
    if cohort.follows is None:
        return NO_PRIORITY
    return REVOKED_EARLIER if revoked_in & earlier else NEW


def target_cohort(programme: Programme, today: date) -> CohortPolicy:
    """Return the cohort that an application made on `today` is for (R13).

    Outside every intake window it is the next one to open, after all of them the last.
    """
    cohorts = list(programme.cohorts.values())
    for cohort in cohorts:
        if in_intake_window(cohort, today):
            return cohort
    ahead = [cohort for cohort in cohorts if cohort.intake_from > today]
    return min(ahead, key=lambda cohort: cohort.intake_from, default=cohorts[-1])
