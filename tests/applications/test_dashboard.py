"""What the dashboard says in each state, and what one can do there (4.1.f, A.2, R10, R11)."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from applications import submission
from applications.models import Application
from dlsei import outbox
from dlsei.models import User
from licensing import invitations, paid, revocation
from licensing.models import Cohort, CourseraJob, License
from tests.factories import (
    NOW,
    FocalPersonFactory,
    HecFactory,
    UniversityFactory,
    UserFactory,
    activated,
    approved,
    draft,
    licensed,
    resize,
    submitted,
)
from tests.rows import with_case
from verification import decisions

pytestmark = pytest.mark.usefixtures("programme", "clock")


def rejected(person: User | None = None) -> Application:
    application = submitted(person)
    focal_person = FocalPersonFactory(university=application.university).person
    decisions.reject(application, reason="The card is of 'last' year.", by=focal_person, now=NOW)
    return application


def withdrawn() -> Application:
    application = submitted()
    return submission.withdraw(application, by=application.person, now=NOW)


def asked() -> Application:
    application = submitted()
    focal_person = FocalPersonFactory(university=application.university).person
    decisions.ask(application, text="Which semester?", by=focal_person, now=NOW)
    return application


def invited(license: License | None = None) -> License:
    license = license or licensed()
    job = CourseraJob.objects.get(license=license)
    invitations.record(job, by="tests", now=NOW)
    outbox.deliver(by="tests", now=NOW)
    invitations.settle(by="tests", now=NOW)
    license.refresh_from_db()
    return license


def revoked() -> License:
    license = licensed()
    revocation.revoke(license, note="Given away", by=HecFactory(), now=NOW)
    return license


STANDINGS = [
    pytest.param(lambda: draft(), ["not submitted yet", "Continue your application"], id="draft"),
    pytest.param(
        lambda: submitted(),
        ["number 1 in the queue", "Wednesday 11 January 2023, 9:00 AM", "focal person of"],
        id="R10 R12 pending",
    ),
    pytest.param(asked, ["has a question", "Which semester?", "Answer the question"], id="asked"),
    pytest.param(
        lambda: approved(), ["You are number 1 in the line of Cohort I"], id="R11 waiting"
    ),
    pytest.param(lambda: licensed(), ["your invitation is on its way"], id="4.1.g issued"),
    pytest.param(
        invited,
        ["Activate your license", "Wednesday 25 January 2023", "clause 5.i", "clause 5.iii"],
        id="5.i invited",
    ),
    pytest.param(
        lambda: activated(invited()),
        ["Your license is active", "Monday 31 July 2023", "clause 5.ii"],
        id="5.ii active",
    ),
    pytest.param(
        rejected, ["The card is of &#x27;last&#x27; year.", "Apply again"], id="4.1.i rejected"
    ),
    pytest.param(withdrawn, ["You withdrew your application", "Apply again"], id="withdrawn"),
    pytest.param(
        revoked,
        ["Your license was revoked", "By clause 5.z", "of this cohort was revoked"],
        id="A.2",
    ),
]


@pytest.mark.parametrize(("given", "said"), STANDINGS)
def test_the_dashboard_says_where_one_stands(sign_in, given, said: list[str]) -> None:
    person = given().person

    body = sign_in(person).get("/dashboard/").content.decode()

    for words in said:
        assert words in body


def test_somebody_who_has_not_applied(sign_in) -> None:
    body = sign_in(UserFactory()).get("/dashboard/").content.decode()

    assert "You have not applied yet" in body


def test_the_timeline_names_the_university_and_never_who_decided(sign_in) -> None:
    application = rejected()

    body = sign_in(application.person).get(f"/applications/{application.reference}/").content

    assert str(application.university) in body.decode()
    assert "Dr. Bilal Ahmed" not in body.decode()


def test_late_answers_are_said(sign_in, clock) -> None:
    application = submitted()
    clock.move_to(NOW + timedelta(hours=25))

    body = sign_in(application.person).get("/dashboard/").content.decode()

    assert "your university is reminded of it" in body


def test_earlier_applications_stay_readable(sign_in) -> None:
    first = rejected()
    second = submitted(first.person)
    client = sign_in(first.person)

    body = client.get("/dashboard/").content.decode()
    page = client.get(f"/applications/{first.reference}/").content.decode()

    assert first.reference in body
    assert second.reference in body
    assert "The card is of" in page


def test_a_paid_license_is_shown_without_deadlines(sign_in) -> None:
    person = UserFactory()
    license = paid.grant(person, 2021, by=HecFactory(), now=NOW)
    client = sign_in(person)

    body = client.get("/dashboard/").content.decode()

    assert "Your license is active" in body
    assert "clause 5" not in body
    assert license.reference in client.get(f"/licenses/{license.reference}/").content.decode()


def test_while_hec_decides_there_is_no_deadline_for_another_case(sign_in) -> None:
    license = activated(invited())
    page = sign_in(license.person).get("/dashboard/").content.decode()
    assert "Otherwise HEC decides whether you keep your license" in page
    with_case(license)

    page = sign_in(license.person).get("/dashboard/").content.decode()

    assert "HEC decides whether you keep your license" in page
    assert "Otherwise HEC decides" not in page


def test_a_cnic_is_shown_as_it_stands_on_the_card(sign_in) -> None:
    application = submitted(UserFactory(identity_number="3520212345671"))

    page = sign_in(application.person).get(f"/applications/{application.reference}/")

    assert "35202-1234567-1" in page.content.decode()


def test_withdrawing(sign_in) -> None:
    application = submitted()
    client = sign_in(application.person)
    path = f"/applications/{application.reference}/withdraw/"

    asked_first = client.get(path)
    client.post(path)
    again = client.post(path, follow=True)

    assert "Withdraw your application?" in asked_first.content.decode()
    # As wide as all pages of an applicant, not as HEC's tables.
    assert '<body class="">' in asked_first.content.decode()
    application.refresh_from_db()
    assert application.status == "withdrawn"
    assert "not pending any more" in again.content.decode()


def test_answering_with_words_keeps_the_place(sign_in) -> None:
    application = asked()
    client = sign_in(application.person)
    path = f"/applications/{application.reference}/answer/"

    empty = client.post(path, {"text": ""})
    client.post(path, {"text": "ساتواں"})

    assert "Write an answer or add a document." in empty.content.decode()
    assert application.questions.get().answer == "ساتواں"
    application.refresh_from_db()
    assert application.submitted_at == NOW


def test_an_answer_with_a_refused_file_keeps_its_words(sign_in) -> None:
    application = asked()
    page = sign_in(application.person).post(
        f"/applications/{application.reference}/answer/",
        {
            "text": "In the seventh",
            "kind": "student-card",
            "file": SimpleUploadedFile("card.jpg", b"hello"),
        },
    )

    assert "The file is not a PDF, JPEG or PNG." in page.content.decode()
    assert "In the seventh" in page.content.decode()
    assert application.questions.open().exists()


def test_the_activation_link_records_the_click_and_leads_to_coursera(client: Client) -> None:
    license = invited()

    first = client.get(f"/activate/{license.token}/")
    again = client.get(f"/activate/{license.token}/")

    assert first["Location"] == again["Location"] == settings.COURSERA_PROGRAM_URL
    license.refresh_from_db()
    assert (license.state, license.activated_at) == ("active", NOW)


def test_a_link_that_is_not_valid_says_so(client: Client) -> None:
    ended = revoked()

    for token in (ended.token, "L-000001:forged", "nonsense"):
        answer = client.get(f"/activate/{token}/")
        assert answer.status_code == 410
        assert "This activation link is not valid any more." in answer.content.decode()
    ended.refresh_from_db()
    assert ended.activated_at is None


def test_looking_before_opening_is_no_click(client: Client) -> None:
    license = invited()

    client.head(f"/activate/{license.token}/")

    license.refresh_from_db()
    assert license.activated_at is None


def test_the_public_page_counts_what_is_left(client: Client) -> None:
    UniversityFactory()
    licensed()

    body = client.get("/").content.decode()

    assert "Applications are open" in body
    assert "17,999 licenses of Cohort I are left" in body
    assert client.get("/livez").status_code == client.get("/readyz").status_code == 200


def test_the_public_page_says_of_one_license_that_it_is_left(client: Client) -> None:
    UniversityFactory()
    resize(Cohort.objects.get(name="Cohort I"), held=17_999)

    assert "1 license of Cohort I is left. It goes to who applies first." in (
        client.get("/").content.decode()
    )
