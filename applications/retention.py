"""What is deleted when nobody needs it any more: documents, drafts, sessions (DESIGN 5)."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db.models import QuerySet

from applications.models import Application, Document, Page
from applications.models.documents import DocumentQuerySet
from dlsei import kept_files
from dlsei.history import Actor
from dlsei.policy.states import ApplicationState
from licensing.models import Programme

DRAFT_DAYS = 365
BATCH = 200
LEFT_AFTER = timedelta(days=1)
FOLDERS: dict[str, QuerySet[Any]] = {
    "quarantine": Document.objects.all(),
    "documents": Document.objects.all(),
    "pages": Page.objects.all(),
    kept_files.FOLDER: Document.objects.none(),
}


def due(now: datetime) -> DocumentQuerySet:
    """Documents whose file is past retention at `now`."""
    days = Programme.in_force().policy.documents.retention_days
    return Document.objects.past_retention(now - timedelta(days=days))


def purge(*, by: Actor, now: datetime) -> dict[str, int]:
    """Deletes the files of documents past retention, forgotten drafts and expired sessions.

    The file goes first, then the row says so: a crash between leaves a row that is purged again.
    """
    documents = 0
    while batch := list(due(now).order_by("pk")[:BATCH]):
        documents += _purge(batch, now)
    sessions, _ = Session.objects.filter(expire_date__lt=now).delete()
    drafts = _forget_drafts(now)
    return {
        "documents": documents,
        "drafts": drafts,
        "sessions": sessions,
        "leftovers": _delete_leftovers(now),
    }


def _forget_drafts(now: datetime) -> int:
    """A draft over which nothing is in dispute goes whole; its first event stays in the history."""
    forgotten = Application.objects.filter(
        status=ApplicationState.DRAFT,
        created_at__lt=now - timedelta(days=DRAFT_DAYS),
        disputes=None,
    )
    if not forgotten.exists():
        return 0
    documents = Document.objects.filter(application__in=forgotten)
    _purge(list(documents.filter(purged_at=None)), now)
    documents.delete()
    return forgotten.delete()[0]


def _delete_leftovers(now: datetime) -> int:
    """Files that no row names, left where a process died between storing and writing it down."""
    deleted = 0
    for folder, rows in FOLDERS.items():
        try:
            names = {f"{folder}/{name}" for name in default_storage.listdir(folder)[1]}
        except FileNotFoundError:
            continue
        named = rows.filter(file__startswith=f"{folder}/")
        if len(names) <= named.count():
            continue
        # Read after the list of files: what was stored and written down meanwhile is among them.
        for name in names.difference(named.values_list("file", flat=True)):
            if default_storage.get_modified_time(name) < now - LEFT_AFTER:
                default_storage.delete(name)
                deleted += 1
    return deleted


def _purge(documents: list[Document], now: datetime) -> int:
    for document in documents:
        for name in document.stored_names:
            default_storage.delete(name)
        document.drawn_pages.all().delete()
        Document.objects.filter(pk=document.pk).update(file="", purged_at=now)
    return len(documents)
