"""The applicant's way: can I apply, register, apply, receipt, dashboard, license."""

from collections.abc import Callable
from datetime import date

import pytest
from django.utils import timezone

from applications.models import Application
from licensing.models import License
from tests.factories import (
    PASSWORD,
    FocalPersonFactory,
    UniversityFactory,
    UserFactory,
    draft,
    submitted,
)
from tests.journeys.conftest import Arrive, code_to
from tests.story.papers import is_clean, photographed_card
from verification import decisions

EMAIL = "ayesha@example.pk"


def sign_in(visitor, email: str, password: str = PASSWORD):  # type: ignore[no-untyped-def]
    visitor.open("/accounts/login/").write("E-mail address", email).write("Password", password)
    return visitor.press("Sign in")


def test_from_the_first_question_to_the_receipt(arrive: Arrive) -> None:
    university = UniversityFactory(name="Government College University, Lahore", city="Lahore")
    UniversityFactory(name="University of Peshawar", city="Peshawar")
    applicant = arrive(width=390, height=844)

    # Given someone who does not know whether they may apply
    applicant.open("/").sees("Applications are open").press("Start now")
    applicant.choose("Graduate (alumnus)").press("Continue").sees("3.b")
    applicant.open("/can-i-apply/").choose("Student").press("Continue")
    applicant.write("Part of its name", "college lahore").press("Search").sees("1 university")
    applicant.choose(university.name).press("Continue").sees("You can apply")

    # When they register, with the code from their mail
    applicant.press("Create an account")
    applicant.fill(full_name="Ayesha O'Neill عائشہ", mobile_number="0300 1234567")
    applicant.page.get_by_label("E-mail address").first.fill(EMAIL)
    applicant.write("CNIC or passport number", "35202-1234567-1")
    applicant.page.locator("input[type=password]").fill("a long enough passphrase")
    applicant.press("Create account").sees("Enter the code")
    applicant.write("Code", code_to(EMAIL)).press("Continue")

    # Then the task list leads them page by page
    applicant.sees("Apply for a Coursera license").press("Continue")
    applicant.press("Save and continue").sees("There is a problem")
    applicant.fill(program="BS Computer Science", department="CS", registration_number="2022-CS-1")
    applicant.select("Semester", "3").press("Save and continue")
    applicant.press("Add the document").sees("There is a problem")
    applicant.choose("Student card")
    applicant.attach("card.jpg", "image/jpeg", photographed_card("Ayesha O'Neill"))
    applicant.press("Add the document").sees("card.jpg").press("Continue")
    applicant.sees("Check your answers", "35202", "Ayesha O'Neill عائشہ", university.name)
    applicant.choose("What I have stated is true, and the documents are mine.")
    applicant.press("Submit your application").sees("Application submitted")
    application = Application.objects.get()
    applicant.sees(application.reference)
    with application.documents.get().file.open() as file:
        assert is_clean(file.read())

    # And the dashboard says where it stands; they may withdraw
    applicant.press("Go to your dashboard").sees("Your application is with your university")
    applicant.follow("See what you submitted").sees("2022-CS-1")
    applicant.open("/account/").sees("You have applied under this number")


@pytest.fixture
def focal_person(programme_of_today: None, today: date):  # type: ignore[no-untyped-def]
    return FocalPersonFactory(since=today)


def test_a_license_is_activated_and_its_deadlines_shown(
    arrive: Arrive,
    focal_person,  # type: ignore[no-untyped-def]
    work: Callable[[], None],
) -> None:
    # Given an approved application whose invitation has been sent
    application = submitted(university=focal_person.university, now=timezone.now())
    decisions.approve(application, by=focal_person.person, now=timezone.now())
    work()
    license = License.objects.get()
    learner = arrive(width=390, height=844)

    # When the learner looks, then the license is theirs to activate
    sign_in(learner, application.person.email).sees("Activate your license")
    learner.follow("See your license").sees(license.reference, "Activate your license")

    # When the link has been followed, then it is active
    answer = learner.page.context.request.get(license.link, max_redirects=0)
    assert answer.status == 302
    learner.open("/dashboard/").sees("Your license is active", "5.ii")
    learner.open(f"/licenses/{license.reference}/").sees("Activated")


def test_a_file_is_chosen_once_however_often_the_form_comes_back(arrive: Arrive) -> None:
    # Given an applicant who does not say what their file shows
    application = draft(kinds=(), now=timezone.now())
    applicant = arrive(width=390, height=844)
    sign_in(applicant, application.person.email).open("/apply/documents/")
    applicant.attach("card.jpg", "image/jpeg", photographed_card("Nadia"))
    applicant.press("Add the document").sees("There is a problem", "card.jpg is kept")

    # When they do not want it after all, then another one is asked for
    applicant.choose("Do not use this file").press("Add the document")
    applicant.sees("Choose a file: File").attach(
        "mine.jpg", "image/jpeg", photographed_card("Nadia")
    )
    applicant.press("Add the document").sees("mine.jpg is kept")

    # When they say what it shows, then it is added without being chosen again
    applicant.choose("Student card").press("Add the document").sees("The document is added.")
    assert application.documents.get().original_name == "mine.jpg"


def test_asked_answered_rejected_and_applying_again(
    arrive: Arrive,
    focal_person,  # type: ignore[no-untyped-def]
) -> None:
    # Given a question to the applicant
    application = submitted(
        UserFactory(full_name="نادیہ خان"), focal_person.university, now=timezone.now()
    )
    by = focal_person.person
    decisions.ask(application, text="Is this you, D'Souza?", by=by, now=timezone.now())
    applicant = arrive(width=390, height=844)

    # When they answer with words and a document, then it is their university's turn again
    sign_in(applicant, application.person.email).sees("Is this you, D'Souza?")
    applicant.press("Answer the question").press("Send the answer").sees("There is a problem")
    applicant.write("Your answer", "Yes, it is.").choose("Transcript of the previous semester")
    applicant.attach("card.jpg", "image/jpeg", photographed_card("Nadia"))
    applicant.press("Send the answer").sees("Your application is with your university")

    # When it is rejected, then the reason stands there word for word and they may apply again
    decisions.reject(application, reason="The card expired in June.", by=by, now=timezone.now())
    applicant.open("/dashboard/").sees("The card expired in June.").press("Apply again")
    applicant.sees("Apply for a Coursera license")
