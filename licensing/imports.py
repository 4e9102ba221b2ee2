"""Files that HEC brings in: upload, preview with row errors, commit, receipt (2.a, 2.b, A.1, R4, R9, R18).

A bad row never blocks good ones, and the same file again changes nothing. A commit is work for a
worker: killed in the middle it is done again, and what was done stays done once.
"""

import hashlib
import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from dlsei import schedule
from dlsei.history import Actor
from dlsei.models import User
from dlsei.permissions import is_hec, require_hec
from dlsei.policy.calendar_days import KARACHI
from dlsei.policy.refusals import Refusal, Refused
from dlsei.policy.wording import gettext_noop as _
from dlsei.verbs import verb
from licensing.coursera.sheets import UnreadableFile
from licensing.import_kinds import COMMIT, LOOK
from licensing.models import Cohort, Import, Report
from licensing.models.imports import random_name

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
ATTEMPTS = 3
KEPT = timedelta(days=7)
"""How long a file waits for its commit; then its data is deleted."""

BROKEN_OFF = _("The import broke off %(attempts)s times: %(error)s. Nothing half done remains.")
_REFUSALS = {
    "imported-before": _("This very file was imported on %(at)s; nothing has been changed."),
    "import-not-previewed": _("This file is not ready: its preview comes first."),
    "as-of-missing": _("Say up to when the file speaks; nobody is revoked on older data."),
    "as-of-in-the-future": _("A file cannot speak of a time that is still to come."),
}


_CLAUSES: dict[str, str] = {
    Import.Kind.ACTIVITY: "5.z",
    Import.Kind.PAID: "2.a",
    Import.Kind.COHORT_USERS: "A.1",
}


def _refusal(code: str, kind: str, **values: str) -> Refused:
    return Refused(Refusal(code, _CLAUSES[kind], _REFUSALS[code], values))


def upload(
    file: IO[bytes], kind: str, name: str, cohort: Cohort | None = None, *, by: Actor, now: datetime
) -> Import:
    """Keeps a file of HEC's for its preview; `cohort` is the one whose users it names.

    A file that waits or is being imported already is not kept twice: its import is returned.
    Raises `Refused` with not-yours, or imported-before.
    """
    require_hec(by)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    if known := _same(kind, cohort, sha256):
        return known
    size = file.tell()
    file.seek(0)
    # The storage may be across the network: never inside the transaction.
    stored = default_storage.save(random_name(Import(), name), File(file))
    try:
        return _keep(stored, kind, name[-200:], cohort, sha256, size, by=by, now=now)
    except IntegrityError:
        default_storage.delete(stored)
        if known := _same(kind, cohort, sha256):
            return known
        raise


def _same(kind: str, cohort: Cohort | None, sha256: str) -> Import | None:
    ended = Q(state__in=[Import.State.FAILED, Import.State.CANCELLED])
    found = Import.objects.filter(~ended, kind=kind, cohort=cohort, sha256=sha256).first()
    if found and found.state != Import.State.DONE:
        return found
    at = found.ended_at if found else None
    if kind == Import.Kind.ACTIVITY and (report := Report.objects.filter(sha256=sha256).first()):
        at = report.imported_at
    if at:
        raise _refusal("imported-before", kind, at=f"{at.astimezone(KARACHI):%Y-%m-%d %H:%M}")
    return None


@verb
def _keep(
    stored: str,
    kind: str,
    name: str,
    cohort: Cohort | None,
    sha256: str,
    size: int,
    *,
    by: Actor,
    now: datetime,
) -> Import:
    return Import.objects.create(
        kind=Import.Kind(kind),
        file=stored,
        name=name,
        size=size,
        sha256=sha256,
        cohort=cohort,
        uploaded_by=require_hec(by),
        uploaded_at=now,
    )


def preview(
    imported: Import,
    programs: Mapping[str, int | None] | None = None,
    *,
    by: Actor,
    now: datetime,
) -> Import:
    """Reads the whole file, row by row, and says what is in it and what importing it would change.

    `programs` says to which cohort (id) a program's slug belongs, None to none of ours. A file that
    is no such file at all ends the import as failed. Raises `Refused` with not-yours.
    """
    require_hec(by)
    with imported.file.open("rb") as file:
        try:
            found = LOOK[imported.kind](imported, file, programs or {})
        except UnreadableFile as unreadable:
            _fail(imported, unreadable.sentence, unreadable.values, by=by, now=now)
            imported.refresh_from_db()
            return imported
    return _note(imported, found, by=by, now=now)


@verb
def _note(imported: Import, found: dict[str, Any], *, by: Actor, now: datetime) -> Import:
    Import.objects.filter(
        pk=imported.pk, state__in=[Import.State.UPLOADED, Import.State.PREVIEWED]
    ).update(state=Import.State.PREVIEWED, previewed_at=now, **found)
    imported.refresh_from_db()
    return imported


