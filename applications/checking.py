"""The job that has uploaded files inspected, one after the other, and settles what becomes of each."""

import logging
import time
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F

from applications import documents
from applications.inspection.inspector import Broken, inspect
from applications.inspection.refusals import refuse_document
from applications.models import Document
from applications.models.documents import random_name
from dlsei.history import Actor
from dlsei.policy.refusals import Refused
from dlsei.schedule import Question
from licensing.models import Programme

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
LONGEST_RUN = LEASE.total_seconds() / 2
RETRY = timedelta(minutes=1)
WAITING = """
SELECT FROM applications_document
WHERE state = 'checking' AND purged_at IS NULL AND (leased_until IS NULL OR leased_until <= %(now)s)
"""
ATTEMPTS = 3
"""A file at which a worker died this often is not opened again."""


def waiting(now: datetime) -> Question:
    """Whether any file is to be checked at `now`."""
    return WAITING, {"now": now}


def check(*, by: Actor, now: datetime) -> dict[str, int]:
    """Checks what is due, the oldest first, until nothing is (R7).

    A run ends before its leases do; the next tick goes on. Killed in the middle, the file is due
    again when its lease is over.
    """
    found = {"accepted": 0, "refused": 0, "postponed": 0}
    # Leases count from `now`: past them another worker may hold the same file.
    began = time.monotonic()
    while time.monotonic() - began < LONGEST_RUN and (document := _claim(now)):
        if outcome := check_one(document, by=by, now=now):
            found[outcome] += 1
    return found


def _claim(now: datetime) -> Document | None:
    # Asked every minute and after every file: mostly there is nothing to open a transaction for.
    if not Document.objects.due(now).exists():
        return None
    with transaction.atomic():
        document = (
            Document.objects.due(now).select_for_update(skip_locked=True).order_by("pk").first()
        )
        if document:
            document.leased_until = now + LEASE
            document.attempts = document.attempts + 1
            document.save(update_fields=["leased_until", "attempts"])
    return document


def check_one(document: Document, *, by: Actor, now: datetime) -> str:
    """Has one file inspected and says what became of it: accepted, refused, postponed.

    Empty when it was removed meanwhile. A storage that does not answer costs no attempt.
    """
    try:
        if document.attempts > ATTEMPTS:
            raise Refused(refuse_document("document-not-checked"))
        content = _read(document)
        limits = Programme.in_force().policy.documents
        inspected = inspect(content, max_bytes=limits.max_bytes)
        stored = default_storage.save(random_name(), ContentFile(inspected.content))
    except Refused as refused:
        done = documents.refuse_file(document, refused.refusal, by=by, now=now)
        return "refused" if done else ""
    except Exception as error:  # the storage's own, whichever it is; or the inspection did not run
        if not isinstance(error, Broken):
            logger.warning("a document waits for its check: %s", type(error).__name__)
        else:
            logger.error("a document could not be inspected: %s", error)
        _postpone(document, now)
        return "postponed"
    try:
        if documents.accept(document, inspected, stored, by=by, now=now):
            return "accepted"
    except BaseException:
        default_storage.delete(stored)
        raise
    default_storage.delete(stored)
    return ""


def _read(document: Document) -> bytes:
    try:
        with document.file.open("rb") as file:
            return file.read()
    except FileNotFoundError as error:
        raise Refused(refuse_document("document-not-checked")) from error


def _postpone(document: Document, now: datetime) -> None:
    Document.objects.checking().filter(pk=document.pk).update(
        leased_until=now + RETRY, attempts=F("attempts") - 1
    )
