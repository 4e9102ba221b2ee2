"""An upload lies in quarantine until it was checked; whatever happens meanwhile, nothing is stuck or lost (R7)."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError

from applications import checking, documents, retention, submission
from applications.models import Application, Document
from dlsei import audit
from dlsei.models import Event
from dlsei.policy.refusals import Refused
from tests.factories import NOW, SYSTEM, FocalPersonFactory, draft, submitted
from verification import decisions
from verification.demo_documents import card

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]
CARD = card("University", ["Ayesha", "BS Computer Science"])
MINUTE = timedelta(minutes=1)


@pytest.fixture
def mine() -> Application:
    return draft(kinds=())


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check takes longer than a page waits."""
    monkeypatch.setattr(documents, "_pause", lambda: None)


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Callable[[], Any]:
    """What happens inside is committed, and what waits for that is done."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def upload(
    to: Application, content: bytes = CARD, kind: str = "student-card", **how: Any
) -> Document:
    return documents.upload(to, kind, "card.jpg", content, by=to.person, now=NOW, **how)


def check(now=NOW) -> dict[str, int]:
    return checking.check(by=SYSTEM, now=now)


def files(root: Path) -> dict[str, int]:
    """How many files lie in which folder."""
    return {folder.name: len(list(folder.iterdir())) for folder in sorted(root.iterdir())}


def states(subject: Document) -> list[str]:
    return [event.to_state for event in Event.objects.about(subject)]


def test_a_good_file_comes_out_of_quarantine_clean(
    mine: Application, own_storages: Path, committed, nudged: list[str]
) -> None:
    with committed():
        uploaded = upload(mine)

    assert uploaded.is_checking
    assert files(own_storages) == {"quarantine": 1}
    assert nudged == ["check_documents"]
    with committed():
        assert check() == {"accepted": 1, "refused": 0, "postponed": 0}

    document = mine.documents.get()
    assert document.is_accepted
    assert (document.content_type, document.pages) == ("image/jpeg", 1)
    assert document.sha256 != document.uploaded_sha256
    assert files(own_storages) == {"documents": 1, "quarantine": 0}
    assert states(document) == ["checking", "accepted"]
    assert list(audit.breaches(NOW)) == []
    assert check() == {"accepted": 0, "refused": 0, "postponed": 0}


def test_a_refused_file_goes_and_its_reason_stays_until_there_is_another(
    sign_in, mine: Application, own_storages: Path, committed, slow: None
) -> None:
    client = sign_in(mine.person)
    upload(mine, b"hello")
    with committed():
        check()

    page = client.get("/apply/documents/").content.decode()
    refused = mine.documents.get()

    assert refused.is_refused
    assert "The file is not a PDF, JPEG or PNG." in page
    assert "Cannot be used" in page
    assert files(own_storages) == {"quarantine": 0}
    assert client.get(f"/documents/{refused.public_id}/").status_code == 404
    assert "Not done yet" in client.get("/apply/").content.decode()

    upload(mine)
    check()
    assert [document.state for document in mine.documents.all()] == ["accepted"]


def test_what_is_replaced_stays_until_its_successor_is_accepted(
    mine: Application, own_storages: Path, committed
) -> None:
    old = upload(mine)
    check()
    bad = upload(mine, b"hello", replacing=old)
    check()

    assert {d.pk: d.state for d in mine.documents.all()} == {old.pk: "accepted", bad.pk: "refused"}

    with committed():
        good = upload(mine, replacing=old)
        assert mine.documents.filter(pk=old.pk).exists()
        check()

    assert [d.pk for d in mine.documents.all()] == [good.pk]
    assert files(own_storages)["documents"] == 1


def test_three_files_that_are_being_checked_are_three_documents(mine: Application) -> None:
    for _ in range(3):
        last = upload(mine)

    with pytest.raises(Refused) as fourth:
        upload(mine)
    upload(mine, replacing=last)

    assert fourth.value.refusal.code == "document-too-many"
    assert mine.documents.count() == 3


def test_while_it_is_checked_the_pages_say_so_and_nobody_is_shown_the_file(
    sign_in, mine: Application, slow: None
) -> None:
    client = sign_in(mine.person)
    sent = {"kind": "student-card", "file": SimpleUploadedFile("card.jpg", CARD)}

    after = client.post("/apply/documents/", sent, follow=True).content.decode()

    document = mine.documents.get()
    assert "Your document is being checked." in after
    assert "Look again" in after
    assert "Being checked" in client.get("/apply/").content.decode()
    check_page = client.get("/apply/check/").content.decode()
    assert "Your document is being checked." in check_page
    assert "Something is missing" in check_page  # the details of the studies
    assert client.get(f"/documents/{document.public_id}/").status_code == 404
    assert 'type="file"' in client.get("/apply/documents/?add").content.decode()


def test_whoever_waits_a_moment_never_sees_it_being_checked(sign_in, mine: Application) -> None:
    client = sign_in(mine.person)
    sent = {"kind": "student-card", "file": SimpleUploadedFile("card.jpg", CARD)}

    after = client.post("/apply/documents/", sent, follow=True).content.decode()

    assert "The document is added." in after
    assert "being checked" not in after


def test_when_many_files_wait_nobody_is_kept_waiting(mine: Application, monkeypatch) -> None:
    monkeypatch.setattr(documents, "BACKLOG", 0)
    monkeypatch.setattr(documents, "_pause", lambda: pytest.fail("it waits"))
    upload(mine)

    documents.wait(mine)


def test_nothing_is_submitted_while_a_document_is_checked(mine: Application) -> None:
    upload(mine)

    with pytest.raises(Refused) as refused:
        submission.submit(mine, by=mine.person, now=NOW)
    check()
    submission.submit(mine, by=mine.person, now=NOW)

    assert refused.value.refusal.code == "document-checking"
    assert "Wait a few seconds" in refused.value.refusal.message
    assert Application.objects.get(pk=mine.pk).is_pending


def test_a_refused_file_proves_nothing(mine: Application) -> None:
    upload(mine, b"hello")
    check()

    with pytest.raises(Refused) as refused:
        submission.submit(mine, by=mine.person, now=NOW)

    assert refused.value.refusal.code == "document-missing"


def asked() -> Application:
    application = submitted()
    by = FocalPersonFactory(university=application.university).person
    decisions.ask(application, text="A newer card?", by=by, now=NOW)
    return application


def test_an_answer_whose_file_takes_long_is_kept_and_sent_by_a_second_press(
    sign_in, slow: None, clock
) -> None:
    application = asked()
    clock.move_to(NOW + MINUTE)
    client = sign_in(application.person)
    path = f"/applications/{application.reference}/answer/"
    sent = {"text": "Here it is", "kind": "student-card"}

    first = client.post(path, {**sent, "file": SimpleUploadedFile("card.jpg", CARD)})
    body = first.content.decode()

    assert "Your document is still being checked." in body
    assert "Here it is</textarea>" in body
    assert "card.jpg" in body
    assert application.questions.open().exists()

    check(NOW + MINUTE)
    second = client.post(path, {"text": "Here it is"})
    assert second.url == "/dashboard/"
    assert not application.questions.open().exists()
    assert application.documents.accepted().count() == 2


def test_an_answer_with_a_bad_file_is_not_sent(sign_in, clock) -> None:
    application = asked()
    clock.move_to(NOW + MINUTE)
    client = sign_in(application.person)
    sent = {"text": "Here", "kind": "student-card", "file": SimpleUploadedFile("a.jpg", b"no")}

    body = client.post(f"/applications/{application.reference}/answer/", sent).content.decode()

    assert "The file is not a PDF, JPEG or PNG." in body
    assert "Here</textarea>" in body
    assert application.questions.open().exists()
    assert application.documents.count() == 1


MEANWHILE = {
    "it is removed": lambda d: documents.remove(d, by=d.application.person, now=NOW),
    "it is replaced": lambda d: upload(d.application, replacing=d),
    "its draft is forgotten": lambda d: retention.purge(by=SYSTEM, now=NOW + timedelta(days=400)),
    "another worker was quicker": lambda d: checking.check_one(d, by=SYSTEM, now=NOW),
}


@pytest.mark.parametrize("what", MEANWHILE)
@pytest.mark.parametrize("content", [CARD, b"hello"], ids=["good", "bad"])
def test_what_happens_while_a_file_is_inspected_wins(
    mine: Application, own_storages: Path, committed, monkeypatch, what: str, content: bytes
) -> None:
    uploaded = upload(mine, content)
    inspect, done = checking.inspect, []

    def inspected(of: bytes, *, max_bytes: int) -> object:
        if not done:
            done.append(what)
            MEANWHILE[what](uploaded)
        return inspect(of, max_bytes=max_bytes)

    monkeypatch.setattr(checking, "inspect", inspected)

    with committed():
        check()

    kept = Document.objects.exclude(file="")
    assert {path.name for path in own_storages.rglob("*") if path.is_file()} == {
        Path(document.file.name).name for document in kept
    }, "no file without its document"
    assert not Document.objects.checking().exists(), "and nothing is stuck"
    assert list(audit.breaches(NOW)) == []


def test_control_a_check_that_does_not_look_again_would_bring_back_what_was_removed(
    mine: Application, monkeypatch
) -> None:
    """Given the guard taken away, then only the history stops it: what had an event is not new."""
    uploaded = upload(mine)
    inspect = checking.inspect

    def inspected(of: bytes, *, max_bytes: int) -> object:
        documents.remove(uploaded, by=mine.person, now=NOW)
        return inspect(of, max_bytes=max_bytes)

    monkeypatch.setattr(checking, "inspect", inspected)
    monkeypatch.setattr(documents, "_still_checking", lambda document: document)

    with pytest.raises(IntegrityError, match="one_event_a_change"):
        check()


def test_a_storage_that_does_not_answer_costs_no_attempt(
    mine: Application, monkeypatch, committed
) -> None:
    uploaded = upload(mine)
    with monkeypatch.context() as patch:
        patch.setattr(checking.default_storage, "save", lambda *of: 1 / 0)
        for minute in range(5):
            assert check(NOW + minute * MINUTE)["postponed"] == 1
        assert check(NOW + 4 * MINUTE)["postponed"] == 0, "it rests for a minute"

    uploaded.refresh_from_db()
    assert uploaded.attempts == 0
    assert check(NOW + 5 * MINUTE)["accepted"] == 1


def test_a_file_at_which_workers_die_is_given_up(mine: Application, monkeypatch) -> None:
    class Killed(BaseException):
        pass

    def kills(*of: object, **also: object) -> object:
        raise Killed

    uploaded = upload(mine)
    with monkeypatch.context() as patch:
        patch.setattr(checking, "inspect", kills)
        for run in range(checking.ATTEMPTS):
            with pytest.raises(Killed):
                check(NOW + run * checking.LEASE)

    assert check(NOW + 2 * MINUTE)["refused"] == 0, "the last worker may still be at it"
    assert check(NOW + checking.ATTEMPTS * checking.LEASE)["refused"] == 1
    uploaded.refresh_from_db()
    assert uploaded.refusal["code"] == "document-not-checked"


def test_a_file_that_is_gone_is_said_to_be(mine: Application) -> None:
    uploaded = upload(mine)
    uploaded.file.storage.delete(uploaded.file.name)

    assert check()["refused"] == 1
    assert mine.documents.get().refusal["code"] == "document-not-checked"


def test_files_that_no_row_names_go_after_a_day(mine: Application, own_storages: Path) -> None:
    upload(mine)
    check()
    for folder in ("quarantine", "documents", "pages"):
        (own_storages / folder).mkdir(exist_ok=True)
        (own_storages / folder / ("0" * 32)).write_bytes(b"left behind")
    for path in own_storages.rglob("*"):
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))

    early = retention.purge(by=SYSTEM, now=NOW + timedelta(hours=23))
    late = retention.purge(by=SYSTEM, now=NOW + timedelta(hours=25))

    assert (early["leftovers"], late["leftovers"]) == (0, 4)  # the upload's too: nothing committed
    assert files(own_storages) == {"documents": 1, "pages": 0, "quarantine": 0}
