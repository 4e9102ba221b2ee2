"""Registration and sign-in: a code from the mail, nothing told about who has an account (4.1.a, R6)."""

import re
from uuid import uuid4

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client

from applications.forms.identity import clean_identity
from dlsei.models import User
from tests.factories import PASSWORD, UserFactory, licensed, submitted

pytestmark = pytest.mark.usefixtures("programme")


def sign_up_answers(**changed: str) -> dict[str, str]:
    return {
        "full_name": "عائشہ D'Souza",
        "email": f"{uuid4().hex}@example.pk",
        "identity_kind": "cnic",
        "identity_number": "۳۵۲۰۲-1234567-1",
        "mobile": "0300 1234567",
        "language": "ur",
        "password1": PASSWORD,
    } | changed


def code_in(message: mail.EmailMessage) -> str:
    found = re.search(r"^\s+([A-Z0-9-]{6,12})\s*$", message.body, re.MULTILINE)
    assert found, message.body
    return found[1]


def test_registration_ends_on_the_task_list_with_a_verified_address(client: Client) -> None:
    answers = sign_up_answers()

    first = client.post("/accounts/signup/", answers)
    asked = client.get(first["Location"])
    done = client.post(first["Location"], {"code": code_in(mail.outbox[-1])})

    assert "code" in asked.content.decode()
    assert done["Location"] == "/apply/"
    person = User.objects.get(email=answers["email"])
    assert person.full_name == "عائشہ D'Souza"
    assert person.identity == "cnic:3520212345671"
    assert person.mobile == "+923001234567"
    assert person.language == "ur"
    assert person.password.startswith("argon2")
    assert person.emailaddress_set.get().verified
    assert client.get("/apply/").status_code == 200


def test_a_wrong_code_lets_nobody_in(client: Client) -> None:
    first = client.post("/accounts/signup/", sign_up_answers())

    answer = client.post(first["Location"], {"code": "WRONGX"})

    assert answer.status_code == 200
    assert client.get("/dashboard/").status_code == 302


def test_registering_a_known_address_answers_as_for_a_new_one(client: Client) -> None:
    known = UserFactory()

    for_new = client.post("/accounts/signup/", sign_up_answers())
    mails_for_new = len(mail.outbox)
    page_for_new = client.get(for_new["Location"]).content.decode()
    for_known = Client().post("/accounts/signup/", sign_up_answers(email=known.email))
    other = Client()
    other.post("/accounts/signup/", sign_up_answers(email=known.email))
    page_for_known = other.get(for_known["Location"]).content.decode()

    assert (for_new.status_code, for_new["Location"]) == (
        for_known.status_code,
        for_known["Location"],
    )
    assert mails_for_new == 1
    assert len(mail.outbox) >= mails_for_new + 1
    assert heading(page_for_new) == heading(page_for_known)
    known.refresh_from_db()
    assert known.full_name != "عائشہ D'Souza"


def heading(page: str) -> str:
    found = re.search(r"<h1.*?</h1>", page, re.DOTALL)
    assert found
    return found[0]


@pytest.mark.parametrize("path", ["/accounts/password/reset/", "/accounts/login/code/"])
def test_asking_for_a_code_answers_the_same_for_everybody(path: str) -> None:
    known = UserFactory()

    answers = [
        Client().post(path, {"email": email}) for email in (known.email, f"{uuid4()}@example.pk")
    ]

    assert {answer.status_code for answer in answers} == {302}
    assert len({answer["Location"] for answer in answers}) == 1
    assert len(mail.outbox) == 2


def test_signing_in_by_password_and_by_code(client: Client) -> None:
    person = UserFactory()

    by_password = client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    other = Client()
    asked = other.post("/accounts/login/code/", {"email": person.email})
    by_code = other.post(asked["Location"], {"code": code_in(mail.outbox[-1])})

    assert by_password["Location"] == by_code["Location"] == "/home/"
    assert client.get("/home/")["Location"] == "/dashboard/"


