"""Focal persons and HEC's staff are invited: bound to an address, once, for some days (4.1.d, 4.1.j)."""

import re
from datetime import date, datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from dlsei import outbox
from dlsei.models import Event, Mail, User
from dlsei.policy.refusals import Refused
from tests.factories import (
    NOW,
    PASSWORD,
    FocalPersonFactory,
    HecFactory,
    UniversityFactory,
    UserFactory,
    submitted,
)
from verification import decisions, staff_invitations
from verification.models import Decision, FocalPerson, Invitation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]

ADDRESS = "noor@uoq.example"
DAY = timedelta(days=1)


@pytest.fixture
def hec() -> User:
    return HecFactory()


def invite(hec: User, **changed: object) -> Invitation:
    """An invitation to a new address, at a university of its own unless told otherwise."""
    given = {"email": ADDRESS, "full_name": "Dr. Noor", "by": hec, "now": NOW}
    if "university" not in changed:
        given["university"] = UniversityFactory(name="University of Quetta")
    return staff_invitations.invite(**(given | changed))


def page_of(invitation: Invitation) -> str:
    return reverse("invitation", args=[invitation.token])


def code() -> str:
    found = re.search(r"^\s+([\w-]{5,12})\s*$", str(mail.outbox[-1].body), re.M)
    assert found
    return found[1]


def signed_in_by_code(invitation: Invitation) -> Client:
    """A browser that came by the link and entered the code that was mailed."""
    browser, link = Client(), page_of(invitation)
    browser.post("/accounts/login/code/", {"email": invitation.email, "next": link})
    answer = browser.post("/accounts/login/code/confirm/", {"code": code(), "next": link})
    assert answer["Location"] == link
    return browser


def code_of_refusal(write) -> str:
    with pytest.raises(Refused) as refused:
        write()
    return refused.value.refusal.code


class TestTheWayIn:
    def test_link_code_and_accept_give_the_queue(self, hec, settings):
        settings.SECOND_FACTOR_REQUIRED = False
        invitation = invite(hec, until=NOW.date() + 30 * DAY)
        outbox.deliver(by="tests", now=NOW)
        (letter,) = mail.outbox
        assert letter.to == [ADDRESS]
        link = page_of(invitation)
        assert link in letter.body

        seen = Client().get(link)
        browser = signed_in_by_code(invitation)
        assert b"Accept the invitation" not in seen.content
        assert b"Accept the invitation" in browser.get(link).content
        assert not FocalPerson.objects.exists(), "looking accepts nothing"
        accepted = browser.post(link)

        assert accepted["Location"] == "/home/"
        assert b"University of Quetta" in browser.get("/admin/", follow=True).content
        (nomination,) = FocalPerson.objects.all()
        assert (nomination.since, nomination.until) == (NOW.date(), NOW.date() + 30 * DAY)
        assert not nomination.person.has_usable_password()

    def test_the_second_factor_comes_before_anything_else(self, hec, settings):
        settings.SECOND_FACTOR_REQUIRED = True
        invitation = invite(hec)
        browser = signed_in_by_code(invitation)

        landed = browser.post(page_of(invitation), follow=True)

        assert landed.redirect_chain[-1][0] == reverse("mfa_activate_totp")
        for name in ("admin_home", "dashboard", "account", "mfa_index"):
            assert browser.get(reverse(name))["Location"] == reverse("mfa_activate_totp")

    def test_to_act_for_hec(self, hec, settings):
        settings.SECOND_FACTOR_REQUIRED = False
        invitation = invite(hec, university=None)
        assert Mail.objects.get().kind == "appointment"

        browser = signed_in_by_code(invitation)
        browser.post(page_of(invitation))

        assert browser.get("/admin/", follow=True).status_code == 200
        assert User.objects.get(email=ADDRESS).is_hec

    def test_a_mail_in_urdu_for_who_reads_urdu(self, hec):
        invite(hec, language="ur")

        assert Mail.objects.get().language == "ur"


