"""Nobody learns from outside who has an account: every door answers alike, with the same work (R6)."""

import re
from contextlib import ExitStack
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core import mail
from django.test import Client

from applications.forms import registration
from tests.applications.test_accounts import sign_up_answers
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.usefixtures("programme")

DOORS = {
    "/accounts/login/": lambda email: {"login": email, "password": "a wrong guess"},
    "/accounts/login/code/": lambda email: {"email": email},
    "/accounts/password/reset/": lambda email: {"email": email},
    "/accounts/signup/": lambda email: sign_up_answers(email=email),
}


def counted(name: str) -> Any:
    """The hasher's method as it is, counting."""
    as_it_is = getattr(Argon2PasswordHasher, name)
    return mock.patch.object(Argon2PasswordHasher, name, autospec=True, side_effect=as_it_is)


def knock(door: str, email: str) -> tuple[int, str, str, int, int]:
    """Status, where it leads, what is said there, how many mails went and how many hashes were made."""
    browser, sent = Client(), len(mail.outbox)
    with ExitStack() as watched:
        hashed = [watched.enter_context(counted(name)) for name in ("encode", "verify")]
        answer = browser.post(door, DOORS[door](email))
    address = answer.get("Location", "")
    page = (browser.get(address) if address else answer).content.decode().replace(email, "")
    said = re.sub(r'(value|content)="[^"]*"', "", page)
    return (
        answer.status_code,
        address,
        said,
        len(mail.outbox) - sent,
        sum(one.call_count for one in hashed),
    )


@pytest.mark.parametrize("door", DOORS)
def test_a_door_answers_a_known_and_an_unknown_address_alike(door: str) -> None:
    known = UserFactory().email

    assert knock(door, known) == knock(door, "nobody.of.that.name@example.pk")


def test_control_without_its_work_a_taken_address_would_be_quicker() -> None:
    known = UserFactory().email

    with mock.patch.object(registration, "make_password"):
        *_, quick = knock("/accounts/signup/", known)
    *_, slow = knock("/accounts/signup/", "nobody.of.that.name@example.pk")

    assert (quick, slow) == (0, 1)


def test_what_a_taken_address_is_sent_tells_its_owner_alone() -> None:
    known = UserFactory(email="owner@example.pk")

    knock("/accounts/signup/", known.email)

    assert mail.outbox[-1].to == [known.email]
    assert PASSWORD not in mail.outbox[-1].body
