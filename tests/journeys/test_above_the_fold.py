"""The dashboard's four answers are seen on a small phone without scrolling, in every state and language."""

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import translation
from playwright.sync_api import Browser

from dlsei.models import User
from tests.applications.test_four_answers import TABLE, person_of
from tests.journeys.every_page import Window

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme")]
PHONE = {"width": 360, "height": 640}


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_the_answers_are_above_the_fold(chromium: Browser, language: str, sign_in, clock) -> None:  # type: ignore[no-untyped-def]
    window = Window(chromium, None, language, viewport=PHONE)
    below = []
    for name, (given, at, _status, _said) in TABLE.items():
        with transaction.atomic(), translation.override(language):
            clock.move_to(at)
            person = person_of(given())
            # A name as long as names are, and no number that grows with the tests before.
            User.objects.filter(pk=person.pk).update(
                full_name="Ayesha Siddiqui", email="ayesha@example.pk"
            )
            window.client = sign_in(person)
            window.client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
            window.show(window.client.get("/dashboard/"))
            box = window.page.locator(".answers").bounding_box()
            transaction.set_rollback(True)
        assert box
        if (bottom := box["y"] + box["height"]) > PHONE["height"]:
            below.append(f"{name}: {bottom:.0f} px")
    window.close()

    assert below == []
