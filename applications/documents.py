"""Attaching and removing the files that prove a claim (4.1.c, 4.2.a, R7, I10)."""

import hashlib
import unicodedata
from datetime import datetime
from functools import partial
from pathlib import PurePath
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from applications.inspection import Inspected, inspect, refuse_document
from applications.models import Application, Document
from applications.submission import own
from dlsei.history import Actor
from dlsei.policy.refusals import Refused, refuse
from dlsei.verbs import verb
from licensing.models import Programme


def attach(
    application: Application,
    kind: str,
    name: str,
    content: bytes,
    *,
    by: Actor,
    now: datetime,
    replacing: Document | None = None,
) -> Document:
    """Inspects an applicant's file named `name` and keeps it as a document of this `kind`.

    Raises `Refused` as `inspect` and `keep` do; then nothing has changed.
    """
    limits = Programme.in_force().policy.documents
    inspected = inspect(content, max_bytes=limits.max_bytes)
    return keep(application, kind, inspected, by=by, now=now, name=name, replacing=replacing)


def keep(
    application: Application,
    kind: str,
    inspected: Inspected,
    *,
    by: Actor,
    now: datetime,
    name: str = "",
    replacing: Document | None = None,
) -> Document:
    """Keeps an inspected file with a draft, or with a pending application while a question is open.

    `replacing` is a draft's document that this one takes the place of. Raises `Refused` with
    not-yours, not-allowed or document-too-many.
    """
    # The storage may be across the network: never inside the transaction.
    stored = default_storage.save(f"documents/{uuid4().hex}", ContentFile(inspected.content))
    try:
        return _record(
            application, kind, inspected, stored, name, by=by, now=now, replacing=replacing
        )
    except BaseException:
        default_storage.delete(stored)
        raise


@verb
def _record(
    application: Application,
    kind: str,
    inspected: Inspected,
    stored: str,
    name: str,
    *,
    by: Actor,
    now: datetime,
    replacing: Document | None,
) -> Document:
    application = own(application, by)
    documents = application.documents.all()
    if replacing:
        _delete(application, replacing)
    elif not application.is_draft:
        question = application.questions.open().first()
        if not application.is_pending or question is None:
            raise Refused(refuse("not-allowed"))
        # What was submitted stays; each answer may bring as many again.
        documents = documents.filter(uploaded_at__gte=question.asked_at)
    limit = Programme.in_force().policy.documents.max_files
    if documents.count() >= limit:
        raise Refused(refuse_document("document-too-many", limit=str(limit)))
    return Document.objects.create(
        application=application,
        kind=Document.Kind(kind),
        file=stored,
        original_name=_tidy(name),
        content_type=inspected.content_type,
        size=len(inspected.content),
        pages=inspected.pages,
        sha256=hashlib.sha256(inspected.content).hexdigest(),
        uploaded_at=now,
    )


@verb
def remove(document: Document, *, by: Actor, now: datetime) -> None:
    """Takes a document off a draft. Raises `Refused` with not-yours or not-allowed."""
    _delete(own(document.application, by), document)


def _delete(application: Application, document: Document) -> None:
    if not application.is_draft or document.application_id != application.pk:
        raise Refused(refuse("not-allowed"))
    forget_files(document.stored_names)
    document.delete()


def forget_files(names: list[str]) -> None:
    """Deletes these files of the storage once the transaction has committed."""
    for name in names:
        transaction.on_commit(partial(default_storage.delete, name), robust=True)


def _tidy(name: str) -> str:
    """A file's own name, fit to be shown: no path, no control characters, not too long."""
    shown = "".join(c for c in name if not unicodedata.category(c).startswith("C"))
    return PurePath(shown.replace("\\", "/")).name[-200:]
