"""Who could apply under other figures: counted only, for a draft is nobody's to see but its owner's (4.1.d)."""

from dataclasses import dataclass
from datetime import date

from applications.eligibility import facts
from applications.models import Application
from dlsei.policy import allocation, eligibility
from dlsei.policy.programme import Programme
from dlsei.policy.states import ApplicationState
from licensing import what_if
from licensing.models import Cohort


@dataclass(frozen=True)
class Applying:
    """How many who have begun a draft could submit it now, only under other figures, or not any more."""

    drafts: int
    could: int
    could_then: int
    gained: int
    lost: int
    open_now: bool
    open_then: bool


def applying(before: Programme, after: Programme, today: date) -> Applying:
    """The answers of section 3 to everybody with a draft, by both programmes."""
    with what_if.reading():
        return _applying(before, after, today)


def _applying(before: Programme, after: Programme, today: date) -> Applying:
    drafts = Application.objects.filter(status=ApplicationState.DRAFT).exclude(category="")
    is_open = {id(of): _open(of, today) for of in (before, after)}
    now = then = gained = lost = 0
    for draft in drafts.select_related("person", "university").prefetch_related("documents"):
        kinds = [document.kind for document in draft.documents.all()]
        of = facts(
            draft.person,
            draft.category,
            draft.university,
            documents=kinds,
            first_semester=draft.first_semester,
            besides=draft,
        )
        may, would = (
            _may(of, programme, today, is_open[id(programme)]) for programme in (before, after)
        )
        now, then = now + may, then + would
        gained, lost = gained + (would and not may), lost + (may and not would)
    return Applying(
        drafts.count(), now, then, gained, lost, is_open[id(before)], is_open[id(after)]
    )


def _may(of: eligibility.Facts, programme: Programme, today: date, intake_open: bool) -> bool:
    cohort = eligibility.target_cohort(programme, today)
    refusal = eligibility.check(
        of,
        cohort=cohort,
        earlier=programme.earlier(cohort.name),
        documents=programme.documents,
        intake_open=intake_open,
    )
    return refusal is None


def _open(programme: Programme, today: date) -> bool:
    """Whether submitting is possible on `today` to the cohort that it would be for (R13)."""
    policy = eligibility.target_cohort(programme, today)
    cohort = Cohort.objects.named(policy.name)
    return allocation.intake_open(
        policy,
        capacity=what_if.capacity(cohort, programme, today),
        held=cohort.seats_held,
        waiting=cohort.places.waiting().count(),
        today=today,
    )
