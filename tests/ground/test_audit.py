"""The audit's own test: each planted breach is found and named; a check without one fails here."""

import io
import json

import pytest
from django.core.management import call_command

from applications.models import Application
from dlsei import audit
from tests.factories import (
    NOW,
    FocalPersonFactory,
    UniversityFactory,
    approved,
    licensed,
    submitted,
)
from tests.ground.planted_breaches import PLANTED, a_seat_too_many, revoked_by_hand, sql
from verification import decisions

pytestmark = pytest.mark.django_db


def found() -> list[tuple[str, str]]:
    return [(breach.invariant, breach.says) for breach in audit.breaches(NOW)]


CHECKS = {check.says: check for check in audit.CHECKS}


@pytest.mark.parametrize(
    ("says", "plant"), PLANTED, ids=[f"{plant.__name__}: {says}" for says, plant in PLANTED]
)
def test_a_planted_breach_is_found(says, plant, programme):
    assert found() == []

    plant()

    assert (CHECKS[says].invariant, says) in found()


def test_each_check_has_its_planted_breach():
    assert {says for says, _ in PLANTED} == set(CHECKS)


def the_story():
    """Every kind of thing there is: waiting, issued, revoked, rejected, asked, withdrawn."""
    university = UniversityFactory()
    focal_person = FocalPersonFactory(university=university).person
    licensed(approved(submitted(university=university), by=focal_person))
    decisions.reject(
        submitted(university=university), reason="the card has expired", by=focal_person, now=NOW
    )
    decisions.ask(
        submitted(university=university), text="the other side?", by=focal_person, now=NOW
    )
    revoked_by_hand()
    approved(submitted(university=university), by=focal_person)


def test_what_the_verbs_did_is_clean(programme):
    the_story()

    assert found() == []
    assert Application.objects.count() == 5


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ("seats_held = seats_total + 1", "bucket_is_never_oversold"),
        ("ends = starts - 1", "cohort_ends_after_it_starts"),
    ],
)
def test_what_the_audit_looks_for_the_database_refuses_first(programme, wrong, constraint):
    from django.db import IntegrityError

    with pytest.raises(IntegrityError, match=constraint):
        sql(f"UPDATE licensing_cohort SET {wrong}")


class TestCommand:
    def run(self, *arguments):
        out = io.StringIO()
        try:
            call_command("audit", *arguments, stdout=out)
        except SystemExit as exit:
            return exit.code, out.getvalue()
        return 0, out.getvalue()

    def test_all_is_well(self, programme):
        status, said = self.run("--json")

        assert (status, json.loads(said)["ok"], json.loads(said)["breaches"]) == (0, True, [])

    def test_a_breach_is_named_and_the_exit_status_says_so(self, programme):
        a_seat_too_many()

        status, said = self.run("--json")
        assert status == 1
        assert "I1" in json.loads(said)["broken"]

        status, said = self.run()
        assert status == 1
        assert "I1 broken: seats held are the live bucket licenses" in said
        assert "Cohort I: 2 held of 18000, 1 live" in said
