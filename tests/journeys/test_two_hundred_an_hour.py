"""What one decision costs a reviewer: keys, clicks, page loads; by keyboard alone, by mouse, without scripts.

The figures are printed (`pytest -s`) and stand in docs/decisions; the test holds the counts, which no busy machine changes.
"""

import io
from collections import Counter
from datetime import date, timedelta

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Request

from applications import documents, submission
from applications.inspection.inspector import Inspected
from applications.models import Application
from dlsei.models import Mail
from tests.factories import FocalPersonFactory, HecFactory, UserFactory, draft
from tests.journeys.conftest import Arrive
from tests.journeys.test_applicant import sign_in
from tests.journeys.visitor import Visitor
from tests.story.papers import photographed_card
from verification.models import Decision, FocalPerson

IN_A_ROW = 20
with_scripts = pytest.mark.parametrize("scripts", [True], ids=["with JavaScript"])


@pytest.fixture
def focal_person(programme_of_today: None, today: date) -> FocalPerson:
    return FocalPersonFactory(since=today, university__name="University of Peshawar")


@pytest.fixture(scope="module")
def card() -> bytes:
    """A card as it is kept: a JPEG of some hundred kilobytes."""
    picture = Image.open(io.BytesIO(photographed_card("Ayesha"))).convert("RGB")
    picture.thumbnail((1600, 1600))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


@pytest.fixture
def queue(focal_person: FocalPerson, card: bytes) -> list[Application]:
    """One more than are decided, each with a card; every third applicant reads Urdu."""
    return [waiting(focal_person, card, number) for number in range(IN_A_ROW + 1)]


def waiting(focal_person: FocalPerson, card: bytes, number: int, files: int = 1) -> Application:
    at = timezone.now() - timedelta(hours=3) + timedelta(seconds=number)
    person = UserFactory(language="en" if number % 3 else "ur")
    application = draft(person, focal_person.university, kinds=(), now=at)
    for kind in ("student-card", "transcript")[:files]:
        documents.keep(application, kind, Inspected(card, "image/jpeg"), by=person, now=at)
    return submission.submit(application, by=person, now=at)


class Meter:
    """Counts what a reviewer does, and what the browser loads for it."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page
        self.keys = self.clicks = 0
        self.loads: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.page.on("requestfinished", self._finished)

    def _finished(self, request: Request) -> None:
        self.loads[request.resource_type] += 1
        if request.resource_type == "document":
            self.seconds.append(request.timing["responseStart"] / 1000)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 1

    def click(self, role: str, words: str) -> None:
        """Clicks what is in view: that it needs no scrolling is the point of the page."""
        main = self.page.get_by_role("main")
        found = main.locator("summary", has_text=words) if role == "summary" else None
        target = (found or main.get_by_role(role, name=words)).first
        assert in_view(target), f"'{words}' needs scrolling"
        target.click()
        self.clicks += 1

    def sees_the_card(self) -> None:
        card = self.page.locator(".case-documents img").first
        card.evaluate("image => image.complete || new Promise(r => image.onload = r)")
        assert card.evaluate("image => image.naturalWidth") > 0

    def goes_on(self, from_reference: str) -> None:
        """Waits for the page of another application than this one."""
        self.page.wait_for_url(lambda url: from_reference not in url and "/review/" in url)
        self.page.wait_for_load_state("load")

    def told(self, how: str) -> str:
        return (
            f"{how}: {self.keys} keys, {self.clicks} clicks, {self.loads['document']} requests for "
            f"{IN_A_ROW} decisions and pages, {self.loads['image']} pictures, "
            f"{sum(self.seconds) / IN_A_ROW * 1000:.0f} ms of server a decision"
        )


def in_view(target) -> bool:  # type: ignore[no-untyped-def]
    return target.evaluate(
        "e => { const b = e.getBoundingClientRect(); return b.top >= 0 && b.bottom <= innerHeight }"
    )


@pytest.fixture
def meter(arrive: Arrive, focal_person: FocalPerson, queue: list[Application]) -> Meter:
    """At the first application in turn, nothing counted yet; an ordinary laptop's screen."""
    reviewer = arrive(width=1366, height=768)
    sign_in(reviewer, focal_person.person.email).press("Review the next in turn")
    return Meter(reviewer)


