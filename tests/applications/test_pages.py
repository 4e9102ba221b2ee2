"""Pages of a PDF are shown as pictures, to those who may see the document, as long as it is kept (I10)."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from applications import documents, pages, retention
from applications.inspection.inspector import Inspected
from applications.models import Application, Document, Page
from tests.factories import NOW, FocalPersonFactory, UserFactory, draft, submitted
from verification.demo_documents import letter

pytestmark = pytest.mark.django_db
LETTER = letter("University", [["To whom it may concern"], ["Terms of employment"]])


@pytest.fixture
def scan(programme: object, clock: object) -> Document:
    """A letter of two pages, submitted."""
    application = draft(kinds=())
    documents.keep(
        application,
        "student-card",
        Inspected(LETTER, "application/pdf", 2),
        by=application.person,
        now=NOW,
    )
    submitted(application.person, application.university, kinds=())
    return application.documents.get()


def body(answer: object) -> bytes:
    return b"".join(answer.streaming_content)


def test_each_page_is_a_picture_drawn_once(sign_in, scan: Document, monkeypatch) -> None:
    reviewer = sign_in(FocalPersonFactory(university=scan.application.university).person)
    first, second = scan.page_urls

    shown = reviewer.get(first)
    content = body(shown)
    drawn = Image.open(BytesIO(content))
    with monkeypatch.context() as patch:
        patch.setattr(pages, "page_picture", lambda *of: pytest.fail("it is drawn again"))
        again = body(reviewer.get(first))
    other = body(reviewer.get(second))

    assert (drawn.format, drawn.width) == ("JPEG", 1400)
    assert 1900 < drawn.height < 2050
    assert again == content != other
    assert Page.objects.count() == 2
    assert shown["Content-Type"] == "image/jpeg"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert shown["Content-Security-Policy"].startswith("sandbox")
    assert "no-store" in shown["Cache-Control"]
    assert scan.application.reference in shown["Content-Disposition"]


@pytest.mark.parametrize("number", [0, 3, 4_000_000_000])
def test_a_page_that_is_not_there_is_not_found(sign_in, scan: Document, number: int) -> None:
    owner = sign_in(scan.application.person)

    assert owner.get(f"/documents/{scan.public_id}/pages/{number}/").status_code == 404
    assert not Page.objects.exists()


def test_nobody_else_sees_a_page(sign_in, scan: Document) -> None:
    for person in (UserFactory(), FocalPersonFactory().person):
        assert sign_in(person).get(scan.page_urls[0]).status_code == 404
    assert not Page.objects.exists()


def test_a_page_that_cannot_be_drawn_is_tried_once(sign_in, scan: Document, monkeypatch) -> None:
    tried: list[int] = []
    monkeypatch.setattr(pages, "page_picture", lambda pdf, number: tried.append(number))
    owner = sign_in(scan.application.person)

    assert [owner.get(scan.page_urls[0]).status_code for _ in range(2)] == [404, 404]
    assert tried == [1]


def test_the_pictures_go_with_the_document(scan: Document, own_storages: Path) -> None:
    pages.picture(scan, 1)
    assert len(list((own_storages / "pages").iterdir())) == 1
    Application.objects.update(closed_at=NOW)

    retention.purge(by="tests", now=NOW + timedelta(days=91))

    assert not list((own_storages / "pages").iterdir())
    assert not Page.objects.exists()


def test_nothing_is_kept_of_a_document_that_goes_while_its_page_is_drawn(
    scan: Document, own_storages: Path, monkeypatch
) -> None:
    def purged_meanwhile(pdf: bytes, number: int) -> bytes:
        Document.objects.update(purged_at=NOW, file="")
        return b"a picture"

    monkeypatch.setattr(pages, "page_picture", purged_meanwhile)

    assert pages.picture(scan, 1) is None
    assert not list((own_storages / "pages").iterdir())
    assert not Page.objects.exists()


def test_removing_a_draft_s_document_removes_its_pictures(
    programme: object, own_storages: Path, django_capture_on_commit_callbacks
) -> None:
    mine = draft(kinds=())
    scan = documents.keep(
        mine,
        "student-card",
        Inspected(LETTER, "application/pdf", 2),
        by=mine.person,
        now=NOW,
    )
    pages.picture(scan, 2)

    with django_capture_on_commit_callbacks(execute=True):
        documents.remove(scan, by=mine.person, now=NOW)

    assert not list((own_storages / "pages").iterdir())
    assert not list((own_storages / "documents").iterdir())
