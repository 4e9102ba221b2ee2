"""Removing without Coursera's API: a work-list that HEC goes through by hand (5.z, CSV route, I7)."""

import io
from collections.abc import Mapping
from datetime import datetime

from django.db.models import Count, F, Min, QuerySet

from dlsei.history import Actor
from dlsei.permissions import require_hec
from dlsei.policy.calendar_days import KARACHI
from dlsei.policy.states import LIVE
from dlsei.verbs import verb
from licensing import invitations
from licensing.coursera import csv
from licensing.coursera.port import Invitee
from licensing.models import CourseraJob


def owed(now: datetime) -> QuerySet[CourseraJob]:
    """What the next list collects: removals not on a list, nothing before them still open."""
    return CourseraJob.objects.due(now).filter(kind=CourseraJob.Kind.REMOVE, file="")


def not_done() -> list[Mapping[str, object]]:
    """Lists taken and not yet worked through, the oldest first: name, people, oldest."""
    open_removals = CourseraJob.objects.filter(kind=CourseraJob.Kind.REMOVE, done_at=None)
    return list(
        open_removals.exclude(file="")
        .values(name=F("file"))
        .annotate(people=Count("pk"), oldest=Min("created_at"))
        .order_by("name")
    )


@verb
def take(*, by: Actor, now: datetime) -> str:
    """Collects all removals owed on one list and returns its name, empty when none is owed.

    An invitation that no file ever took to Coursera ends with its license. Raises
    `Refused(not-yours)`.
    """
    require_hec(by)
    CourseraJob.objects.filter(
        kind=CourseraJob.Kind.INVITE, done_at=None, leased_until=None, file=""
    ).exclude(license__state__in=LIVE).update(done_at=now, outcome=CourseraJob.Outcome.CANCELLED)
    name = f"removals-{now.astimezone(KARACHI):%Y%m%d-%H%M%S}"
    ids = list(owed(now).values_list("pk", flat=True))
    taken = CourseraJob.objects.filter(pk__in=ids, file="", done_at=None).update(file=name)
    return name if taken else ""


def _on(name: str) -> QuerySet[CourseraJob]:
    return CourseraJob.objects.filter(kind=CourseraJob.Kind.REMOVE, file=name, done_at=None)


def written(name: str) -> tuple[str, int]:
    """The list as HEC reads it, and how many people are on it still."""
    out = io.StringIO(newline="")
    made = csv.write_removals(
        out,
        (
            (
                Invitee(job.license.reference, job.license.person.full_name, job.email),
                job.license.cohort.name,
            )
            for job in _on(name)
            .select_related("license__person", "license__cohort")
            .order_by("license__cohort_id", "license_id")
        ),
    )
    return out.getvalue(), made.written


@verb
def mark_done(name: str, *, by: Actor, now: datetime) -> int:
    """Records that everybody on the list is removed at Coursera; returns how many were new.

    Raises `Refused(not-yours)`.
    """
    require_hec(by)
    jobs = list(_on(name).order_by("license_id", "id"))
    for job in jobs:
        invitations.record(job, by=by, now=now)
    return len(jobs)


@verb
def set_aside(name: str, *, by: Actor, now: datetime) -> int:
    """Forgets a list that nobody worked through: the next one has its people again."""
    require_hec(by)
    return _on(name).update(file="")
