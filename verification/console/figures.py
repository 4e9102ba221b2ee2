"""The counts of HEC's home page: each leads to its list."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from applications.models import Application, Dispute
from dlsei.counts import counts
from dlsei.models import Mail
from dlsei.policy.calendar_days import karachi_date
from licensing import buckets
from licensing.activity import latest_report
from licensing.models import (
    Cohort,
    CourseraJob,
    Report,
    RevocationCase,
    RevocationRun,
    Tranche,
)
from verification import queue
from verification.models import FocalPerson

# Fetched every night and a day old by then: one night missed is not yet worth a word.
REPORT_IS_OLD = timedelta(days=3)


@dataclass(frozen=True)
class Home:
    """What HEC looks at first."""

    pending: int
    overdue: int
    unworked: int
    cases: int
    stopped_runs: int
    failing_mails: int
    failing_jobs: int
    disputes: int
    report: Report | None
    report_is_old: bool


def home(now: datetime) -> Home:
    """The figures of now, for HEC's home page."""
    worked = FocalPerson.objects.active(karachi_date(now)).values("university")
    pending = (
        Application.objects.pending()
        .exclude(queue.asked())
        .aggregate(
            all=Count("pk"),
            overdue=Count("pk", filter=Q(submitted_at__lt=queue.overdue_before(now))),
            unworked=Count("university", filter=~Q(university__in=worked), distinct=True),
        )
    )
    lists = counts(
        cases=RevocationCase.objects.open(),
        stopped_runs=RevocationRun.objects.filter(confirmed_at=None, finished_at=None),
        failing_mails=Mail.objects.failing(),
        failing_jobs=CourseraJob.objects.failing(),
        disputes=Dispute.objects.filter(settled_at=None),
    )
    report = latest_report()
    return Home(
        pending=pending["all"],
        overdue=pending["overdue"],
        unworked=pending["unworked"],
        report=report,
        report_is_old=report is not None and now - report.as_of > REPORT_IS_OLD,
        **lists,
    )


@dataclass(frozen=True)
class Need:
    """A count that leads to its list. `urgent`: HEC is waited for, or something is broken."""

    count: int
    words: str
    url: str
    urgent: bool = False


def needs(figures: Home) -> tuple[list[Need], list[Need]]:
    """What needs HEC now, the most urgent first, and what does not."""
    queues, outbox = reverse("hec_queues"), reverse("hec_outbox")
    every = [
        Need(figures.stopped_runs, _("stopped runs"), reverse("hec_runs"), urgent=True),
        Need(
            figures.failing_jobs,
            _("failing at Coursera"),
            f"{outbox}?list=failing-jobs",
            urgent=True,
        ),
        Need(
            figures.failing_mails, _("failing mails"), f"{outbox}?list=failing-mails", urgent=True
        ),
        Need(
            figures.unworked,
            _("queues without a focal person"),
            f"{queues}?only=unworked",
            urgent=True,
        ),
        Need(figures.overdue, _("applications overdue"), f"{queues}?only=overdue", urgent=True),
        Need(figures.cases, _("revocation cases to decide"), reverse("hec_cases")),
        Need(figures.disputes, _("disputes over a number"), reverse("hec_disputes")),
    ]
    return [need for need in every if need.count], [need for need in every if not need.count]


@dataclass(frozen=True)
class CohortFigures:
    """One cohort's bucket today, and what waits for it."""

    cohort: Cohort
    bucket: buckets.Bucket
    pending: int
    tranches: list[Tranche]
    is_over: bool


def cohorts(today: date) -> list[CohortFigures]:
    """Every cohort's figures, the earliest first (R3, R13)."""
    pending = dict(
        Application.objects.pending().values_list("cohort").annotate(n=Count("pk")).order_by()
    )
    return [
        CohortFigures(
            cohort=cohort,
            bucket=bucket,
            pending=pending.get(cohort.pk, 0),
            tranches=list(cohort.tranches.all()),
            is_over=cohort.is_over(today),
        )
        for cohort, bucket in buckets.of(Cohort.objects.all(), today)
    ]
