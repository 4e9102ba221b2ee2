"""What a newcomer finds after `make run`: people in every state, made by the real verbs."""

from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from applications import queries
from applications.models import Application
from dlsei import audit
from dlsei.models import Mail, User
from licensing.coursera.sandbox import Sandbox
from licensing.models import License
from verification import demo
from verification import demo_people as who

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def loaded(now: datetime, tmp_path: Path) -> Path:
    """The first start of `make run`; gives the sandbox's records."""
    call_command("load_programme", "--shift-to-today", "--yes", stdout=StringIO())
    call_command("load_universities", stdout=StringIO())
    records = tmp_path / "sandbox"
    assert demo.load(now=now, sandbox_file=records)
    return records


def person(of: who.Applicant) -> User:
    return User.objects.get(email=of.email)


STATES = {
    who.COMPLETED: "active",
    who.SPECIALIZING: "active",
    who.IDLE: "invited",
    who.NOT_ENROLLED: "active",
    who.REVOKED: "revoked",
    who.REJECTED: "rejected",
    who.WITHDRAWN: "withdrawn",
    who.OVERDUE: "pending",
    who.UNFINISHED: "draft",
}


def test_there_is_somebody_in_every_state(loaded: Path, now: datetime) -> None:
    standings = {a: queries.standing(person(a), now) for a in who.APPLICANTS}

    assert {a: standings[a].status for a in STATES} == STATES
    assert {a for a, s in standings.items() if s.overdue} == {
        *(who.LONG_OVERDUE, who.OVERDUE, who.ASKED, who.OVERDUE_TOO)
    }
    assert [a for a, s in standings.items() if s.asked] == [who.ASKED]


def test_nothing_is_broken_or_left_to_send_and_coursera_knows_the_licensed(
    loaded: Path, now: datetime
) -> None:
    assert list(audit.breaches(now)) == []
    assert not Mail.objects.filter(sent_at=None).exists()
    sandbox = Sandbox(now=lambda: now, path=loaded)

    assert {p.external_id for p in sandbox.people.values()} == set(
        License.objects.values_list("reference", flat=True)
    )
    assert License.objects.get(person=person(who.COMPLETED)).completed_at is not None


def test_the_sign_ins_printed_are_good_and_a_second_load_changes_nothing(
    loaded: Path, now: datetime
) -> None:
    said = demo.sign_ins()

    for email in (who.NEWCOMER, who.FOCAL_PERSON, who.HEC_OFFICER):
        assert email in said
        assert authenticate(email=email, password=demo.PASSWORD) is not None
    assert demo.PASSWORD in said
    before = Application.objects.count()

    assert not demo.load(now=now, sandbox_file=loaded)
    assert Application.objects.count() == before


@override_settings(DEMO=False)
def test_a_product_that_is_no_demo_takes_no_demo_people() -> None:
    with pytest.raises(CommandError, match="DEMO"):
        call_command("load_demo")
