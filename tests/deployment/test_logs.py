"""Logs say what happened, to which request or task, and nothing of the person it happened to."""

import io
import json
import logging
import re
from collections.abc import Iterator
from unittest import mock

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from applications import submission
from applications.models import Dispute
from dlsei import logs, outbox
from dlsei.celery import app
from dlsei.models import Mail, User
from tests import factories
from verification import transfers
from verification.models import Invitation

pytestmark = pytest.mark.django_db

PERSON = {
    "email": "zubaida.qureshi@learner.example",
    "full_name": "Zubaida O'Qureshi",
    "identity_number": "4210198765432",
    "mobile": "+923331234567",
}
ADDRESS = "10.20.30.40"
SECRETS = [*PERSON.values(), "42101-9876543-2", ADDRESS, factories.PASSWORD, "a guessed password"]


class Lines(io.StringIO):
    """What the process would have written where it is deployed."""

    def events(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    def named(self, event: str) -> list[dict[str, object]]:
        return [line for line in self.events() if line["event"] == event]


@pytest.fixture
def lines() -> Iterator[Lines]:
    written = Lines()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.formatter("json"))
    root = logging.getLogger()
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)


@pytest.fixture
def person(programme) -> User:
    return factories.UserFactory(**PERSON)


@pytest.fixture
def browser() -> Client:
    return Client(REMOTE_ADDR=ADDRESS, raise_request_exception=False)


@login_not_required
def breaks(request: HttpRequest, who: str = "") -> HttpResponse:
    raise ValueError(f"{PERSON['full_name']} <{PERSON['email']}> broke this")


