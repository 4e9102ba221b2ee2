"""An applicant's way from "Can I apply?" to the receipt, through the pages (4.1.a–4.1.c, 4.2)."""

import re
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from PIL import Image

from applications.models import Application, Dispute, University
from dlsei.models import Mail
from licensing import expiry
from tests.factories import (
    FocalPersonFactory,
    HecFactory,
    UniversityFactory,
    UserFactory,
    approved,
    draft,
    licensed,
    submitted,
)

pytestmark = pytest.mark.usefixtures("programme", "clock")

STUDENT = {
    "program": "BS Computer Science",
    "department": "PUCIT",
    "registration_number": "BCSF19-A012",
    "semester": "7",
}
EMPLOYEE = {"designation": "Lecturer", "department": "Physics", "employee_number": "E-17"}


def photo(name: str = "card.jpg") -> SimpleUploadedFile:
    picture = BytesIO()
    Image.new("RGB", (60, 40), "white").save(picture, "JPEG")
    return SimpleUploadedFile(name, picture.getvalue(), "image/jpeg")


@pytest.fixture
def punjab(programme: object) -> University:
    return UniversityFactory(name="University of the Punjab", city="Lahore")


@pytest.fixture
def hec(programme: object) -> University:
    return UniversityFactory(name="HEC", is_hec=True)


@pytest.mark.parametrize(
    ("category", "details", "kind"),
    [
        pytest.param("student", STUDENT, "student-card", id="4.1.c student"),
        pytest.param("faculty", EMPLOYEE, "employment-letter", id="4.2.a faculty"),
        pytest.param("staff", EMPLOYEE, "office-card", id="4.2.a staff"),
        pytest.param("hec-employee", EMPLOYEE, "office-card", id="3.a HEC employee"),
    ],
)
def test_the_whole_journey(
    sign_in, punjab: University, hec: University, category: str, details: dict, kind: str
) -> None:
    person = UserFactory(full_name="محمد O'Neil")
    client = sign_in(person)

    assert "Cannot start yet" in client.get("/apply/").content.decode()
    page = client.post("/apply/role/", {"category": category})["Location"]
    if category != "hec-employee":
        assert page == "/apply/university/"
        found = client.get(page, {"q": "PUNJAB lahore"})
        assert "University of the Punjab" in found.content.decode()
        page = client.post(f"{page}?q=punjab", {"university": punjab.pk})["Location"]
    assert page == "/apply/details/"
    page = client.post(page, details)["Location"]
    assert page == "/apply/documents/"
    page = client.post(page, {"kind": kind, "file": photo()})["Location"]
    checked = client.get("/apply/check/").content.decode()
    application = Application.objects.get(person=person)
    submit = {"reference": application.reference, "declared": "on"}
    receipt = client.post("/apply/check/", submit)

    assert "محمد O&#x27;Neil" in checked
    assert receipt["Location"] == f"/applications/{application.reference}/receipt/"
    body = client.get(receipt["Location"]).content.decode()
    assert application.reference in body
    assert "Wednesday 11 January 2023, 9:00 AM" in body
    application.refresh_from_db()
    assert application.status == "pending"
    assert application.university == (hec if category == "hec-employee" else punjab)
    assert Mail.objects.get(person=person).kind == "application-received"


def test_the_two_answers_before_the_account_are_not_asked_again(
    client: Client, punjab: University
) -> None:
    assert "What are you?" in client.get("/can-i-apply/").content.decode()
    yes = client.get("/can-i-apply/", {"category": "faculty", "university": punjab.pk})
    person = UserFactory()
    client.force_login(person)

    client.get("/apply/")

    assert "You can apply" in yes.content.decode()
    application = Application.objects.get(person=person)
    assert (application.category, application.university) == ("faculty", punjab)


@pytest.mark.parametrize(
    ("answers", "clause"),
    [
        pytest.param({"category": "alumnus"}, "clause 3.b", id="3.b alumnus"),
        pytest.param({"category": "external"}, "clause 3.b", id="3.b external"),
        pytest.param(
            {"category": "student", "university": "not-listed"}, "clause 3.a", id="3.a institution"
        ),
    ],
)
def test_a_no_comes_before_the_form_with_its_clause(
    client: Client, answers: dict, clause: str
) -> None:
    body = client.get("/can-i-apply/", answers).content.decode()

    assert "You cannot apply" in body
    assert clause in body


def test_who_is_barred_is_told_on_the_first_page_of_the_form(sign_in, clock, now) -> None:
    license = licensed()
    in_cohort_2 = now.replace(month=8, day=2)
    clock.move_to(in_cohort_2)
    expiry.expire(by="tests", now=in_cohort_2)

    page = sign_in(license.person).post("/apply/role/", {"category": "student"})

    assert "You held a license of an earlier cohort" in page.content.decode()
    assert not Application.objects.filter(person=license.person, status="draft").exists()


def test_whoever_has_applied_is_led_to_the_dashboard(sign_in) -> None:
    for application in (submitted(), approved(), licensed().place.application):
        assert sign_in(application.person).get("/apply/")["Location"] == "/dashboard/"


def test_a_university_that_is_not_found_loses_no_answer(sign_in, punjab: University) -> None:
    application = draft(university=punjab, department="PUCIT")
    client = sign_in(application.person)

    nothing = client.get("/apply/university/", {"q": "atlantis"}).content.decode()
    unchosen = client.post("/apply/university/?q=punjab", {})

    assert "No university was found" in nothing
    assert "Choose your university." in unchosen.content.decode()
    application.refresh_from_db()
    assert application.answers["department"] == "PUCIT"
    assert application.university == punjab


