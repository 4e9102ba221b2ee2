"""Adding and removing the files that prove a claim (4.1.c, 4.2.a, R7, I10).

An upload lies in quarantine until `applications.checking` has seen what it is.
"""

import hashlib
import time
import unicodedata
from datetime import datetime
from functools import partial
from pathlib import PurePath

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from applications.inspection.inspector import Inspected, require_size
from applications.inspection.refusals import refuse_document
from applications.models import Application, Document
from applications.models.documents import random_name, random_quarantine_name
from applications.submission import own
from dlsei import schedule
from dlsei.history import Actor
from dlsei.policy.refusals import Refusal, Refused, refuse
from dlsei.policy.states import DocumentState
from dlsei.verbs import verb
from licensing.models import Programme

PAUSES = 20
"""How often a page looks, a tenth of a second apart, whether the check is done."""
BACKLOG = 10
"""With more files than these to check, a page does not wait."""


def upload(
    application: Application,
    kind: str,
    name: str,
    content: bytes,
    *,
    by: Actor,
    now: datetime,
    replacing: Document | None = None,
) -> Document:
    """Keeps an applicant's file named `name` in quarantine and has it checked.

    It goes with a draft, or with a pending application while a question is open. `replacing` is a
    draft's document whose place it takes once accepted; until then that one stays. What was refused
    of the same kind before goes. Raises `Refused` with document-empty, -too-large or -too-many,
    not-yours or not-allowed.
    """
    limits = Programme.in_force().policy.documents
    require_size(len(content), max_bytes=limits.max_bytes)
    # The storage may be across the network: never inside the transaction.
    stored = default_storage.save(random_quarantine_name(), ContentFile(content))
    try:
        return _record(application, kind, stored, name, content, replacing, by=by, now=now)
    except BaseException:
        default_storage.delete(stored)
        raise


def keep(
    application: Application,
    kind: str,
    inspected: Inspected,
    *,
    by: Actor,
    now: datetime,
    name: str = "",
) -> Document:
    """Keeps a file that was inspected already, as an accepted document. Raises as `upload` does."""
    stored = default_storage.save(random_name(), ContentFile(inspected.content))
    try:
        return _record(
            application, kind, stored, name, inspected.content, None, inspected, by=by, now=now
        )
    except BaseException:
        default_storage.delete(stored)
        raise


@verb
def _record(
    application: Application,
    kind: str,
    stored: str,
    name: str,
    content: bytes,
    replacing: Document | None,
    inspected: Inspected | None = None,
    *,
    by: Actor,
    now: datetime,
) -> Document:
    application = own(application, by)
    documents = application.documents.all()
    if application.is_draft:
        replacing = _made_room(application, replacing)
    else:
        question = application.questions.open().first()
        if replacing or not application.is_pending or question is None:
            raise Refused(refuse("not-allowed"))
        # What was submitted stays; each answer may bring as many again.
        documents = documents.filter(uploaded_at__gte=question.asked_at)
    _forget(*documents.refused().filter(kind=kind))
    limit = Programme.in_force().policy.documents.max_files
    if replacing is not None:
        documents = documents.exclude(pk=replacing.pk)
    if documents.standing().count() >= limit:
        raise Refused(refuse_document("document-too-many", limit=str(limit)))
    sha256 = hashlib.sha256(content).hexdigest()
    document = Document.objects.create(
        application=application,
        kind=Document.Kind(kind),
        state=DocumentState.CHECKING,
        file=stored,
        original_name=_tidy(name),
        size=len(content),
        uploaded_sha256=sha256,
        uploaded_at=now,
        replaces=replacing,
    )
    if inspected:
        document.state, document.checked_at = DocumentState.ACCEPTED, now
        document.content_type, document.pages = inspected.content_type, inspected.pages
        document.sha256 = sha256
        document.save(update_fields=["state", "checked_at", "content_type", "pages", "sha256"])
    else:
        schedule.nudge("check_documents")
    return document


