"""Logs say what happened, to which request or task, and nothing of the person it happened to."""

import io
import json
import logging
import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import clear_url_caches, path

from applications import submission
from dlsei import logs, outbox, urls
from dlsei.celery import app
from dlsei.models import Mail, User
from tests import factories

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
    lines: Lines, person: User, browser: Client, sign_in, monkeypatch, now
) -> None:
    more = [path("breaks/<str:who>/", breaks), path("duplicates/", duplicates)]
    monkeypatch.setattr(urls, "urlpatterns", [*urls.urlpatterns, *more])
    clear_url_caches()
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
    lines: Lines, browser: Client, monkeypatch
) -> None:
    monkeypatch.setattr(urls, "urlpatterns", [*urls.urlpatterns, path("breaks/", breaks)])
    clear_url_caches()

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
