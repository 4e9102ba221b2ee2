"""Losing the session in the middle loses nothing: what was saved is there, what was typed comes back (WCAG 2.2.1)."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from applications.models import Application
from dlsei.models import User
from tests.applications.test_journey import photo
from tests.factories import NOW, PASSWORD, draft

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]
DETAILS = reverse("apply_details")
TYPED = {"program": "BS Zoology", "department": "Life O'Sciences", "registration_number": "Z-7"}


@pytest.fixture
def application() -> Application:
    return draft()


@pytest.fixture
def client(application: Application) -> Client:
    browser = Client()
    sign_in(browser, application.person)
    return browser


def sign_in(client: Client, person: User, then: str = DETAILS) -> str:
    """Signs in by the page, which leads on to where one was."""
    form = {"login": person.email, "password": PASSWORD, "next": then}
    answer = client.post(reverse("account_login"), form, follow=True)
    return answer.content.decode()


def whose(client: Client) -> str:
    page = client.get(DETAILS).content.decode()
    found = re.search(r'name="whose" value="([^"]+)"', page)
    assert found
    return found[1]


def sent_signed_out(client: Client, **answers: str) -> str:
    """Loses the session and sends the form that was open; returns where that leads."""
    del client.cookies[settings.SESSION_COOKIE_NAME]
    return client.post(DETAILS, answers)["Location"]


def test_what_was_typed_is_there_after_signing_in_again(
    client: Client, application: Application
) -> None:
    # Given a form that is sent after its session has ended
    location = sent_signed_out(client, **TYPED, whose=whose(client))
    assert location == f"{reverse('account_login')}?next={DETAILS}"

    # When its writer has signed in again
    page = sign_in(client, application.person)

    # Then the answers are in the form, and not saved before they are sent
    assert "You were signed out before this was saved" in page
    assert 'value="BS Zoology"' in page
    assert "Life O&#x27;Sciences" in page
    application.refresh_from_db()
    assert application.answers == {"program": "BS Computer Science"}
    assert "BS Zoology" not in client.get(DETAILS).content.decode()


def test_a_file_that_came_signed_out_is_asked_for_again_by_name(
    client: Client, application: Application
) -> None:
    # Given a page with a kept file, whose writer chose another one and was signed out
    path = reverse("apply_documents")
    page = client.post(path, {"kind": "", "file": photo("first.jpg")}).content.decode()
    carried = dict(re.findall(r'name="(whose|file_kept)" value="([^"]+)"', page))
    del client.cookies[settings.SESSION_COOKIE_NAME]
    client.post(path, {"kind": "student-card", "file": photo("second.jpg"), **carried})

    page = sign_in(client, application.person, path)

    # Then it is said which file must be chosen again; what else was said is there, and not the file before
    assert "second.jpg could not be kept. Choose the file again." in page
    assert re.search(r'value="student-card"[^>]*checked', page)
    assert "first.jpg" not in page


def test_a_file_kept_before_comes_back_after_signing_in(
    client: Client, application: Application
) -> None:
    path = reverse("apply_documents")
    page = client.post(path, {"kind": "", "file": photo("card.jpg")}).content.decode()
    carried = dict(re.findall(r'name="(whose|file_kept)" value="([^"]+)"', page))
    del client.cookies[settings.SESSION_COOKIE_NAME]
    client.post(path, {"kind": "student-card", **carried})

    page = sign_in(client, application.person, path)

    assert "is kept; you need not choose it again" in page
    assert carried["file_kept"] in page
    assert application.documents.count() == 1  # what it had before


def test_what_was_saved_is_there_anyway(client: Client, application: Application) -> None:
    client.post(reverse("account_logout"))

    page = sign_in(client, application.person)

    assert 'value="BS Computer Science"' in page


def test_they_come_back_to_nobody_else(client: Client) -> None:
    sent_signed_out(client, **TYPED, whose=whose(client))
    other = draft().person

    assert "BS Zoology" not in sign_in(client, other)


@pytest.mark.parametrize("forged", ["", "1", "eyJhIjoxfQ:1:forged"])
def test_what_no_form_of_ours_sent_is_not_kept(
    client: Client, application: Application, forged: str
) -> None:
    sent_signed_out(client, **TYPED, whose=forged)

    assert "BS Zoology" not in sign_in(client, application.person)


def test_they_are_not_kept_for_long(client: Client, application: Application, clock) -> None:  # type: ignore[no-untyped-def]
    sent_signed_out(client, **TYPED, whose=whose(client))
    clock.move_to(NOW + timedelta(hours=2))

    assert "BS Zoology" not in sign_in(client, application.person)


def test_a_stranger_to_the_service_is_only_asked_to_sign_in() -> None:
    answer = Client().post(DETAILS, TYPED)

    assert answer["Location"].startswith(reverse("account_login"))
