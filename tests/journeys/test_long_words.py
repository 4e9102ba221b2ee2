"""A name of one long word pushes no page wider than a narrow phone, in lists written by hand and by columns alike."""

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser

from dlsei.models import User
from tests.factories import FocalPersonFactory, HecFactory, submitted
from tests.journeys.every_page import Window

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme")]
NARROW = {"width": 320, "height": 640}
WORD = "Muhammadabdurrahmansiddiquichaudhryofrawalpindicity"


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_nothing_is_wider_than_the_phone(chromium: Browser, language: str, sign_in, clock) -> None:  # type: ignore[no-untyped-def]
    focal = FocalPersonFactory()
    submitted(university=focal.university)
    officer = HecFactory()
    User.objects.update(full_name=WORD)
    university = [focal.university_id]
    addresses = [
        reverse("queue", args=university),
        reverse("hec_university", args=university),
        reverse("hec_staff"),
        reverse("hec_search") + f"?q={WORD[:12]}",
    ]
    window = Window(chromium, None, language, viewport=NARROW)
    window.client = sign_in(officer)
    window.client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    wide = {}
    for address in addresses:
        window.show(window.client.get(address))
        assert WORD in window.page.content()
        width = window.page.evaluate("document.documentElement.scrollWidth")
        if width > NARROW["width"]:
            wide[address] = width
    window.close()

    assert wide == {}