@with_scripts
def test_twenty_approvals_by_keyboard(meter: Meter, queue: list[Application]) -> None:
    for application in queue[:IN_A_ROW]:
        meter.sees_the_card()
        meter.press("a", "Enter")
        meter.goes_on(application.reference)

    print(f"\n{meter.told('approvals by keyboard')}")
    assert meter.keys == 2 * IN_A_ROW
    # A page and what led to it: the POST that is answered by a redirect.
    assert meter.loads["document"] == 2 * IN_A_ROW
    assert Decision.objects.filter(outcome="approved", turn_reason="").count() == IN_A_ROW
    assert Mail.objects.filter(kind="application-approved").count() == IN_A_ROW


@with_scripts
def test_twenty_rejections_by_keyboard(meter: Meter, queue: list[Application]) -> None:
    for application in queue[:IN_A_ROW]:
        meter.sees_the_card()
        meter.press("r", "3", "Enter")
        meter.goes_on(application.reference)

    print(f"\n{meter.told('rejections by keyboard')}")
    assert meter.keys == 3 * IN_A_ROW
    assert meter.loads["document"] == 2 * IN_A_ROW
    reasons = dict(Decision.objects.values_list("application__person__language", "reason"))
    assert "name or CNIC" in reasons["en"]
    assert "شناختی کارڈ" in reasons["ur"]


def test_twenty_approvals_by_mouse(meter: Meter, queue: list[Application]) -> None:
    """With scripts and without: the button is in view as soon as the page is."""
    for application in queue[:IN_A_ROW]:
        meter.sees_the_card()
        meter.click("button", "Approve")
        meter.goes_on(application.reference)

    print(f"\n{meter.told('approvals by mouse')}")
    assert meter.clicks == IN_A_ROW
    assert meter.loads["document"] == 2 * IN_A_ROW
    assert Decision.objects.filter(outcome="approved").count() == IN_A_ROW


def test_a_rejection_by_mouse_needs_three_clicks(meter: Meter, queue: list[Application]) -> None:
    meter.click("summary", "Reject")
    meter.page.get_by_label("Document cannot be read").check()
    meter.page.get_by_role("button", name="Reject and send").click()
    meter.goes_on(queue[0].reference)

    assert meter.loads["document"] == 2
    assert Decision.objects.get().outcome == "rejected"


@with_scripts
def test_a_question_and_an_edited_reason_by_keyboard(
    meter: Meter, queue: list[Application]
) -> None:
    meter.press("q", "1", "Enter")
    meter.goes_on(queue[0].reference)
    assert queue[0].questions.get().text

    # A picked reason is edited, and sent from the field; what is typed there are letters, no keys
    meter.press("r", "2", "Tab")
    meter.page.keyboard.press("Control+End")
    meter.page.keyboard.type(" See page 1, not q.")
    meter.page.keyboard.press("Control+Enter")
    meter.goes_on(queue[1].reference)
    assert Decision.objects.get().reason.endswith(" See page 1, not q.")


@with_scripts
def test_a_key_alone_decides_nothing(meter: Meter, queue: list[Application]) -> None:
    """WCAG 2.1.4: whoever speaks to their browser may say a letter by accident; and keys can be turned off."""
    meter.press("a", "r", "q", "a", "n")
    meter.page.wait_for_timeout(500)
    assert not Decision.objects.exists()

    meter.press("?")
    meter.page.get_by_role("button", name="Turn single keys off").click()
    meter.page.wait_for_load_state("load")
    meter.press("a", "Enter")
    meter.page.wait_for_timeout(500)
    assert not Decision.objects.exists()


@with_scripts
def test_two_presses_of_enter_are_one_decision(meter: Meter, queue: list[Application]) -> None:
    meter.page.get_by_role("main").get_by_role("button", name="Approve").first.dblclick()
    meter.goes_on(queue[0].reference)
    meter.page.wait_for_timeout(500)
    assert Decision.objects.count() == 1


