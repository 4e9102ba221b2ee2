"""A worker killed (SIGKILL) while it checks a document: the next one checks it, and nothing is left over."""

import signal
from pathlib import Path
from unittest import mock

import pytest

from applications import checking, documents
from applications.models import Document
from applications.models.documents import DocumentQuerySet
from dlsei import audit
from dlsei.celery import JOBS
from dlsei.models import Event
from tests.factories import draft
from tests.faults.conftest import until
from verification.demo_documents import card

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def uploaded(programme, environment, own_storages: Path, now) -> list[Document]:
    """Two cards that wait for their check, where the workers find them."""
    environment["DOCUMENTS_ROOT"] = str(own_storages)
    application = draft(kinds=(), now=now)
    return [
        documents.upload(
            application,
            "student-card",
            "card.jpg",
            card("University", [name]),
            by=application.person,
            now=now,
        )
        for name in ("front", "back")
    ]


@pytest.mark.parametrize(
    "place",
    [
        ("before", "applications.checking.inspect", "1"),
        ("after", "applications.checking.inspect", "1"),
        ("before", "applications.documents.accept", "1"),
        ("after", "applications.documents.accept", "1"),
    ],
    ids=["before it is read", "after it is read", "before it is settled", "after it is settled"],
)
def test_mid_check(uploaded, broker, worker, own_storages: Path, now, place) -> None:
    first = worker(now, "--die", *place, "whole")
    broker.send("check_documents")

    assert first.wait(timeout=90) == -signal.SIGKILL
    settled = place[:2] == ("after", "applications.documents.accept")
    assert Document.objects.checking().count() == (1 if settled else 2)

    later = now + checking.LEASE
    with mock.patch.object(
        DocumentQuerySet, "due", lambda self, now: self.checking().filter(leased_until=None)
    ):
        # The control: a claim that does not lapse leaves the document to nobody.
        JOBS["check_documents"].run(later)
        assert Document.objects.checking().count() == (0 if settled else 1)

    worker(later)
    broker.send("check_documents")
    until(lambda: not Document.objects.checking().exists(), "all are checked")

    assert Document.objects.accepted().count() == 2
    assert Event.objects.filter(subject="document", to_state="accepted").count() == 2
    assert list(audit.breaches(later)) == []
