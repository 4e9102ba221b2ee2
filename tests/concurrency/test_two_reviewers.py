"""Approve and reject at the same moment: one decision, and the loser is told who decided (I4, 4.1.e)."""

import time
from datetime import timedelta
from unittest import mock

import pytest

from applications.models import Application
from dlsei.models import Mail
from dlsei.policy.refusals import Refused
from tests.concurrency.race import race
from tests.factories import FocalPersonFactory, UniversityFactory, UserFactory, submitted
from verification import decisions
from verification.models import Decision

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

ROUNDS = 100


@pytest.fixture
def university(programme):
    return UniversityFactory()


@pytest.fixture
def reviewers(university):
    return [
        FocalPersonFactory(university=university, person=UserFactory(full_name=name)).person
        for name in ("Amna Approves", "Rashid Rejects")
    ]


def pending(university, now, rounds):
    return [submitted(university=university, now=now + timedelta(seconds=n)) for n in range(rounds)]


def decide_both(applications, reviewers, now):
    """One approves and one rejects each application, both beginning it together."""
    amna, rashid = reviewers
    later = now + timedelta(hours=1)

    def attempt(verb, application, **kwargs):
        try:
            verb(application, now=later, **kwargs)
        except Refused as refused:
            return refused.refusal.code, refused.refusal.message
        return None

    def approving(meet):
        outcomes = []
        for application in applications:
            meet()
            outcomes.append(attempt(decisions.approve, application, by=amna))
        return outcomes

    def rejecting(meet):
        outcomes = []
        for application in applications:
            meet()
            outcomes.append(attempt(decisions.reject, application, by=rashid, reason="no card"))
        return outcomes

    return race(approving, rejecting)


def test_100_times_at_once_one_decision_each_and_the_loser_hears_of_it(university, reviewers, now):
    applications = pending(university, now, ROUNDS)

    approvals, rejections = decide_both(applications, reviewers, now)

    assert isinstance(approvals, list), approvals
    assert isinstance(rejections, list), rejections
    for application, approval, rejection in zip(applications, approvals, rejections, strict=True):
        assert (approval is None) != (rejection is None)
        lost, winner = (approval, "Rashid Rejects") if approval else (rejection, "Amna Approves")
        code, message = lost
        assert code == "not-pending"
        assert winner in message
        application.refresh_from_db()
        outcome = "rejected" if approval else "approved"
        assert (
            application.status == Decision.objects.get(application=application).outcome == outcome
        )
    decided = Mail.objects.filter(kind__in=["application-approved", "application-rejected"])
    assert decided.count() == Application.objects.count() == ROUNDS


def test_control_without_the_locks_both_decide(university, reviewers, now):
    """Both find the application pending; only the database's constraint stops the second."""
    applications = pending(university, now, 5)

    def unguarded(application, by, now):
        application = Application.objects.select_related("person", "university", "cohort").get(
            pk=application.pk
        )
        time.sleep(0.05)
        return application, by, False

    with mock.patch.object(decisions, "_for_decision", unguarded):
        results = decide_both(applications, reviewers, now)

    assert any("IntegrityError" in str(result) for result in results), results