@with_scripts
def test_what_has_the_focus_is_never_hidden(meter: Meter) -> None:
    """WCAG 2.4.11: the decision stays in view at the foot of the page and covers no focus."""
    seen = set()
    for _ in range(60):
        meter.page.keyboard.press("Tab")
        name, visible = meter.page.evaluate(
            """() => {
                const e = document.activeElement, b = e.getBoundingClientRect();
                const at = document.elementFromPoint(b.x + b.width / 2, b.y + Math.min(b.height, 40) / 2);
                return [e.outerHTML.slice(0, 90), e === document.body || e.contains(at) || at?.contains(e)];
            }"""
        )
        assert visible, name
        if name in seen and name.startswith("<body"):
            break
        seen.add(name)
    assert len(seen) > 10


@with_scripts
def test_several_documents_are_switched_by_key_and_by_link(
    arrive: Arrive, focal_person: FocalPerson, card: bytes
) -> None:
    waiting(focal_person, card, 0, files=2)
    reviewer = arrive()
    sign_in(reviewer, focal_person.person.email).press("Review the next in turn")
    first, second = (reviewer.page.locator(f"#document-{number}") for number in (1, 2))
    assert first.is_visible()
    assert not second.is_visible()

    reviewer.page.keyboard.press("d")
    assert second.is_visible()
    assert not first.is_visible()
    reviewer.page.get_by_role("link", name="First document").click()
    assert first.is_visible()

    # And a quarter turn keeps the whole picture within its frame
    picture = first.locator("img")
    before = picture.bounding_box()
    reviewer.page.keyboard.press("t")
    after = picture.bounding_box()
    frame = first.locator(".viewer-frame").bounding_box()
    assert before and after and frame
    assert abs(after["width"] - frame["width"]) < 20
    assert abs(after["height"] / after["width"] - before["width"] / before["height"]) < 0.02
    assert after["y"] >= frame["y"] - 1


@with_scripts
def test_a_colleague_who_was_faster_is_told_of_on_the_open_page(
    meter: Meter, focal_person: FocalPerson, queue: list[Application], arrive: Arrive
) -> None:
    colleague = FocalPersonFactory(
        university=focal_person.university, since=focal_person.since, person__full_name="Dr. Swift"
    )
    other = arrive()
    sign_in(other, colleague.person.email).open(f"/admin/review/{queue[0].reference}/")
    other.sees("Dr. Bilal Ahmed opened this application as well").press("Approve")

    # Then the page that stood open says so by itself, and deciding there changes nothing
    meter.page.get_by_text("Dr. Swift has approved this application meanwhile").wait_for(
        timeout=30_000
    )
    meter.press("a", "Enter")
    meter.page.get_by_text("Nothing of yours was saved or sent").wait_for()
    meter.visitor.sees("Dr. Swift")._looked()
    meter.visitor.page.get_by_role("link", name="Go to the next in turn").click()
    meter.page.wait_for_url("**/review/**")
    assert Decision.objects.get().actor == colleague.person


def test_hec_decides_a_series_on_behalf(
    arrive: Arrive, queue: list[Application], scripts: bool
) -> None:
    """The note is asked each time; the last one is at hand and never goes in by itself."""
    officer = arrive()
    sign_in(officer, HecFactory().email).open(f"/admin/review/{queue[0].reference}/")
    officer.unfold("Approve").write("Information on which HEC decides", "Letter 17, registrar.")
    officer.press("Approve").sees(queue[1].reference).unfold("Approve")
    officer.sees("Your last note for this university").press("Approve")
    officer.sees("There is a problem")
    if scripts:
        officer.press("Write it here too")
    else:
        officer.write("Information on which HEC decides", "Letter 17, registrar.")
    officer.press("Approve").sees(queue[2].reference)
    notes = Decision.objects.values_list("note", flat=True)
    assert list(notes) == ["Letter 17, registrar."] * 2
