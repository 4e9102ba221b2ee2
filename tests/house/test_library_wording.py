"""What Django and allauth say on our pages is said in our words, and in whole sentences."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.timesince import timesince

from tests.factories import NOW, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme")]


@pytest.fixture
def browser() -> Client:
    return Client()


@pytest.mark.parametrize(
    "name",
    ["account_login", "account_signup", "account_request_login_code", "account_reset_password"],
)
def test_an_address_is_called_the_same_everywhere(browser: Client, name: str) -> None:
    page = browser.get(reverse(name)).content.decode()

    assert "E-mail address" in page
    assert ">Email<" not in page


def test_a_wrong_code_says_what_to_do_and_a_new_one_is_sent(browser: Client) -> None:
    person = UserFactory()
    asked = browser.post(
        reverse("account_request_login_code"), {"email": person.email}, follow=True
    )
    # Where the code went is said once.
    assert "<main" in (page := asked.content.decode())
    assert "notice-success" not in page

    confirm = reverse("account_confirm_login_code")
    wrong = browser.post(confirm, {"code": "wrong1"}).content.decode()
    assert "Enter the newest one" in wrong

    again = browser.post(confirm, {"action": "resend"}, follow=True).content.decode()
    assert "A new code is on its way" in again
    assert len(mail.outbox) == 2


def test_parts_of_a_time_span_are_separated_as_in_urdu() -> None:
    with translation.override("ur"):
        assert "، " in timesince(NOW - timedelta(days=3, hours=1), NOW)