@login_not_required
def duplicates(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        return HttpResponse(str(User.objects.create_user(PERSON["email"])))


def personal(lines: Lines) -> list[str]:
    return [secret for secret in SECRETS if secret.casefold() in lines.getvalue().casefold()]


def test_a_persons_whole_way_leaves_no_trace_of_who_they_are(
    lines: Lines, person: User, browser: Client, sign_in, add_addresses, now
) -> None:
    add_addresses(path("breaks/<str:who>/", breaks), path("duplicates/", duplicates))
    login = {"login": PERSON["email"], "password": "a guessed password"}

    browser.post("/accounts/login/", login)
    browser.post("/accounts/login/", login | {"password": factories.PASSWORD})
    browser.post("/accounts/signup/", {"email": PERSON["email"], "password1": "short"} | PERSON)
    browser.post("/accounts/password/reset/", {"email": PERSON["email"]})
    browser.post("/account/", PERSON)
    browser.get("/can-i-apply/", {"name": PERSON["full_name"]})
    browser.get(f"/no/such/page/{PERSON['email']}/")
    browser.get(f"/breaks/{PERSON['identity_number']}/")
    browser.get("/duplicates/")
    browser.get("/livez", headers={"host": "elsewhere.example"})
    Client(enforce_csrf_checks=True).post(f"/breaks/{PERSON['email']}/")
    application = factories.draft(person)
    submission.submit(application, by=person, now=now)
    license = factories.licensed(factories.approved(application))
    browser.get(f"/activate/{license.link.rsplit('/activate/')[1]}")
    browser.get(f"/activate/{PERSON['email']}/")
    bad = SimpleUploadedFile(f"{PERSON['full_name']}.pdf", b"no document")
    browser.post("/apply/documents/", {"kind": "student-card", "file": bad})
    sign_in(factories.HecFactory()).get("/admin/hec/search/", {"q": PERSON["identity_number"]})
    outbox.deliver(by="tests", now=now)

    assert len(lines.named("request_finished")) > 10
    assert len(lines.named("request_failed")) == 2
    assert personal(lines) == []
    assert license.link.rsplit("/", 2)[1] not in lines.getvalue()


FOREIGN = {
    "email": "gulnaz.parveen@learner.example",
    "full_name": "گلناز پروین",
    "identity_kind": "passport",
    "identity_number": "PK9988776",
    "mobile": "+923211122334",
}
INVITED = ("naheed.akhtar@uoq.example", "Naheed O'Akhtar")
MOVED_TO = "gulnaz.new@learner.example"
PAPER = "گلناز-passport-scan.pdf"
TYPED = "telephoned with Naheed O'Akhtar about گلناز پروین"


def test_what_staff_do_leaves_no_trace_of_whom_they_do_it_to(
    lines: Lines, person: User, sign_in, now, settings, clock
) -> None:
    """Invitations, disputes, addresses, transfers, lists: done, refused, broken, and by tasks."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1
    foreigner = factories.UserFactory(**FOREIGN)
    university = factories.UniversityFactory()
    pending = factories.submitted(foreigner, university, now=now)
    disputed = factories.draft(factories.UserFactory(**{**FOREIGN, "email": "second@x.example"}))
    submission.submit(disputed, by=disputed.person, now=now)
    license = factories.licensed(factories.approved(factories.submitted(person)))
    desk = sign_in(factories.HecFactory())
    desk.raise_request_exception = False
    at = {"note": TYPED, "email": MOVED_TO}
    invitee = {"email": INVITED[0], "full_name": INVITED[1], "language": "ur"}

    for extra in ({}, {"email": "no address"}):
        desk.post("/admin/hec/staff/", invitee | extra)
        desk.post(
            f"/admin/hec/universities/{university.pk}/nominate/",
            {f"new-{k}": v for k, v in (invitee | extra | {"since": "2023-01-10"}).items()},
        )
    listed = f"University,Full Name,Email\nNowhere,{INVITED[1]},{INVITED[0]}\nHEC,X,{INVITED[0]}\n"
    file = SimpleUploadedFile(f"{INVITED[1]}.csv", listed.encode())
    sent = desk.post("/admin/hec/staff/lists/", {"file": file})
    desk.post(sent["Location"])
    for invitation in Invitation.objects.all():
        link = f"/invitation/{invitation.token}/"
        Client().get(link)
        Client().get(f"/invitation/{INVITED[0]}/")
        sign_in(invitation.person).post(link)
        desk.post(f"/admin/hec/invitations/{invitation.pk}/again/")
        desk.post(f"/admin/hec/invitations/{invitation.pk}/withdraw/")
    elsewhere = factories.UniversityFactory()
    for note in ("", TYPED):
        where = {"university": elsewhere.pk, "note": note}
        desk.post(f"/admin/hec/applications/{pending.reference}/transfer/", where)
        desk.post(f"/admin/hec/people/{foreigner.pk}/address/", at | {"note": note})
        desk.post(
            f"/admin/hec/disputes/{Dispute.objects.get().pk}/",
            {"outcome": "moved", "holder_kind": "passport", "holder_number": "AB1234567"}
            | {"note": note},
        )
        desk.post(f"/admin/hec/people/{license.person_id}/address/", {"email": MOVED_TO})
    own = sign_in(disputed.person)
    bad = SimpleUploadedFile(PAPER, b"%PDF-1.4 no document at all")
    own.post("/apply/documents/", {"kind": "student-card", "file": bad})
    desk.get("/admin/hec/search/", {"q": FOREIGN["full_name"]})
    with mock.patch.object(transfers, "_check", side_effect=RuntimeError(TYPED)):
        desk.post(
            f"/admin/hec/applications/{pending.reference}/transfer/",
            {"university": university.pk, "note": TYPED},
        )
    for name in ("deliver_mail", "deliver_coursera", "issue", "remind"):
        app.tasks[f"dlsei.{name}"].apply()
    with mock.patch.object(outbox, "claim", side_effect=ValueError(TYPED)):
        app.tasks["dlsei.deliver_mail"].apply()

    assert pending.transfers.count() == foreigner.address_changes.count() == 1
    assert Dispute.objects.get().outcome == "moved"
    assert Invitation.objects.count() >= 2
    assert len(lines.named("request_failed")) == 1
    assert "not sent" in lines.getvalue()
    written = lines.getvalue().casefold()
    secrets = [*FOREIGN.values(), *INVITED, MOVED_TO, PAPER, TYPED, "AB1234567", *SECRETS]
    # What a field is called is no secret: the kind of an identity is a word of ours.
    secrets.remove("passport")
    assert [secret for secret in secrets if secret.casefold() in written] == []
    assert json.dumps(FOREIGN["full_name"])[1:-1] not in written, "nor escaped"
    assert all(invitation.nonce not in lines.getvalue() for invitation in Invitation.objects.all())


def test_a_request_is_named_by_its_route_and_an_id(
    lines: Lines, browser: Client, person: User
) -> None:
    browser.force_login(person)
    browser.get("/applications/DL-AAAA-BBBB/?q=1")

    (line,) = lines.named("request_finished")
    assert line["request"] == "GET /applications/<str:reference>/"
    assert (line["code"], line["user_id"], line["level"]) == (404, person.pk, "warning")
    assert re.fullmatch(r"[0-9a-f-]{36}", str(line["request_id"]))
    assert set(line) <= set(logs.FIELDS)


def test_an_error_tells_its_place_not_its_message(
    lines: Lines, browser: Client, add_addresses
) -> None:
    add_addresses(path("breaks/", breaks))

    browser.get("/breaks/")

    (line,) = lines.named("request_failed")
    (error,) = line["exception"]  # type: ignore[misc]
    assert error["type"] == "builtins.ValueError"
    assert re.fullmatch(r"tests/deployment/test_logs\.py:\d+ breaks", error["frames"][-1])


def test_a_database_error_names_its_constraint_not_its_row(lines: Lines, person: User) -> None:
    try:
        with transaction.atomic():
            User.objects.create_user(PERSON["email"])
    except IntegrityError:
        logging.getLogger("tests").exception("not written")

    (line,) = lines.named("not written")
    assert {e.get("constraint_name") for e in line["exception"]} & {  # type: ignore[attr-defined]
        "dlsei_user_email_key",
        "one_account_an_address",
    }
    assert personal(lines) == []


def test_a_failing_task_is_named_with_its_id_and_nothing_personal(lines: Lines) -> None:
    from django_structlog.celery.receivers import CeleryReceiver

    @app.task(name="tests.fails")
    def fails() -> None:
        raise ValueError(f"{PERSON['full_name']} {PERSON['email']}")

    receiver = CeleryReceiver()
    receiver.connect_worker_signals()
    fails.apply(task_id="0f0e")

    (line,) = lines.named("task_failed")
    assert (line["task_id"], line["task"]) == ("0f0e", "tests.fails")
    assert line["exception"][0]["type"] == "builtins.ValueError"  # type: ignore[index]
    assert personal(lines) == []


def test_a_mail_that_cannot_be_sent_is_named_by_its_number(
    lines: Lines, person: User, settings, now
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1
    factories.submitted(person, now=now)

    outbox.deliver(by="tests", now=now)

    assert Mail.objects.failing().count() == 1
    assert "not sent" in lines.getvalue()
    assert personal(lines) == []


def test_what_slips_into_a_message_is_removed(lines: Lines) -> None:
    logging.getLogger("tests").warning("told %s of 42101-9876543-2", PERSON["email"])

    assert lines.events()[0]["event"] == "told (removed) of (removed)"


def test_a_line_cannot_be_forged(lines: Lines) -> None:
    logging.getLogger("tests").warning('one\n{"event": "two"}\x1b[31m')

    assert len(lines.events()) == 1
    assert "\x1b" not in lines.getvalue()


def test_the_search_would_find_what_is_personal(lines: Lines) -> None:
    """Control: the same events in the form for terminals do name people."""
    said = logs.formatter("line").format(
        logging.LogRecord("tests", logging.INFO, "", 1, PERSON["email"], None, None)
    )
    lines.write(said)

    assert personal(lines) == [PERSON["email"]]