class TestOneAccountForBothRoles:
    def test_an_applicant_becomes_a_focal_person_and_never_decides_for_themselves(self, hec):
        university = UniversityFactory()
        person = UserFactory()
        own = submitted(person, university)
        other = submitted(university=university)
        invitation = invite(hec, email=person.email.upper(), university=university)
        assert invitation.person == person

        staff_invitations.accept(invitation, by=person, now=NOW)

        assert FocalPerson.objects.get().person == person
        assert code_of_refusal(lambda: decisions.approve(own, by=person, now=NOW)) == "not-yours"
        decisions.approve(other, by=person, reason="the first is my own", now=NOW)
        with pytest.raises(IntegrityError, match="nobody_decides"), transaction.atomic():
            Decision.objects.update(applicant=person)

    def test_who_registered_an_address_that_is_not_theirs_is_locked_out(self, hec):
        squatter = UserFactory(email=ADDRESS, verified=False)
        EmailAddress.objects.create(user=squatter, email=ADDRESS, primary=True, verified=False)

        invitation = invite(hec)
        browser = signed_in_by_code(invitation)
        browser.post(page_of(invitation))

        assert FocalPerson.objects.get().person == squatter
        thief = Client()
        thief.post("/accounts/login/", {"login": ADDRESS, "password": PASSWORD})
        assert "_auth_user_id" not in thief.session

    def test_a_proved_address_keeps_its_password(self, hec):
        person = UserFactory(email=ADDRESS)

        invite(hec)

        person.refresh_from_db()
        assert person.check_password(PASSWORD)


class TestOnce:
    def test_a_link_is_used_once(self, hec):
        invitation = invite(hec)
        browser = signed_in_by_code(invitation)
        browser.post(page_of(invitation))

        assert browser.post(page_of(invitation)).status_code in (302, 410)
        assert Client().get(page_of(invitation)).status_code == 410
        assert FocalPerson.objects.count() == 1
        assert code_of_refusal(
            lambda: staff_invitations.accept(invitation, by=invitation.person, now=NOW)
        ) == ("invitation-not-valid")

    def test_it_is_for_its_address_alone(self, hec, sign_in):
        invitation, assistant = invite(hec), UserFactory()
        browser = sign_in(assistant)

        assert b"signed in with another address" in browser.get(page_of(invitation)).content
        browser.post(page_of(invitation))
        Client().post(page_of(invitation))

        assert not FocalPerson.objects.exists()
        refused = code_of_refusal(
            lambda: staff_invitations.accept(invitation, by=assistant, now=NOW)
        )
        assert refused == "invitation-for-another"

    def test_an_account_whose_address_is_another_now_does_not_accept(self, hec):
        person = UserFactory(email=ADDRESS)
        invitation = invite(hec)
        person.email = "another@uoq.example"
        person.save()
        EmailAddress.objects.filter(user=person).update(email=person.email)

        refused = code_of_refusal(lambda: staff_invitations.accept(invitation, by=person, now=NOW))

        assert refused == "invitation-for-another"

    def test_an_address_that_nobody_proved_does_not_accept(self, hec):
        invitation = invite(hec)

        refused = code_of_refusal(
            lambda: staff_invitations.accept(invitation, by=invitation.person, now=NOW)
        )

        assert refused == "invitation-for-another"

    @pytest.mark.parametrize(("after", "good"), [(14 * DAY - DAY / 86400, True), (14 * DAY, False)])
    def test_it_expires(self, hec, clock, after, good):
        UserFactory(email=ADDRESS)
        invitation = invite(hec)
        clock.move_to(NOW + after)

        assert Client().get(page_of(invitation)).status_code == (200 if good else 410)
        assert invitation.has_expired(NOW + after) is not good

    def test_a_nomination_that_would_be_over_is_not_accepted(self, hec, clock):
        invitation = invite(hec, until=NOW.date() + DAY)
        clock.move_to(NOW + 2 * DAY)

        assert Client().get(page_of(invitation)).status_code == 410

    @pytest.mark.parametrize(
        "token", ["x", "1-x:y", "0", "١-x:y", "9" * 40, "../", "%00", "a-b-c:d:e"]
    )
    def test_what_is_no_link_of_ours_opens_nothing(self, token):
        assert Client().get(f"/invitation/{token}/").status_code in (404, 410)

    def test_sent_again_the_former_link_is_void(self, hec, clock):
        invitation = invite(hec)
        former = page_of(invitation)
        clock.move_to(NOW + 20 * DAY)

        staff_invitations.send_again(invitation, by=hec, now=NOW + 20 * DAY)
        invitation.refresh_from_db()

        assert Client().get(former).status_code == 410
        assert Client().get(page_of(invitation)).status_code == 200
        assert Mail.objects.count() == 2

    def test_sent_again_meanwhile_the_page_of_a_former_link_accepts_nothing(self, hec):
        person = UserFactory(email=ADDRESS)
        invitation = invite(hec)
        staff_invitations.send_again(Invitation.objects.get(), by=hec, now=NOW)

        refused = code_of_refusal(lambda: staff_invitations.accept(invitation, by=person, now=NOW))

        assert refused == "invitation-not-valid"

    def test_invited_again_the_same_one_is_corrected(self, hec):
        university = UniversityFactory()
        first = invite(hec, university=university)
        again = invite(hec, university=university, until=NOW.date() + DAY)

        assert first.pk == again.pk
        assert Invitation.objects.get().until == NOW.date() + DAY
        assert User.objects.filter(email=ADDRESS).count() == 1

    def test_withdrawn_it_is_void(self, hec):
        invitation = invite(hec)

        staff_invitations.withdraw(invitation, by=hec, now=NOW)

        assert Client().get(page_of(invitation)).status_code == 410
        for verb in (staff_invitations.withdraw, staff_invitations.send_again):
            assert code_of_refusal(lambda verb=verb: verb(invitation, by=hec, now=NOW)) == (
                "invitation-not-valid"
            )

    def test_who_has_the_role_is_not_invited(self, hec):
        focal = FocalPersonFactory()

        refused = code_of_refusal(
            lambda: invite(hec, email=focal.person.email, university=focal.university)
        )

        assert refused == "has-the-role"
        assert code_of_refusal(lambda: invite(hec, email=HecFactory().email, university=None)) == (
            "has-the-role"
        )

    def test_a_period_that_is_over_is_refused_before_anything_is_written(self, hec):
        refused = code_of_refusal(
            lambda: invite(hec, since=date(2022, 1, 1), until=date(2022, 2, 1))
        )

        assert refused == "period-over"
        assert not User.objects.filter(email=ADDRESS).exists()


