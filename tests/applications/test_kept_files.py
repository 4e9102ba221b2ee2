"""A form that cannot be taken keeps its file too: for its sender alone, for a while, and for one use."""

import os
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from applications import documents, retention
from applications.models import Application
from dlsei import kept_files
from dlsei.models import User
from dlsei.verbs import Busy
from tests.applications.test_journey import photo
from tests.factories import NOW, SYSTEM, FocalPersonFactory, draft, submitted
from verification import decisions

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]
DOCUMENTS = "/apply/documents/"
IS_KEPT = "is kept; you need not choose it again"
GONE = "The file that you chose is not here any more. Choose it again."


@pytest.fixture
def application() -> Application:
    return draft(kinds=())


@pytest.fixture
def client(sign_in: Callable[[User], Client], application: Application) -> Client:
    return sign_in(application.person)


@pytest.fixture
def asked() -> Application:
    """A pending application with an open question."""
    application = submitted()
    by = FocalPersonFactory(university=application.university).person
    decisions.ask(application, text="Is this you?", by=by, now=NOW)
    return application


def send(client: Client, path: str = DOCUMENTS, **answers: object) -> str:
    return client.post(path, answers, follow=True).content.decode()


def seal(page: str) -> str:
    found = re.search(r'name="file_kept" value="([^"]+)"', page)
    return found[1] if found else ""


def stored() -> list[str]:
    try:
        return default_storage.listdir(kept_files.FOLDER)[1]
    except FileNotFoundError:
        return []


@pytest.mark.parametrize("kind", ["", "made-up"])
def test_a_file_whose_kind_was_not_said_is_kept(
    client: Client, application: Application, kind: str
) -> None:
    # Given a file that was sent without saying what it shows
    page = send(client, kind=kind, file=photo("card.jpg"))
    assert "There is a problem" in page
    assert "card.jpg" in page
    assert IS_KEPT in page

    # When that alone is said, with a first mistake more
    page = send(client, kind="", file_kept=seal(page))
    assert IS_KEPT in page
    page = send(client, kind="student-card", file_kept=seal(page))

    # Then the file is a document like any other, and nothing is left of it elsewhere
    document = application.documents.get()
    assert (document.kind, document.original_name) == ("student-card", "card.jpg")
    assert document.is_accepted
    assert "The document is added." in page
    assert not stored()


def test_the_file_of_an_answer_is_kept_with_the_words(
    sign_in: Callable[[User], Client], asked: Application
) -> None:
    client, path = sign_in(asked.person), f"/applications/{asked.reference}/answer/"

    page = send(client, path, text="Yes, it is.", file=photo("card.jpg"))
    assert "Yes, it is." in page
    assert IS_KEPT in page
    send(client, path, text="Yes, it is.", kind="student-card", file_kept=seal(page))

    assert asked.questions.get().answer == "Yes, it is."
    assert asked.documents.filter(original_name="card.jpg").count() == 1
    assert not stored()


def test_the_file_of_an_answer_that_is_gone_is_not_left_out_silently(
    sign_in: Callable[[User], Client], asked: Application
) -> None:
    client, path = sign_in(asked.person), f"/applications/{asked.reference}/answer/"

    page = send(client, path, text="See the file.", file_kept="forged")

    assert GONE in page
    assert asked.questions.open().exists()


def test_it_can_be_left_out(sign_in: Callable[[User], Client], asked: Application) -> None:
    client, path = sign_in(asked.person), f"/applications/{asked.reference}/answer/"
    page = send(client, path, text="Yes.", file=photo())

    send(client, path, text="Yes.", file_kept=seal(page), file_drop="on")

    assert asked.questions.get().answer == "Yes."
    assert asked.documents.count() == 1  # what was submitted
    assert not stored()


def test_another_one_takes_its_place(client: Client, application: Application) -> None:
    page = send(client, file=photo("first.jpg"))

    page = send(client, file=photo("second.jpg"), file_kept=seal(page))
    assert len(stored()) == 1
    send(client, kind="student-card", file=photo("third.jpg"), file_kept=seal(page))

    assert application.documents.get().original_name == "third.jpg"
    assert not stored()