@verb
def commit(imported: Import, as_of: datetime | None = None, *, by: Actor, now: datetime) -> Import:
    """Has a previewed file imported by a worker; again it changes nothing.

    `as_of` is aware: up to when a file of activity speaks (R17), by default as its name says.
    Raises `Refused` with not-yours, import-not-previewed, as-of-missing or as-of-in-the-future.
    """
    person = require_hec(by)
    imported = Import.objects.select_for_update().get(pk=imported.pk)
    if imported.state in (Import.State.COMMITTING, Import.State.DONE):
        return imported
    if imported.state != Import.State.PREVIEWED:
        raise _refusal("import-not-previewed", imported.kind)
    if imported.kind == Import.Kind.ACTIVITY:
        imported.as_of = as_of or imported.as_of
        if imported.as_of is None:
            raise _refusal("as-of-missing", imported.kind)
        if imported.as_of > now:
            raise _refusal("as-of-in-the-future", imported.kind)
    imported.state = Import.State.COMMITTING
    imported.committed_by, imported.committed_at = person, now
    imported.save(update_fields=["state", "as_of", "committed_by", "committed_at"])
    schedule.nudge("run_imports")
    return imported


@verb
def cancel(imported: Import, *, by: Actor, now: datetime) -> bool:
    """Gives up a file before its commit and deletes it; says whether there was anything to give up.

    `by` is HEC, or the job that tidies up. Raises `Refused` with not-yours.
    """
    if isinstance(by, User):
        require_hec(by)
    waiting = Import.objects.filter(
        pk=imported.pk, state__in=[Import.State.UPLOADED, Import.State.PREVIEWED]
    )
    return bool(_end(waiting, imported, Import.State.CANCELLED, now, {}))


def waiting(now: datetime) -> schedule.Question:
    """Whether any file is on its way in; one that nobody commits is given up some day."""
    return "SELECT FROM licensing_import WHERE ended_at IS NULL", {}


def run(*, by: Actor, now: datetime) -> dict[str, int]:
    """Imports every committed file, the oldest first, and gives up those that nobody commits."""
    # Asked every minute: mostly no file is on its way.
    if not schedule.answered({"imports": waiting(now)}):
        return {"imported": 0, "failed": 0}
    for forgotten in Import.objects.filter(
        state__in=[Import.State.UPLOADED, Import.State.PREVIEWED], uploaded_at__lt=now - KEPT
    ):
        cancel(forgotten, by=by, now=now)
    done = failed = 0
    for pk in Import.objects.due(now).order_by("pk").values_list("pk", flat=True):
        # Of two workers one gets the lease.
        if (
            Import.objects.due(now)
            .filter(pk=pk)
            .update(leased_until=now + LEASE, attempts=F("attempts") + 1)
        ):
            if _run(Import.objects.select_related("cohort", "committed_by").get(pk=pk), now=now):
                done += 1
            else:
                failed += 1
    return {"imported": done, "failed": failed}


def _run(imported: Import, *, now: datetime) -> bool:
    """Does one leased import in the name of who committed it; what fails is tried at the next ticks."""
    began = time.monotonic()
    mine = Import.objects.filter(pk=imported.pk, attempts=imported.attempts)
    by = imported.committed_by
    assert by is not None

    def progress(rows: int) -> None:
        lease = now + timedelta(seconds=time.monotonic() - began) + LEASE
        mine.update(rows_done=rows, leased_until=lease)

    try:
        if not is_hec(by):
            raise PermissionError(f"{by.pk} is not at HEC any more")
        with imported.file.open("rb") as file:
            result, report = COMMIT[imported.kind](imported, file, progress, by=by, now=now)
        _done(imported, result, report, by=by, now=now)
    except Exception as error:
        logger.exception("import %s failed", imported.pk)
        if imported.attempts < ATTEMPTS:
            mine.update(leased_until=None)
        else:
            values = {"attempts": str(ATTEMPTS), "error": f"{type(error).__name__}: {error}"[:300]}
            _fail(imported, BROKEN_OFF, values, by=by, now=now)
        return False
    return True


@verb
def _fail(
    imported: Import, sentence: str, values: Mapping[str, str], *, by: Actor, now: datetime
) -> None:
    going = Import.objects.filter(pk=imported.pk, ended_at=None)
    _end(going, imported, Import.State.FAILED, now, {"sentence": sentence, "values": dict(values)})


@verb
def _done(
    imported: Import, result: dict[str, int], report: Report | None, *, by: Actor, now: datetime
) -> None:
    going = Import.objects.filter(pk=imported.pk, state=Import.State.COMMITTING)
    going.update(result=result, report=report, rows_done=F("rows_total"))
    _end(going, imported, Import.State.DONE, now, {})


def _end(imports: Any, imported: Import, state: str, now: datetime, failure: dict[str, Any]) -> int:
    ended: int = imports.update(
        state=state, ended_at=now, leased_until=None, failure=failure, file=""
    )
    stored = imported.file.name
    if ended and stored:
        transaction.on_commit(lambda: default_storage.delete(stored), robust=True)
    return ended