def _made_room(application: Application, replacing: Document | None) -> Document | None:
    """The accepted document that a new one replaces; what is in its way and never counted goes."""
    if replacing is None:
        return None
    if replacing.application_id != application.pk:
        raise Refused(refuse("not-allowed"))
    replacing = application.documents.select_for_update(of=("self",)).get(pk=replacing.pk)
    if not replacing.is_accepted:
        _forget(replacing)
        replacing = replacing.replaces
    if replacing is not None:
        _forget(*replacing.replacements.all())
    return replacing


@verb
def accept(
    document: Document, inspected: Inspected, stored: str, *, by: Actor, now: datetime
) -> bool:
    """A checked document counts from now on, with its clean form at `stored` in the storage.

    False, and nothing has changed, when it was removed, deleted or settled meanwhile.
    """
    found = _still_checking(document)
    if found is None:
        return False
    forget_files([found.file.name or ""])
    replaced = found.replaces
    found.file.name = stored
    found.state = DocumentState.ACCEPTED
    found.content_type = inspected.content_type
    found.size = len(inspected.content)
    found.pages = inspected.pages
    found.sha256 = hashlib.sha256(inspected.content).hexdigest()
    found.replaces, found.checked_at, found.leased_until = None, now, None
    found.save()
    if replaced is not None:
        _forget(replaced)
    return True


@verb
def refuse_file(document: Document, refusal: Refusal, *, by: Actor, now: datetime) -> bool:
    """A checked document cannot be used; what it was to replace stays.

    False, and nothing has changed, when it was removed, deleted or settled meanwhile.
    """
    found = _still_checking(document)
    if found is None:
        return False
    forget_files([found.file.name or ""])
    found.file.name = ""
    found.state = DocumentState.REFUSED
    found.refusal = {"code": refusal.code, "values": dict(refusal.values)}
    found.replaces, found.checked_at, found.leased_until = None, now, None
    found.save()
    return True


def _still_checking(document: Document) -> Document | None:
    # As every verb of the applicant does: the application first.
    Application.objects.select_for_update().filter(pk=document.application_id).first()
    return (
        Document.objects.checking()
        .filter(pk=document.pk, purged_at=None)
        .select_related("replaces")
        .select_for_update(of=("self",))
        .first()
    )


@verb
def remove(document: Document, *, by: Actor, now: datetime) -> None:
    """Takes a document off a draft, or a refused one off an answer.

    Raises `Refused` with not-yours or not-allowed.
    """
    application = own(document.application, by)
    found = application.documents.select_for_update(of=("self",)).filter(pk=document.pk).first()
    if found is None:
        return
    if not (application.is_draft or application.is_pending and found.is_refused):
        raise Refused(refuse("not-allowed"))
    _forget(*found.replacements.all(), found)


def _forget(*documents: Document) -> None:
    for document in documents:
        forget_files(document.stored_names)
        document.delete()


def forget_files(names: list[str]) -> None:
    """Deletes these files of the storage once the transaction has committed."""
    for name in filter(None, names):
        transaction.on_commit(partial(default_storage.delete, name), robust=True)


def wait(application: Application) -> None:
    """Gives the check of an application's documents two seconds, which nearly always are enough.

    Whoever uploads then sees at once what became of the file. When many wait, nobody is kept waiting.
    """
    if Document.objects.checking()[: BACKLOG + 1].count() > BACKLOG:
        return
    for _ in range(PAUSES):
        if not application.documents.checking().exists():
            return
        _pause()


def _pause() -> None:
    time.sleep(0.1)


def _tidy(name: str) -> str:
    """A file's own name, fit to be shown: no path, no control characters, not too long."""
    shown = "".join(c for c in name if not unicodedata.category(c).startswith("C"))
    return PurePath(shown.replace("\\", "/")).name[-200:]