def test_it_is_kept_when_somebody_else_is_at_the_application(
    client: Client, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*of: object, **how: object) -> None:
        raise Busy

    with monkeypatch.context() as patch:
        patch.setattr(documents, "upload", busy)
        page = send(client, kind="student-card", file=photo())
    assert IS_KEPT in page
    send(client, kind="student-card", file_kept=seal(page))

    assert application.documents.count() == 1


def test_somebody_elses_file_cannot_be_had(
    client: Client, sign_in: Callable[[User], Client]
) -> None:
    # Given a kept file, and another applicant who knows what its page carries
    sealed = seal(send(client, file=photo()))
    other = draft(kinds=())

    page = send(sign_in(other.person), kind="student-card", file_kept=sealed)

    assert GONE in page
    assert not other.documents.exists()
    assert len(stored()) == 1


def test_it_is_good_for_its_application_alone(
    sign_in: Callable[[User], Client], asked: Application
) -> None:
    client = sign_in(asked.person)
    sealed = seal(send(client, f"/applications/{asked.reference}/answer/", file=photo()))
    decisions.reject(
        asked,
        reason="Expired.",
        by=FocalPersonFactory(university=asked.university).person,
        now=NOW,
    )
    again = draft(asked.person, kinds=())

    assert GONE in send(client, kind="student-card", file_kept=sealed)
    assert not again.documents.exists()


@pytest.mark.parametrize(("hours", "documents"), [(5, 1), (7, 0)])
def test_it_is_good_for_six_hours(
    client: Client, application: Application, clock, hours: int, documents: int
) -> None:
    sealed = seal(send(client, file=photo()))
    clock.move_to(NOW + timedelta(hours=hours))

    send(client, kind="student-card", file_kept=sealed)

    assert application.documents.count() == documents


def test_it_is_good_for_one_use(client: Client, application: Application) -> None:
    sealed = seal(send(client, file=photo()))
    send(client, kind="student-card", file_kept=sealed)

    assert GONE in send(client, kind="student-card", file_kept=sealed)
    assert application.documents.count() == 1


def test_what_lies_there_now_must_be_what_was_sealed(
    client: Client, application: Application
) -> None:
    # Given a page in one window, and another file kept from a second window since
    sealed = seal(send(client, file=photo("first.jpg")))
    send(client, file=SimpleUploadedFile("second.jpg", b"another"))

    assert GONE in send(client, kind="student-card", file_kept=sealed)
    assert not application.documents.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "The file is empty"), (b"x" * (5 * 1024 * 1024 + 1), "5 MB")],
    ids=["empty", "too large"],
)
def test_what_cannot_be_taken_is_not_kept(client: Client, content: bytes, sentence: str) -> None:
    page = send(client, file=SimpleUploadedFile("card.jpg", content))

    summary = page[page.index("There is a problem") : page.index("</ul>", page.index("a problem"))]
    assert sentence in summary
    assert not seal(page)
    assert not stored()


def test_a_kept_file_that_the_check_refuses_is_gone(
    client: Client, application: Application
) -> None:
    page = send(client, file=SimpleUploadedFile("card.jpg", b"no picture at all"))

    page = send(client, kind="student-card", file_kept=seal(page))

    assert application.documents.get().is_refused
    assert not seal(page)
    assert not stored()


def test_a_storage_that_does_not_answer_costs_the_file_and_not_the_form(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*of: object, **how: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(FileSystemStorage, "save", down)
    page = send(client, kind="", file=photo())

    assert "There is a problem" in page
    assert not seal(page)


def test_the_purge_takes_what_was_never_used(client: Client, now) -> None:
    send(client, file=photo())
    (name,) = stored()
    os.utime(default_storage.path(f"{kept_files.FOLDER}/{name}"), (now.timestamp(),) * 2)

    retention.purge(by=SYSTEM, now=now + timedelta(hours=23))
    assert stored() == [name]
    retention.purge(by=SYSTEM, now=now + timedelta(hours=25))

    assert not stored()
