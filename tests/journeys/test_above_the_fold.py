"""The dashboard's four answers and its button are seen on a small phone without scrolling, in every state and language,
whatever somebody wrote to the applicant and however long their university's name is."""

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import translation
from playwright.sync_api import Browser

from applications.models import Question, University
from dlsei.models import User
from tests.applications.test_four_answers import TABLE, person_of
from tests.journeys.every_page import Window
from verification.models import Decision

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme")]
PHONE = {"width": 360, "height": 640}
LONGEST_NAME = "Shaheed Zulfiqar Ali Bhutto Medical University and Institute of Sciences, Islamabad"
LONG = (
    "The card that you have sent cannot be read. Please send a photo on which the name stands. " * 4
)


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
            University.objects.filter(applications__person=person).update(name=LONGEST_NAME)
            Question.objects.update(text=LONG)
            Decision.objects.filter(outcome="rejected").update(reason=LONG)
            window.client = sign_in(person)
            window.client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
            window.show(window.client.get("/dashboard/"))
            boxes = [
                one.bounding_box()
                for one in window.page.locator(".answers, .standing .button").all()
            ]
            transaction.set_rollback(True)
        assert boxes
        bottom = max(box["y"] + box["height"] for box in boxes if box)
        if bottom > PHONE["height"]:
            below.append(f"{name}: {bottom:.0f} px")
    window.close()

    assert below == []