def test_an_unrecognized_university_cannot_be_chosen(sign_in) -> None:
    closed = UniversityFactory(recognized=False)
    application = draft()

    page = sign_in(application.person).post("/apply/university/", {"university": closed.pk})

    assert page.status_code == 200
    application.refresh_from_db()
    assert application.university != closed


def test_a_student_who_turns_hec_employee_and_back_has_to_choose_anew(
    sign_in, hec: University
) -> None:
    application = draft()
    client = sign_in(application.person)

    client.post("/apply/role/", {"category": "hec-employee"})
    application.refresh_from_db()
    assert application.university == hec
    page = client.post("/apply/role/", {"category": "student"})["Location"]

    application.refresh_from_db()
    assert application.university is None
    assert page == "/apply/university/"


def test_the_declaration_of_the_first_semester_must_fit(sign_in) -> None:
    application = draft(kinds=("previous-education",), **STUDENT)
    client = sign_in(application.person)

    contradiction = client.post("/apply/details/", STUDENT | {"first_semester": "on"})
    missing = client.get("/apply/check/").content.decode()
    client.post("/apply/details/", STUDENT | {"semester": "1", "first_semester": "on"})
    complete = client.get("/apply/check/").content.decode()

    assert "take the declaration back" in contradiction.content.decode()
    assert "Add at least one document of an accepted kind." in missing
    assert "Something is missing" not in complete


def ready(sign_in) -> tuple[Client, Application, dict[str, str]]:
    application = draft(**STUDENT)
    return (
        sign_in(application.person),
        application,
        {"reference": application.reference, "declared": "on"},
    )


def test_submitting_twice_is_submitting_once(sign_in) -> None:
    client, application, submit = ready(sign_in)

    answers = [client.post("/apply/check/", submit) for _ in range(3)]

    assert len({answer["Location"] for answer in answers}) == 1
    assert Mail.objects.filter(person=application.person).count() == 1


def test_nothing_is_submitted_without_the_declaration_or_while_something_is_missing(
    sign_in,
) -> None:
    client, application, submit = ready(sign_in)
    undeclared = client.post("/apply/check/", {"reference": application.reference})
    bare = draft(kinds=())
    incomplete = sign_in(bare.person).post("/apply/check/", submit | {"reference": bare.reference})

    assert "Tick the box to declare" in undeclared.content.decode()
    assert "Something is missing" in incomplete.content.decode()
    assert not Application.objects.submitted().exists()


def test_a_closed_intake_is_said_and_the_draft_kept(sign_in, clock, now) -> None:
    client, application, submit = ready(sign_in)
    clock.move_to(now.replace(year=2024, month=2, day=16))
    client = sign_in(application.person)

    page = client.post("/apply/check/", submit)

    assert "Applications are closed at the moment." in page.content.decode()
    application.refresh_from_db()
    assert application.is_draft


def test_a_second_person_under_one_number_gets_a_neutral_answer(sign_in) -> None:
    first = submitted()
    squatter = UserFactory(identity_number=first.person.identity_number)
    application = draft(squatter, **STUDENT)
    client = sign_in(squatter)

    answer = client.post(
        "/apply/check/", {"reference": application.reference, "declared": "on"}, follow=True
    )

    body = answer.content.decode()
    assert "HEC has to look at your application first" in body
    assert first.person.full_name not in body
    assert "CNIC" not in body
    assert Dispute.objects.get().application == application


@pytest.mark.parametrize("page", ["", "receipt/", "withdraw/", "answer/"])
def test_a_foreign_application_is_not_found_as_an_absent_one(sign_in, page: str) -> None:
    foreign = submitted()
    client = sign_in(UserFactory())

    found = client.get(f"/applications/{foreign.reference}/{page}")
    absent = client.get(f"/applications/DL-AAAA-AAAA/{page}")

    assert found.status_code == absent.status_code == 404
    assert told(found, foreign.reference) == told(absent, "DL-AAAA-AAAA")


def told(response: HttpResponse, reference: str) -> str:
    """The page without what differs anyway: the token, and the address the reader typed."""
    page = response.content.decode().replace(reference, "")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


def test_a_foreign_license_or_draft_is_not_found(sign_in) -> None:
    license, foreign = licensed(), draft()
    client = sign_in(UserFactory())

    assert client.get(f"/licenses/{license.reference}/").status_code == 404
    assert client.post("/apply/check/", {"reference": foreign.reference}).status_code == 404


def test_hec_and_focal_persons_land_at_the_admin_portal(sign_in) -> None:
    assert sign_in(HecFactory()).get("/home/")["Location"] == "/admin/"
    assert sign_in(FocalPersonFactory().person).get("/home/")["Location"] == "/admin/"
    assert sign_in(UserFactory()).get("/home/")["Location"] == "/dashboard/"


def test_the_browsers_back_leads_to_where_one_stands(sign_in) -> None:
    """After submitting, the form's pages are not errors: there is nothing left to fill in."""
    client = sign_in(submitted().person)
    for page in ("role", "university", "details", "documents", "check"):
        answer = client.get(f"/apply/{page}/", follow=True)
        assert answer.redirect_chain[-1][0] == "/dashboard/"
        assert "You have applied already" in answer.content.decode()


def test_without_a_draft_the_form_begins_at_its_beginning(sign_in) -> None:
    client = sign_in(UserFactory())
    for page in ("university", "details", "documents", "check"):
        assert client.get(f"/apply/{page}/", follow=True).redirect_chain[-1][0] == "/apply/"
    assert client.get("/apply/role/").status_code == 200