def test_a_new_password_by_code(client: Client) -> None:
    person = UserFactory()

    asked = client.post("/accounts/password/reset/", {"email": person.email})
    confirmed = client.post(asked["Location"], {"code": code_in(mail.outbox[-1])})
    client.post(
        confirmed["Location"], {"password1": "quite another one", "password2": "quite another one"}
    )

    person.refresh_from_db()
    assert person.check_password("quite another one")


@pytest.mark.parametrize(
    ("kind", "written", "kept"),
    [
        pytest.param("cnic", "35202-1234567-1", "3520212345671", id="R6 dashes"),
        pytest.param("cnic", " 35202 1234567 1 ", "3520212345671", id="R6 spaces"),
        pytest.param("cnic", "۸۵۲۰۲۱۲۳۴۵۶۷۱", "8520212345671", id="R6 Urdu digits, begins with 8"),
        pytest.param("cnic", "\u200f١٥٢٠٢-١٢٣٤٥٦٧-١", "1520212345671", id="R6 Arabic, with a mark"),
        pytest.param("cnic", "0520212345671", None, id="R6 begins with 0"),
        pytest.param("cnic", "9520212345671", None, id="R6 begins with 9"),
        pytest.param("cnic", "352021234567", None, id="R6 12 digits"),
        pytest.param("cnic", "35202123456712", None, id="R6 14 digits"),
        pytest.param("passport", "ab 1234567", "AB1234567", id="R6 passport"),
        pytest.param("passport", "A1", None, id="R6 passport too short"),
    ],
)
def test_identity_numbers(kind: str, written: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(ValidationError):
            clean_identity(kind, written)
    else:
        assert clean_identity(kind, written) == kept


def test_what_is_missing_is_named(client: Client) -> None:
    page = client.post("/accounts/signup/", sign_up_answers(password1="", full_name="123"))

    body = page.content.decode()
    assert "Fill in: Password" in body
    assert "Write your name in letters." in body
    assert "۳۵۲۰۲-1234567-1" in body


def test_who_was_invited_and_never_applied_needs_no_number(sign_in) -> None:
    person = UserFactory(identity_number="")
    answers = {"full_name": "Dr. Noor", "identity_kind": "cnic", "identity_number": ""}

    sign_in(person).post("/account/", answers | {"mobile": "", "language": "ur"})

    person.refresh_from_db()
    assert (person.language, person.identity_number) == ("ur", "")


def test_a_number_that_was_given_is_not_emptied(sign_in) -> None:
    person = UserFactory()
    answers = {"full_name": "Noor", "identity_kind": "cnic", "identity_number": ""}

    page = sign_in(person).post("/account/", answers | {"mobile": "", "language": "ur"})

    assert "identity_number" in page.context["form"].errors


def test_the_account_page_changes_what_it_may(sign_in) -> None:
    person = UserFactory()
    client = sign_in(person)
    answers = sign_up_answers(identity_number="35202-7654321-3", mobile="")

    changed = client.post("/account/", answers)

    assert changed.status_code == 302
    person.refresh_from_db()
    assert (person.full_name, person.identity_number) == ("عائشہ D'Souza", "3520276543213")


def test_the_number_is_fixed_from_the_first_submission_on(sign_in) -> None:
    application = submitted()
    number = application.person.identity_number

    sign_in(application.person).post("/account/", sign_up_answers())

    application.person.refresh_from_db()
    assert application.person.identity_number == number
    assert application.person.full_name == "عائشہ D'Souza"


def test_the_address_is_fixed_once_a_license_is_issued(sign_in) -> None:
    license = licensed()

    assert sign_in(license.person).get("/accounts/email/")["Location"] == "/account/"
    assert sign_in(UserFactory()).get("/accounts/email/").status_code == 200


def test_the_reference_data_are_for_superusers(sign_in) -> None:
    superuser = UserFactory(is_staff=True, is_superuser=True)

    for path in ("/superuser/applications/university/", "/superuser/licensing/cohort/"):
        assert sign_in(superuser).get(path).status_code == 200
        assert sign_in(UserFactory()).get(path).status_code == 302
        assert Client().get(path)["Location"].startswith("/accounts/login/")
