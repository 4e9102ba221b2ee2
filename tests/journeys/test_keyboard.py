"""The applicant's way by keyboard alone, and what a screen reader is told of the form and of the review."""

import os
import re
from datetime import date
from pathlib import Path

import pytest
from django.utils import timezone

from applications.models import Application
from tests.factories import FocalPersonFactory, UniversityFactory, UserFactory, draft, submitted
from tests.journeys.conftest import Arrive, code_to
from tests.journeys.test_applicant import sign_in
from tests.journeys.visitor import Visitor
from tests.story.papers import photographed_card

EMAIL = "keyboard@example.pk"
SNAPSHOTS = Path(__file__).with_name("snapshots")
# How often Tab may be pressed before something must have been reached.
FAR = 60
FOCUSED = """() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  const words = (at.labels?.[0]?.innerText || at.getAttribute('aria-label') || at.innerText || at.value || '').trim();
  return {words, seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2};
}"""


@pytest.fixture
def scripts() -> bool:
    return True


class Keyboard:
    """Somebody without a mouse: goes on by Tab, and sees at each step where they are (2.1.1, 2.4.7)."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page

    def open(self, path: str) -> "Keyboard":
        self.visitor.open(path)
        return self

    def to(self, words: str) -> "Keyboard":
        """Presses Tab until the thing with these words has the focus."""
        passed = []
        for _ in range(FAR):
            self.page.keyboard.press("Tab")
            at = self.page.evaluate(FOCUSED)
            if at["words"].startswith(words):
                assert at["seen"], f"nobody sees that “{words}” has the focus"
                return self
            passed.append(at["words"][:30])
        raise AssertionError(f"“{words}” is not reached at {self.page.url}; passed {passed}")

    def press(self, words: str, key: str = "Enter") -> "Keyboard":
        self.to(words)
        with self.page.expect_navigation():
            self.page.keyboard.press(key)
        self.visitor._looked()
        return self

    def write(self, label: str, answer: str) -> "Keyboard":
        self.to(label)
        self.page.keyboard.type(answer)
        return self

    def choose(self, first: str, down: int = 0) -> "Keyboard":
        """Chooses among radios: Space takes the first, the arrow the ones below it."""
        self.to(first)
        self.page.keyboard.press("Space")
        for _ in range(down):
            self.page.keyboard.press("ArrowDown")
        return self

    def sees(self, *words: str) -> "Keyboard":
        self.visitor.sees(*words)
        return self


def test_an_application_is_made_without_a_mouse(arrive: Arrive) -> None:
    university = UniversityFactory(name="University of Peshawar", city="Peshawar")
    person = Keyboard(arrive())

    # Given the start page, whose first stop is the way past its header
    person.open("/").press("Skip to main content").press("Start now")
    person.choose("Student").press("Continue")
    person.write("Part of its name", "peshawar").press("Search")
    person.choose(university.name).press("Continue").sees("You can apply")

    # When they register and enter the code
    person.press("Create an account")
    person.write("E-mail address", EMAIL).write("Password", "a long enough passphrase")
    person.write("Full name", "Noor Jahan").write("CNIC or passport number", "35202-1234567-1")
    person.write("Mobile", "0300 1234567").press("Create account")
    person.sees("Enter the code")
    person.write("Code", code_to(EMAIL)).press("Continue")

    # Then page after page is filled in by keyboard, the document too, and submitted
    person.press("Continue").write("Program", "BS Botany").write("Department", "Botany")
    person.write("Registration number", "B-1").write("Semester", "3").press("Save and continue")
    person.choose("Admission card", down=1).to("File")
    person.visitor.attach("card.jpg", "image/jpeg", photographed_card("Noor Jahan"))
    person.press("Add the document").press("Continue")
    person.to("What I have stated is true").page.keyboard.press("Space")
    person.press("Submit your application").sees("Application submitted")
    assert Application.objects.get().status == "pending"


def test_a_screen_reader_is_told_the_form_and_the_review(arrive: Arrive, today: date) -> None:
    """The accessibility tree of both pages, as Chromium gives it, beside this file (`UPDATE_SNAPSHOTS=1` writes it)."""
    focal_person = FocalPersonFactory(since=today, university__name="University of Peshawar")
    drafter = UserFactory(full_name="Noor Jahan", identity_number="3520200000001")
    draft(drafter, focal_person.university, now=timezone.now())
    person = UserFactory(full_name="Gul Zaman", identity_number="3520200000002")
    person.email = "gul@example.pk"
    person.save()
    application = submitted(person, focal_person.university, now=timezone.now())

    for name, email, path in (
        ("application-form", drafter.email, "/apply/details/"),
        ("review", focal_person.person.email, f"/admin/review/{application.reference}/"),
    ):
        visitor = arrive()
        sign_in(visitor, email).open(path)
        told = timeless(visitor.page.get_by_role("main").aria_snapshot())
        file = SNAPSHOTS / f"{name}.yaml"
        if os.environ.get("UPDATE_SNAPSHOTS"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(told)
        assert told == file.read_text()


def timeless(told: str) -> str:
    """Without what is another each time: references, dates and the document's name in storage."""
    told = re.sub(r"DL-[0-9A-Z]{4}-[0-9A-Z]{4}", "DL-…", told)
    told = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "…", told)
    months = "January|February|March|April|May|June|July|August|September|October|November|December"
    told = re.sub(rf"(\w+day )?\d+ ({months}) \d{{4}}(, \d+:\d+ [AP]M)?", "a day", told)
    return re.sub(r"/(queue|decided|numbers)/\d+/", r"/\1/…/", told) + "\n"
