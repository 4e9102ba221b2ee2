"""Whoever decides over others' applications sets a second factor up first, and nothing opens before (DESIGN 6)."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client
from django.urls import reverse

from dlsei.models import Event
from dlsei.policy.refusals import Refused
from tests.factories import NOW, PASSWORD, FocalPersonFactory, HecFactory, UserFactory
from verification import second_factor

pytestmark = pytest.mark.django_db


def signed_in(person):
    """A browser after the password alone."""
    client = Client()
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    return client


def code_for(secret):
    """What the authenticator shows now."""
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


@pytest.mark.parametrize("who", ["hec", "focal person"])
def test_without_one_every_page_leads_to_setting_it_up(programme, settings, who):
    settings.SECOND_FACTOR_REQUIRED = True
    person = HecFactory() if who == "hec" else FocalPersonFactory().person
    client = signed_in(person)

    for name in ("admin_home", "dashboard", "account"):
        answer = client.get(reverse(name))
        assert answer.status_code == 302
        assert answer.url == reverse("mfa_activate_totp")

    # The password once more, the code of the new authenticator, and the Admin portal opens.
    set_up = reverse("mfa_activate_totp")
    asked = client.get(set_up)
    assert asked.url.startswith(reverse("account_reauthenticate"))
    client.post(asked.url, {"password": PASSWORD})
    page = client.get(set_up)
    assert page.status_code == 200
    client.post(set_up, {"code": code_for(page.context["form"].secret)})
    assert client.get(reverse("admin_home"), follow=True).status_code == 200


def test_an_applicant_needs_none(programme, settings):
    settings.SECOND_FACTOR_REQUIRED = True

    assert signed_in(UserFactory()).get(reverse("dashboard")).status_code == 200


def test_with_one_signing_in_asks_for_its_code_before_anything_opens(programme, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    person, secret = HecFactory(), generate_totp_secret()
    TOTP.activate(person, secret)
    RecoveryCodes.activate(person)
    assert Authenticator.objects.filter(user=person).count() == 2

    client = signed_in(person)
    assert client.get(reverse("admin_home")).status_code == 302
    assert "_auth_user_id" not in client.session

    client.post(reverse("mfa_authenticate"), {"code": code_for(secret)})

    assert client.get(reverse("admin_home"), follow=True).status_code == 200
    assert client.session["second_factor"]


@pytest.fixture
def officer(programme, settings):
    """An officer with an authenticator and recovery codes."""
    settings.SECOND_FACTOR_REQUIRED = True
    person = HecFactory()
    person.secret = generate_totp_secret()
    TOTP.activate(person, person.secret)
    RecoveryCodes.activate(person)
    return person


def in_with(person, code):
    """A browser after the password and this code."""
    client = signed_in(person)
    client.post(reverse("mfa_authenticate"), {"code": code})
    return client


def opens(client):
    return client.get(reverse("hec_home")).status_code == 200


def test_setting_it_up_shows_recovery_codes(programme, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    client, set_up = signed_in(person := HecFactory()), reverse("mfa_activate_totp")
    client.post(client.get(set_up).url, {"password": PASSWORD})
    page = client.get(set_up)
    secret = page.context["form"].secret
    # Whoever has the app on the phone they read this on cannot scan the screen.
    assert 'href="otpauth://totp/' in page.content.decode()

    shown = client.post(set_up, {"code": code_for(secret)}, follow=True)

    codes = person.authenticator_set.get(type="recovery_codes").wrap().get_unused_codes()
    assert len(codes) == 10
    assert all(code in shown.content.decode() for code in codes)


def test_a_recovery_code_opens_once(officer):
    code = officer.authenticator_set.get(type="recovery_codes").wrap().get_unused_codes()[0]

    assert opens(in_with(officer, code))
    assert not opens(in_with(officer, code))


@pytest.mark.parametrize("code", ["000000", "", "12345678"])
def test_a_wrong_code_opens_nothing(officer, code):
    assert not opens(in_with(officer, code))


@pytest.mark.django_db(transaction=True)
def test_a_session_that_never_showed_it_ends_when_it_is_set_up(programme, settings):
    """Whoever knew only the password must not ride on a factor that somebody else sets up."""
    settings.SECOND_FACTOR_REQUIRED = True
    person, set_up = HecFactory(), reverse("mfa_activate_totp")
    thief, owner = signed_in(person), signed_in(person)
    assert thief.get(set_up).status_code == 302
    owner.post(owner.get(set_up).url, {"password": PASSWORD})
    secret = owner.get(set_up).context["form"].secret

    owner.post(set_up, {"code": code_for(secret)})

    assert opens(owner)
    assert not opens(thief)
    assert "_auth_user_id" not in thief.session


def test_who_decides_cannot_take_it_off(officer):
    client = in_with(officer, code_for(officer.secret))
    client.post(reverse("mfa_reauthenticate"), {"code": code_for(officer.secret)})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert reverse("mfa_deactivate_totp") not in client.get("/accounts/2fa/").content.decode()

    client.post(reverse("mfa_deactivate_totp"))

    assert officer.authenticator_set.filter(type="totp").exists()


def test_an_applicant_may(programme, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    person, secret = UserFactory(), generate_totp_secret()
    TOTP.activate(person, secret)
    client = in_with(person, code_for(secret))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert reverse("mfa_deactivate_totp") in client.get("/accounts/2fa/").content.decode()

    client.post(reverse("mfa_deactivate_totp"))

    assert not person.authenticator_set.exists()


@pytest.mark.parametrize("who", ["superuser", "staff of the reference data"])
def test_djangos_admin_stands_behind_it(programme, settings, who):
    settings.SECOND_FACTOR_REQUIRED = True
    person = UserFactory(is_staff=True, is_superuser=who == "superuser")
    address = reverse("admin:index")

    def led_to(client):
        return client.get(address, follow=True).redirect_chain[-1][0]

    assert led_to(Client()).startswith(reverse("account_login"))
    assert signed_in(person).get(address)["Location"] == reverse("mfa_activate_totp")
    TOTP.activate(person, secret := generate_totp_secret())
    assert led_to(signed_in(person)) == reverse("mfa_authenticate")
    assert in_with(person, code_for(secret)).get(address).status_code == 200


class TestLost:
    def reset(self, hec, person, note="Called back at the registrar's office."):
        return hec.post(reverse("hec_factor_reset", args=[person.pk]), {"note": note})

    def test_hec_removes_it_and_the_next_sign_in_sets_up_a_new_one(self, officer, sign_in):
        theirs = in_with(officer, code_for(officer.secret))
        codes = officer.authenticator_set.get(type="recovery_codes").wrap().get_unused_codes()
        assert opens(theirs)

        self.reset(sign_in(HecFactory()), officer)

        assert not opens(theirs)
        assert not opens(in_with(officer, codes[0]))
        assert signed_in(officer).get("/dashboard/")["Location"] == reverse("mfa_activate_totp")
        assert officer.mails.get().kind == "second-factor-reset"
        (done,) = officer.factor_resets.all()
        assert Event.objects.about(done).get().actor == done.by

    def test_not_without_a_note_nor_ones_own_nor_an_applicants(self, officer, sign_in):
        hec = HecFactory()
        browser = sign_in(hec)

        assert "There is a problem" in self.reset(browser, officer, note=" ").content.decode()
        assert self.reset(browser, hec).status_code == 404
        assert self.reset(browser, UserFactory()).status_code == 404
        assert self.reset(sign_in(FocalPersonFactory().person), officer).status_code == 404
        with pytest.raises(Refused, match="not-allowed"):
            second_factor.reset(hec, note="lost", by=hec, now=NOW)
        assert officer.authenticator_set.count() == 2
