"""How the service is doing, as a page for HEC: the figures of `/metrics`, each with what is still well.

It stands above the apps, beside `dlsei.metrics`: it names the scheduled jobs.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Max, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from applications.models import Document
from dlsei import health
from dlsei.celery import JOBS, Job
from dlsei.models import Mail, Slot
from licensing.activity import latest_report
from licensing.models import CourseraJob
from verification.actors import JOBS as WORDS
from verification.views.access import hec_only

LATE_MAIL = LATE_AT_COURSERA = timedelta(hours=1)
LATE_DOCUMENT = timedelta(minutes=10)
LATE_REPORT = timedelta(hours=48)


@dataclass(frozen=True)
class Running:
    """A scheduled job: when it last came to its end, what failed since, and whether that is late."""

    name: str
    words: str
    finished_at: datetime | None
    error: str
    late: bool

    @property
    def state(self) -> str:
        """`failing`, `late` or `well`."""
        return "failing" if self.error else "late" if self.late else "well"


@dataclass(frozen=True)
class Age:
    """Something that waits: how many, since when the oldest, and whether that is too long."""

    words: str
    count: int | None
    since: datetime | None
    late: bool
    url: str = ""


def jobs(now: datetime) -> list[Running]:
    """Every scheduled job at `now`, in the order of the schedule."""
    finished = dict(Slot.objects.values_list("job").annotate(at=Max("finished_at")))
    broken = Slot.objects.filter(finished_at=None).exclude(error="").order_by("started_at")
    errors = {slot.job: slot for slot in broken}
    return [
        _running(job, finished.get(job.name), errors.get(job.name), now) for job in JOBS.values()
    ]


def _running(job: Job, at: datetime | None, broken: Slot | None, now: datetime) -> Running:
    error = ""
    if broken and broken.started_at and (at is None or broken.started_at > at):
        error = broken.error
    # A job of the minute may miss two ticks; one of the day has a day and an hour.
    patience = timedelta(minutes=3 * job.minutes) if job.at is None else timedelta(hours=25)
    late = at is None or now - at > patience
    return Running(job.name, str(WORDS[job.verb]), at, error, late)


def ages(now: datetime) -> list[Age]:
    """What waits: documents, mails, Coursera's jobs, the newest report."""
    mails = Mail.objects.unsent()
    owed = CourseraJob.objects.filter(done_at=None)
    figures = {"n": Count("pk"), "oldest": Min("created_at")}
    unsent, undone = mails.aggregate(**figures), owed.aggregate(**figures)
    report = latest_report()
    checked = Document.objects.checking()
    oldest_document = checked.aggregate(at=Min("uploaded_at"))["at"]
    return [
        Age(
            _("Documents being checked, the oldest since"),
            checked.count(),
            oldest_document,
            _older(oldest_document, LATE_DOCUMENT, now),
        ),
        Age(
            _("Mails not sent yet, the oldest since"),
            unsent["n"],
            unsent["oldest"],
            _older(unsent["oldest"], LATE_MAIL, now),
            "hec_outbox",
        ),
        Age(
            _("Invitations and removals owed to Coursera, the oldest since"),
            undone["n"],
            undone["oldest"],
            _older(undone["oldest"], LATE_AT_COURSERA, now),
            "hec_outbox",
        ),
        Age(
            _("Coursera's newest data is as of"),
            None,
            report.as_of if report else None,
            report is None or _older(report.as_of, LATE_REPORT, now),
            "hec_reports",
        ),
    ]


def _older(since: datetime | None, than: timedelta, now: datetime) -> bool:
    return since is not None and now - since > than


@hec_only
@require_safe
def hec_health(request: HttpRequest) -> HttpResponse:
    """Jobs with their last finish, what waits and since when, database, Redis and storage."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_database_size(current_database()), current_setting('server_version')"
        )
        size, version = cursor.fetchone()
    context = {
        "jobs": jobs(now),
        "ages": ages(now),
        "parts": [
            (_("Database"), health.database(), f"PostgreSQL {version.split()[0]}"),
            (_("Redis"), health.redis_answers(), ""),
            (_("Documents"), health.storage(), ""),
        ],
        "database_bytes": size,
        "now": now,
    }
    return render(request, "console/health.html", context)
