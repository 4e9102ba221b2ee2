"""Uploads at the same instant, from two tabs or by an impatient finger: never more than are allowed (R7)."""

from collections.abc import Callable

import pytest

from applications import checking, documents
from applications.models import Application, Document
from dlsei import audit
from dlsei.models import Event
from dlsei.policy.refusals import Refused
from tests.concurrency.race import race
from tests.factories import NOW, SYSTEM, draft
from verification.demo_documents import card

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("programme"),
]
CARD = card("University", ["Ayesha"])


def upload(application: Application, name: str = "card.jpg") -> str:
    try:
        documents.upload(application, "student-card", name, CARD, by=application.person, now=NOW)
    except Refused as refused:
        return refused.refusal.code
    return "kept"


@pytest.fixture
def two_already() -> Application:
    application = draft(kinds=())
    for _ in range(2):
        upload(application)
    return application


def test_of_two_uploads_for_the_last_place_one_is_kept(two_already: Application) -> None:
    def racer(meet: Callable[[], None]) -> str:
        meet()
        return upload(two_already)

    for _ in range(5):
        assert sorted(race(racer, racer)) == ["document-too-many", "kept"]
        two_already.documents.last().delete()


def test_control_without_the_lock_both_are_kept(two_already: Application, monkeypatch) -> None:
    def racer(meet: Callable[[], None]) -> str:
        # Both have counted before either writes.
        monkeypatch.setattr(documents, "own", lambda application, by: application)
        monkeypatch.setattr(documents, "_tidy", lambda name: (meet(), name)[1])
        return upload(two_already)

    assert race(racer, racer) == ["kept", "kept"]
    assert two_already.documents.count() == 4


def test_two_workers_check_each_document_once() -> None:
    for _ in range(3):
        application = draft(kinds=())
        for name in ("front.jpg", "back.jpg"):
            upload(application, name)

    def worker(meet: Callable[[], None]) -> dict[str, int]:
        meet()
        return checking.check(by=SYSTEM, now=NOW)

    done = race(worker, worker)

    assert sum(found["accepted"] for found in done) == 6
    assert Document.objects.accepted().count() == 6
    assert Event.objects.filter(subject="document", to_state="accepted").count() == 6
    assert list(audit.breaches(NOW)) == []
