"""The queue: review, approve, reject, ask, out of turn; and HEC deciding on behalf."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.utils import timezone

from applications import checking, documents, submission
from applications.models import Application
from tests.factories import FocalPersonFactory, HecFactory, UserFactory, draft, submitted
from tests.journeys.conftest import Arrive
from tests.journeys.test_applicant import sign_in
from tests.story.papers import photographed_card
from verification.models import Decision, FocalPerson

HOURS = timedelta(hours=1)


@pytest.fixture
def focal_person(programme_of_today: None, today: date) -> FocalPerson:
    return FocalPersonFactory(since=today, university__name="University of Peshawar")


@pytest.fixture
def queue(focal_person: FocalPerson) -> list[Application]:
    """Four applications, the first one overdue."""
    names = ("Zainab Malik", "محمد عثمان", "Ayesha D'Souza", "Imran O'Brien")
    return [
        submitted(
            UserFactory(full_name=name),
            focal_person.university,
            now=timezone.now() - (26 - 6 * place) * HOURS,
        )
        for place, name in enumerate(names)
    ]


def test_a_focal_person_works_through_the_queue(
    arrive: Arrive, focal_person: FocalPerson, queue: list[Application]
) -> None:
    first, second, third, fourth = queue
    reviewer = arrive()

    # Given a queue of four, when the next in turn is opened and approved
    sign_in(reviewer, focal_person.person.email).sees("4 applications to decide", "Overdue")
    reviewer.press("Review the next in turn").sees(first.reference, "BS Computer Science")
    reviewer.press("Approve")

    # Then the next in turn comes by itself; the mail of a rejection can be seen before it goes
    reviewer.sees(f"{first.reference} is approved", second.reference, "محمد عثمان")
    reviewer.unfold("Reject").press("Reject and send").sees("There is a problem")
    reviewer.write("Reason for the rejection", "The card isn't readable.")
    reviewer.press("Show the mail first").sees("The mail as it will be sent", "Dear")
    reviewer.press("Reject and send").sees(third.reference)

    # When one is asked for more, it steps aside
    reviewer.unfold("Ask for more").write("What do you need", "Which semester?")
    reviewer.press("Send the question").sees(fourth.reference)

    # When the applicant has answered, the later one is out of turn and needs a reason
    submission.answer(third, by=third.person, text="The fifth.", now=timezone.now())
    reviewer.open(f"/admin/review/{fourth.reference}/").sees("before this one", third.reference)
    reviewer.unfold("Approve").press("Approve").sees("There is a problem")
    reviewer.write("Why is this one decided out of turn?", "The term begins tomorrow.")
    reviewer.press("Approve").sees(third.reference).press("Approve")
    reviewer.sees("Everything is decided")

    # Then all is kept
    reviewer.open(f"/admin/decided/{focal_person.university.pk}/").sees("Imran O'Brien")
    reviewer.open(f"/admin/review/{fourth.reference}/").sees("The term begins tomorrow.")
    assert Decision.objects.count() == 4
    assert Decision.objects.get(application=second).reason == "The card isn't readable."


def test_hec_decides_on_behalf_and_keeps_the_house(
    arrive: Arrive, queue: list[Application], work: Callable[[], None]
) -> None:
    first, second = queue[:2]
    officer = HecFactory(full_name="Rubina Akhtar")
    hec = arrive()

    # Given HEC's home, which counts what is late
    sign_in(hec, officer.email).sees("to decide at the universities", "applications overdue")
    hec.open("/admin/hec/queues/").sees("University of Peshawar").follow("University of Peshawar")
    hec.sees("You act on behalf of University of Peshawar")

    # When an officer decides, a note of the information is asked for and kept
    hec.open(f"/admin/review/{first.reference}/").unfold("Approve").press("Approve")
    hec.sees("There is a problem").write("Information on which HEC decides", "By telephone.")
    hec.press("Approve").sees(second.reference)
    work()
    hec.open(f"/admin/hec/applications/{first.reference}/").sees("By telephone.", "Rubina Akhtar")

    # Then every page of the console stands
    for page in ("bucket", "cases", "runs", "outbox", "reports", "invites", "disputes", "search"):
        hec.open(f"/admin/hec/{page}/")
    hec.open("/admin/hec/search/?q=Zainab").sees("Zainab Malik")
    hec.open("/admin/hec/universities/?q=Peshawar").follow("University of Peshawar")
    hec.write("E-mail address", "new@uop.example").sees("Invite a focal person")
    hec.page.get_by_label("Full name").last.fill("Dr. Noor O'Brien")
    hec.press("Send the invitation").sees("Dr. Noor O'Brien is invited.")

    # And a license can be revoked by hand, with a note
    reference = first_license(first)
    hec.open(f"/admin/hec/licenses/{reference}/revoke/").write("Note", "Left the university.")
    hec.press("Revoke the license").sees(reference)


def first_license(application: Application) -> str:
    application.refresh_from_db()
    assert application.place
    return application.place.license.reference


def test_a_document_is_seen_beside_the_claims(arrive: Arrive, focal_person: FocalPerson) -> None:
    # Given an application with a photographed card
    application = draft(university=focal_person.university, kinds=(), now=timezone.now())
    card = photographed_card("Ayesha")
    by = application.person
    now = timezone.now()
    document = documents.upload(application, "student-card", "card.jpg", card, by=by, now=now)
    checking.check_one(document, by="tests", now=now)
    submission.submit(application, by=by, now=timezone.now())

    # When the focal person opens it, then the picture is on the page, under the CSP
    reviewer = arrive()
    sign_in(reviewer, focal_person.person.email).press("Review the next in turn")
    picture = reviewer.page.locator("img[src^='/documents/']").first
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
