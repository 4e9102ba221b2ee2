"""Inviting without Coursera's API: HEC carries a file there and says when it has (R9, CSV route)."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet

from dlsei.history import Actor
from dlsei.models import User
from dlsei.permissions import require_hec
from dlsei.policy.calendar_days import KARACHI
from dlsei.policy.states import LIVE
from dlsei.verbs import COHORT, lock, verb
from licensing import invitations
from licensing.coursera import csv
from licensing.coursera.port import Invitee
from licensing.models import Cohort, CourseraJob

BATCH = 500


@dataclass(frozen=True)
class BulkInvites:
    """A file for one program: its name, what it says, and whom HEC has to invite by hand."""

    name: str
    text: str
    written: int
    left_out: tuple[Invitee, ...]


def open_jobs() -> QuerySet[CourseraJob]:
    """Invitations owed and not made yet, of licenses that live, nothing before them still open.

    Those invited before are among them: to another address, or with a new link (R6).
    """
    earlier = CourseraJob.objects.filter(
        license=OuterRef("license"), id__lt=OuterRef("id"), done_at=None
    )
    return CourseraJob.objects.filter(
        ~Exists(earlier), kind=CourseraJob.Kind.INVITE, done_at=None, license__state__in=LIVE
    )


def not_in_a_file() -> QuerySet[CourseraJob]:
    """What the next `take` collects."""
    return open_jobs().filter(file="")


def not_uploaded() -> list[Mapping[str, object]]:
    """Files taken and not yet marked as uploaded, the oldest first: name, people, taken."""
    return list(
        open_jobs()
        .exclude(file="")
        .values(name=F("file"), program=F("license__cohort__name"))
        .annotate(people=Count("pk"), oldest=Min("created_at"))
        .order_by("name")
    )


@verb
def take(*, by: Actor, now: datetime) -> list[str]:
    """Collects all invitations owed and not yet in a file, one file a cohort's program.

    Returns the files' names. From then on an ended license is followed by a removal, as its file
    may have reached Coursera (I7). Raises `Refused(not-yours)`.
    """
    _require_keeper(by)
    names = []
    for cohort in Cohort.objects.order_by("pk"):
        lock(COHORT, cohort.pk)
        name = f"invites-{now.astimezone(KARACHI):%Y%m%d-%H%M%S}-{cohort.pk}"
        if (
            not_in_a_file()
            .filter(license__cohort=cohort)
            .update(file=name, attempts=F("attempts") + 1)
        ):
            names.append(name)
    return names


def written(file: str) -> BulkInvites:
    """The file as Coursera wants it; whoever lost the license meanwhile is not in it."""
    jobs = open_jobs().filter(file=file).select_related("license__person").order_by("license_id")
    out = io.StringIO(newline="")
    result = csv.write_bulk_invites(
        out,
        (
            Invitee(
                external_id=job.license.reference,
                full_name=job.license.person.full_name,
                email=job.email,
            )
            for job in jobs
        ),
    )
    return BulkInvites(file, out.getvalue(), result.written, result.left_out)


def mark_uploaded(file: str, *, by: Actor, now: datetime) -> int:
    """Records that Coursera has invited everybody in `file`; our own mails with the link follow (R9).

    In batches, each one transaction; what is recorded already is not recorded again. Returns how
    many were new. Raises `Refused(not-yours)`.
    """
    _require_keeper(by)
    recorded = 0
    while done := _record_batch(file, by=by, now=now):
        recorded += done
    return recorded


@verb
def _record_batch(file: str, *, by: Actor, now: datetime) -> int:
    jobs = list(
        CourseraJob.objects.filter(Q(file=file) & ~Q(file=""), done_at=None).order_by(
            "license_id", "id"
        )[:BATCH]
    )
    for job in jobs:
        invitations.record(job, by=by, now=now)
    return len(jobs)


@verb
def set_aside(file: str, *, by: Actor, now: datetime) -> int:
    """Forgets a file that did not reach Coursera: the next `take` collects its people again.

    Raises `Refused(not-yours)`.
    """
    _require_keeper(by)
    return CourseraJob.objects.filter(Q(file=file) & ~Q(file=""), done_at=None).update(file="")


def _require_keeper(by: Actor) -> None:
    if isinstance(by, User):
        require_hec(by)
