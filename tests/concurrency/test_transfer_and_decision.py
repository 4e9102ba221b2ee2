"""A decision and a transfer at one moment: either it was decided there, or it is pending elsewhere (I9)."""

from datetime import timedelta
from unittest import mock

import pytest

from applications.models import Application
from dlsei.policy.refusals import Refused
from dlsei.verbs import Busy
from tests.concurrency.race import race
from tests.factories import FocalPersonFactory, HecFactory, UniversityFactory, submitted
from verification import decisions
from verification.models import Decision
from verification.transfers import transfer

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

ROUNDS = 40


def decide_and_move(now):
    """A focal person approves and HEC moves each application, both beginning it together."""
    focal, there, hec = FocalPersonFactory(), UniversityFactory(), HecFactory()
    applications = [
        submitted(university=focal.university, now=now + timedelta(seconds=n))
        for n in range(ROUNDS)
    ]
    later = now + timedelta(hours=1)

    def attempt(write):
        try:
            write()
        except Refused as refused:
            return refused.refusal.code
        except Busy:
            return "busy"
        return None

    def approving(meet):
        outcomes = []
        for application in applications:
            meet()
            outcomes.append(
                attempt(
                    lambda a=application: decisions.approve(
                        a, by=focal.person, reason="at once", now=later
                    )
                )
            )
        return outcomes

    def moving(meet):
        outcomes = []
        for application in applications:
            meet()
            outcomes.append(
                attempt(lambda a=application: transfer(a, there, note="there", by=hec, now=later))
            )
        return outcomes

    approvals, transfers = race(approving, moving)
    assert isinstance(approvals, list), approvals
    assert isinstance(transfers, list), transfers
    decided_elsewhere = [
        application
        for application in Application.objects.filter(university=there)
        if Decision.objects.filter(application=application).exists()
    ]
    return approvals, transfers, decided_elsewhere


def test_one_of_the_two_happens(programme, now):
    approvals, transfers, decided_elsewhere = decide_and_move(now)

    assert decided_elsewhere == []
    for approval, moved in zip(approvals, transfers, strict=True):
        assert (approval is None) != (moved is None)
        assert approval in (None, "not-yours")
        assert moved in (None, "not-pending")
    assert Application.objects.pending().count() == transfers.count(None)


def test_control_without_the_second_look_the_former_university_decides(programme, now):
    """The focal person's permission is looked at before the lock; what was moved meanwhile is theirs no more."""
    looked = decisions._for_decision

    def unguarded(application, by, now):
        with mock.patch.object(decisions, "is_elsewhere_by_now", return_value=False):
            return looked(application, by, now)

    with mock.patch.object(decisions, "_for_decision", unguarded):
        _, _, decided_elsewhere = decide_and_move(now)

    assert decided_elsewhere
