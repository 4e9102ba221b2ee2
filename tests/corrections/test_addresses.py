"""HEC corrects a learner's address: Coursera invites there anew, in order, and no clock moves (R6, R14, I7)."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from applications import accounts
from dlsei import audit, outbox
from dlsei.models import Event, User
from dlsei.policy.refusals import Refused
from licensing import bulk_invites, invitations, removals, revocation
from licensing.coursera.sandbox import INVITED
from licensing.models import CourseraJob, License
from tests.factories import (
    NOW,
    PASSWORD,
    FocalPersonFactory,
    HecFactory,
    UserFactory,
    licensed,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]

NEW, NOTE = "right@example.pk", "Came to the office with the card."
HOUR = timedelta(hours=1)


@pytest.fixture
def hec() -> User:
    return HecFactory()


def correct(person: User, hec: User, *, email: str = NEW, now=NOW + HOUR):
    return accounts.correct_address(person, email=email, note=NOTE, by=hec, now=now)


def jobs(license: License) -> list[tuple[str, int, str, str]]:
    return list(
        license.coursera_jobs.order_by("id").values_list("kind", "generation", "email", "outcome")
    )


def at_coursera(coursera) -> dict[str, str]:
    """Who is there, by address, and in which state."""
    return {person.email: person.state for person in coursera.sandbox.people.values()}


class TestAtCoursera:
    def test_an_invited_learner_is_taken_back_and_invited_anew(self, hec, coursera):
        license = licensed()
        old = license.person.email
        invitations.deliver(by="tests", now=NOW)
        outbox.deliver(by="tests", now=NOW)
        invitations.settle(by="tests", now=NOW)
        license.refresh_from_db()
        clock = (license.state, license.invited_on, license.next_deadline, license.ends_on)
        assert clock[0] == "invited"

        correct(license.person, hec)
        assert jobs(license)[1:] == [("remove", 1, old, ""), ("invite", 2, NEW, "")]
        invitations.deliver(by="tests", now=NOW + 3 * HOUR)
        outbox.deliver(by="tests", now=NOW + 3 * HOUR)
        invitations.settle(by="tests", now=NOW + 3 * HOUR)

        assert at_coursera(coursera)[NEW] == INVITED
        assert at_coursera(coursera).get(old) != INVITED
        assert [outcome for *_, outcome in jobs(license)] == ["done", "done", "done"]
        license.refresh_from_db()
        assert (
            license.state,
            license.invited_on,
            license.next_deadline,
            license.ends_on,
        ) == clock, "R14: re-sending starts nothing anew"
        links = [m for m in mail.outbox if license.link in m.body]
        assert [m.to for m in links] == [[old], [NEW]]
        outbox.deliver(by="tests", now=NOW + 4 * HOUR)
        assert list(audit.breaches(NOW + 4 * HOUR)) == []

    def test_an_invitation_not_begun_is_cancelled(self, hec):
        license = licensed()
        old = license.person.email

        correct(license.person, hec)

        assert jobs(license) == [("invite", 1, old, "cancelled"), ("invite", 2, NEW, "")]

    def test_one_in_flight_is_followed_by_a_removal(self, hec):
        license = licensed()
        old = license.person.email
        invitations.claim(NOW)

        correct(license.person, hec)

        assert jobs(license) == [
            ("invite", 1, old, ""),
            ("remove", 1, old, ""),
            ("invite", 2, NEW, ""),
        ]
        assert not CourseraJob.objects.due(NOW + 2 * HOUR).filter(kind="remove").exists()

    def test_one_that_failed_is_not_tried_at_the_former_address_again(self, hec):
        license = licensed()
        CourseraJob.objects.update(attempts=3, error="503")

        correct(license.person, hec)

        assert [(kind, n, outcome) for kind, n, _, outcome in jobs(license)] == [
            ("invite", 1, "cancelled"),
            ("remove", 1, ""),
            ("invite", 2, ""),
        ]

    def test_ended_later_the_new_address_is_removed(self, hec, coursera):
        license = licensed()
        invitations.deliver(by="tests", now=NOW)
        # Alphabetically before the former one: the newest generation counts, not the largest text.
        correct(license.person, hec, email="a@example.pk")
        invitations.deliver(by="tests", now=NOW + HOUR)

        revocation.revoke(license, note="left", by=hec, now=NOW + 2 * HOUR)

        assert jobs(license)[-1] == ("remove", 2, "a@example.pk", "")
        invitations.deliver(by="tests", now=NOW + 2 * HOUR)
        outbox.deliver(by="tests", now=NOW + 2 * HOUR)
        assert list(audit.breaches(NOW + 2 * HOUR)) == []

    def test_twice_is_two_generations(self, hec):
        license = licensed()
        CourseraJob.objects.update(done_at=NOW, outcome="done")
        first = license.person.email

        correct(license.person, hec)
        correct(license.person, hec, email="third@example.pk")

        assert jobs(license) == [
            ("invite", 1, first, "done"),
            ("remove", 1, first, ""),
            ("invite", 2, NEW, "cancelled"),
            ("invite", 3, "third@example.pk", ""),
        ]

    def test_by_file_the_removal_comes_first_then_the_new_invitation(self, hec, settings):
        settings.COURSERA_MODE = "csv"
        license = licensed()
        (file,) = bulk_invites.take(by=hec, now=NOW)
        bulk_invites.mark_uploaded(file, by=hec, now=NOW)
        correct(license.person, hec)

        assert bulk_invites.take(by=hec, now=NOW + 2 * HOUR) == []
        done = removals.take(by=hec, now=NOW + 2 * HOUR)
        removals.mark_done(done, by=hec, now=NOW + 2 * HOUR)
        (again,) = bulk_invites.take(by=hec, now=NOW + 3 * HOUR)

        assert NEW in bulk_invites.written(again).text


class TestTheAccount:
    def test_the_new_address_signs_in_by_code_and_nothing_else_does(self, hec):
        person = UserFactory()
        browser, old = Client(), person.email
        browser.post("/accounts/login/", {"login": old, "password": PASSWORD})
        assert browser.get("/account/").status_code == 200

        correct(person, hec)

        assert browser.get("/account/").status_code == 302
        for login in (old, NEW):
            thief = Client()
            thief.post("/accounts/login/", {"login": login, "password": PASSWORD})
            assert thief.get("/account/").status_code == 302
        mail.outbox.clear()
        Client().post("/accounts/login/code/", {"email": NEW})
        assert [m.to for m in mail.outbox] == [[NEW]]

    def test_both_addresses_are_told_and_later_mails_go_to_the_new_one(self, hec):
        person = UserFactory()
        old = person.email

        change = correct(person, hec)
        outbox.deliver(by="tests", now=NOW + HOUR)

        assert {m.to[0] for m in mail.outbox} == {old, NEW}
        (to_old,) = (m for m in mail.outbox if m.to == [old])
        assert NEW not in to_old.body, "the former address may be a stranger's"
        event = Event.objects.about(change).get()
        assert (event.actor, event.to_state) == (hec, "changed")
        assert old not in str(event.data)

    @pytest.mark.parametrize("verified", [True, False])
    def test_an_address_of_somebody_else_is_refused(self, hec, verified):
        person, other = UserFactory(), UserFactory(verified=verified)

        with pytest.raises(Refused, match="address-taken"):
            correct(person, hec, email=other.email.upper())
        with pytest.raises(Refused, match="address-the-same"):
            correct(person, hec, email=person.email)

    def test_hec_alone_with_a_note(self, hec):
        person = UserFactory()
        for by in (person, FocalPersonFactory().person):
            with pytest.raises(Refused, match="not-yours"):
                accounts.correct_address(person, email=NEW, note=NOTE, by=by, now=NOW)
        with pytest.raises(Refused, match="note-missing"):
            accounts.correct_address(person, email=NEW, note=" ", by=hec, now=NOW)

    def test_from_the_page(self, hec, sign_in):
        license = licensed()
        browser = sign_in(hec)
        page = reverse("hec_address", args=[license.person_id])
        assert license.reference in browser.get(page).content.decode()

        browser.post(page, {"email": NEW, "note": NOTE})

        license.person.refresh_from_db()
        assert license.person.email == NEW
        assert NOTE in browser.get(page).content.decode()