class TestWhoInvites:
    def test_hec_and_jobs_alone(self, hec):
        focal = FocalPersonFactory()
        invitation = invite(hec)

        for by in (focal.person, UserFactory()):
            assert code_of_refusal(lambda by=by: invite(by, university=focal.university)) == (
                "not-yours"
            )
            for verb in (staff_invitations.send_again, staff_invitations.withdraw):
                refused = code_of_refusal(lambda verb=verb, by=by: verb(invitation, by=by, now=NOW))
                assert refused == "not-yours"
            refused = code_of_refusal(
                lambda by=by: staff_invitations.replace(focal, ADDRESS, "Noor", by=by, now=NOW)
            )
            assert refused == "not-yours"

    def test_nobody_gets_a_role_by_registering(self, hec):
        invite(hec)

        Client().post(
            "/accounts/signup/",
            {
                "email": ADDRESS,
                "full_name": "Noor",
                "identity_kind": "cnic",
                "identity_number": "3520212345671",
                "language": "en",
                "password1": PASSWORD,
                "is_hec": "on",
            },
        )

        assert not FocalPerson.objects.exists()
        assert not User.objects.get(email=ADDRESS).is_hec


def test_every_step_has_its_event(hec: User, now: datetime) -> None:
    person = UserFactory(email=ADDRESS)
    invitation = invite(hec)
    staff_invitations.send_again(invitation, by=hec, now=now)
    invitation.refresh_from_db()
    staff_invitations.accept(invitation, by=person, now=now)

    def told(thing) -> list[tuple[str, str, int]]:
        return list(Event.objects.about(thing).values_list("from_state", "to_state", "actor"))

    assert told(invitation) == [
        ("", "invited", hec.pk),
        ("invited", "invited", hec.pk),
        ("invited", "accepted", person.pk),
    ]
    assert told(FocalPerson.objects.get()) == [("", "nominated", person.pk)]
