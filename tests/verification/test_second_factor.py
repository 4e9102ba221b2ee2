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

from tests.factories import PASSWORD, FocalPersonFactory, HecFactory, UserFactory

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
