"""How the programme runs, in figures: `/metrics` for Prometheus, `manage.py status` for people."""

import secrets
from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_address

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Max, Min, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from applications.models import Application, Document
from dlsei.celery import JOBS
from dlsei.counts import counts
from dlsei.models import Mail, Slot
from licensing.activity import latest_report
from licensing.models import Cohort, CourseraJob, RevocationRun


class Figures(Collector):
    """Read from the database when they are asked for, as of `now`: every process says the same."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        yield from self._queue()
        yield from self._documents()
        wrong = counts(
            mails=Mail.objects.failing(),
            jobs=CourseraJob.objects.failing(),
            runs=RevocationRun.objects.filter(confirmed_at=None, finished_at=None),
        )
        yield from self._mails(wrong["mails"])
        yield from self._coursera(wrong["jobs"], wrong["runs"])
        yield from self._seats()
        yield from self._jobs()
        yield from self._broker()

    def _queue(self) -> Iterator[Metric]:
        found = Application.objects.pending().aggregate(n=Count("pk"), oldest=Min("submitted_at"))
        yield _gauge("dlsei_queue_pending", "Applications without a decision.", found["n"])
        yield _gauge(
            "dlsei_queue_oldest_seconds",
            "Age of the oldest application without a decision.",
            self._age(found["oldest"]),
        )

    def _documents(self) -> Iterator[Metric]:
        checking = Document.objects.checking().filter(purged_at=None)
        found = checking.aggregate(n=Count("pk"), oldest=Min("uploaded_at"))
        yield _gauge("dlsei_documents_checking", "Documents being checked.", found["n"])
        yield _gauge(
            "dlsei_documents_oldest_seconds",
            "Age of the oldest document being checked.",
            self._age(found["oldest"]),
        )

    def _mails(self, failing: int) -> Iterator[Metric]:
        found = Mail.objects.unsent().aggregate(n=Count("pk"), oldest=Min("created_at"))
        yield _gauge("dlsei_mail_unsent", "Mails owed and not sent.", found["n"])
        yield _gauge("dlsei_mail_failing", "Mails tried in vain.", failing)
        yield _gauge(
            "dlsei_mail_oldest_seconds",
            "Age of the oldest unsent mail.",
            self._age(found["oldest"]),
        )

    def _coursera(self, failing: int, stopped: int) -> Iterator[Metric]:
        owed = CourseraJob.objects.filter(done_at=None)
        found = owed.aggregate(n=Count("pk"), oldest=Min("created_at"))
        yield _gauge("dlsei_coursera_owed", "Invitations and removals owed.", found["n"])
        yield _gauge("dlsei_coursera_failing", "Of these, tried in vain.", failing)
        yield _gauge(
            "dlsei_coursera_oldest_seconds",
            "Age of the oldest invitation or removal owed.",
            self._age(found["oldest"]),
        )
        if report := latest_report():
            yield _gauge(
                "dlsei_report_age_seconds",
                "Age of the newest data that Coursera has reported.",
                self._age(report.as_of),
            )
        yield _gauge("dlsei_runs_stopped", "Revocation runs that wait for HEC (R22).", stopped)

    def _seats(self) -> Iterator[Metric]:
        families = {
            "seats_total": _labelled("dlsei_seats", "Seats of the opened tranches.", "cohort"),
            "seats_held": _labelled("dlsei_seats_held", "Seats held by live licenses.", "cohort"),
            "waiting": _labelled("dlsei_places_waiting", "People in line for a seat.", "cohort"),
        }
        waiting = Count("places", filter=Q(places__state="waiting"))
        for cohort in Cohort.objects.filter(closed_at=None).annotate(waiting=waiting):
            for attribute, family in families.items():
                family.add_metric([cohort.name], getattr(cohort, attribute))
        yield from families.values()

    def _jobs(self) -> Iterator[Metric]:
        finished = _labelled(
            "dlsei_job_last_finish_timestamp_seconds", "When a job last finished.", "job"
        )
        failing = _labelled("dlsei_job_failing", "Whether a job's last run failed.", "job")
        last = dict(Slot.objects.values_list("job").annotate(at=Max("finished_at")))
        broken = Slot.objects.filter(finished_at=None).exclude(error="")
        failed = {
            job
            for job, started in broken.values_list("job").annotate(at=Max("started_at"))
            if job not in last or last[job] is None or started > last[job]
        }
        for name in JOBS:
            if at := last.get(name):
                finished.add_metric([name], at.timestamp())
            failing.add_metric([name], name in failed)
        yield finished
        yield failing

    def _broker(self) -> Iterator[Metric]:
        client = redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1, retry=None
        )
        try:
            waiting = client.llen("celery")
        except redis.RedisError:
            waiting = None
        finally:
            client.close()
        yield _gauge("dlsei_redis_up", "Whether Redis answers.", waiting is not None)
        if waiting is not None:
            yield _gauge(
                "dlsei_redis_queue_length", "Ticks and nudges no worker took yet.", waiting
            )

    def _age(self, since: datetime | None) -> float:
        return max(0.0, (self.now - since).total_seconds()) if since else 0.0


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, value=float(value))


def _labelled(name: str, says: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, labels=[label])


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures for whoever brings METRICS_TOKEN; without one for this machine, not past a proxy.

    Everybody else gets what an address gets that does not exist.
    """
    if not _may_read(request):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(timezone.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return secrets.compare_digest(
            given.encode(errors="replace"), f"Bearer {settings.METRICS_TOKEN}".encode()
        )
    sender = request.META.get("REMOTE_ADDR") or "0.0.0.0"
    return "X-Forwarded-For" not in request.headers and ip_address(sender).is_loopback
