"""The figures that operators watch: what they say, and who may read them."""

from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.test import Client, override_settings
from prometheus_client.parser import text_string_to_metric_families

from applications import closing, documents
from dlsei import schedule
from dlsei.celery import JOBS
from dlsei.embedded.server import free_port
from dlsei.metrics import Figures
from dlsei.models import Mail
from licensing.models import CourseraJob, Report, RevocationRun
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme")]

HOUR = timedelta(hours=1)


def figures(now) -> dict[tuple[str, str], float]:
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in Figures(now).collect()
        for sample in family.samples
    }


def test_they_say_how_old_the_oldest_of_everything_is(now) -> None:
    factories.licensed(now=now)
    factories.submitted(now=now + HOUR)
    Mail.objects.update(attempts=1, error="refused")
    Report.objects.create(source="api", as_of=now - HOUR, imported_at=now)

    found = figures(now + 3 * HOUR)

    assert found["dlsei_queue_pending", ""] == 1
    assert found["dlsei_queue_oldest_seconds", ""] == 2 * 3600
    assert found["dlsei_mail_oldest_seconds", ""] == 3 * 3600
    assert found["dlsei_mail_failing", ""] == found["dlsei_mail_unsent", ""] == 3
    assert found["dlsei_coursera_owed", ""] == 1
    assert found["dlsei_coursera_oldest_seconds", ""] == 3 * 3600
    assert found["dlsei_report_age_seconds", ""] == 4 * 3600
    assert found["dlsei_seats", "Cohort I"] == 18_000
    assert found["dlsei_seats_held", "Cohort I"] == 1
    assert found["dlsei_redis_up", ""] == 1


def test_the_oldest_counts_and_not_the_newest(now) -> None:
    for hours in (0, 2):
        factories.licensed(now=now + hours * HOUR)
        factories.submitted(now=now + hours * HOUR)

    found = figures(now + 3 * HOUR)

    for what in ("queue", "mail", "coursera"):
        assert found[f"dlsei_{what}_oldest_seconds", ""] == 3 * 3600, what


def test_they_say_who_waits_for_a_seat_and_what_waits_for_hec_and_for_a_worker(now) -> None:
    served = factories.licensed(now=now)
    factories.approved(now=now)
    CourseraJob.objects.update(attempts=1, error="503")
    stopped = {"cohort": served.cohort, "would_revoke": 600, "live": 1000, "stopped_at": now}
    RevocationRun.objects.create(**stopped, finished_at=now)
    RevocationRun.objects.create(**stopped)
    broker = redis.Redis.from_url(settings.REDIS_URL)
    before = figures(now)["dlsei_redis_queue_length", ""]
    broker.rpush("celery", "a tick")

    try:
        found = figures(now)
    finally:
        broker.lrem("celery", 1, "a tick")

    assert found["dlsei_places_waiting", "Cohort I"] == 1
    assert found["dlsei_coursera_failing", ""] == 1
    assert found["dlsei_runs_stopped", ""] == 1
    assert found["dlsei_redis_queue_length", ""] == before + 1


def test_a_closed_cohort_has_no_seats_to_watch(now) -> None:
    """Its free seats are nobody's: beside those who wait in the next cohort they would wake somebody."""
    license = factories.licensed(now=now)
    factories.approved(now=now)
    watched = ("dlsei_seats", "dlsei_seats_held", "dlsei_places_waiting")
    before = figures(now)
    over = license.cohort.ends + timedelta(days=1)
    then = now.replace(year=over.year, month=over.month, day=over.day)

    closing.close_cohorts(by=factories.SYSTEM, now=then)

    found = figures(then)
    assert [before[name, "Cohort I"] for name in watched] == [18_000, 1, 1]
    assert [found.get((name, "Cohort I")) for name in watched] == [None, None, None]
    assert found["dlsei_places_waiting", "Cohort II"] == 1


def test_they_say_how_long_a_document_has_been_checked(now) -> None:
    application = factories.draft(now=now)
    person = application.person
    for minutes in (0, 5):
        at = now + timedelta(minutes=minutes)
        documents.upload(application, "transcript", "scan.pdf", b"%PDF-", by=person, now=at)

    found = figures(now + HOUR)

    assert found["dlsei_documents_checking", ""] == 2
    assert found["dlsei_documents_oldest_seconds", ""] == 3600


def test_each_job_says_when_it_last_finished(now) -> None:
    for job in JOBS.values():
        schedule.run_owed(job.name, ["2023-01-09"], dict, now=now - HOUR) if job.at else job.run(
            now
        )

    found = figures(now)

    assert {name for metric, name in found if metric.startswith("dlsei_job_last")} == set(JOBS)
    at = "dlsei_job_last_finish_timestamp_seconds"
    assert found[at, "issue"] == now.timestamp()
    assert found[at, "revoke"] == (now - HOUR).timestamp()


def test_a_job_fails_until_it_has_finished_again(now) -> None:
    def fail() -> dict[str, object]:
        raise RuntimeError("no")

    schedule.run_owed("revoke", ["2023-01-09"], fail, now=now)
    assert figures(now)["dlsei_job_failing", "revoke"] == 1

    schedule.run_owed("revoke", ["2023-01-10"], dict, now=now + HOUR)
    assert figures(now)["dlsei_job_failing", "revoke"] == 0


def test_a_dead_redis_is_a_figure(now) -> None:
    with override_settings(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0"):
        assert figures(now)["dlsei_redis_up", ""] == 0


def test_prometheus_can_read_them(client: Client, now) -> None:
    factories.submitted(now=now)

    read = list(text_string_to_metric_families(client.get("/metrics").content.decode()))

    assert {"dlsei_queue_pending", "dlsei_seats", "dlsei_job_failing"} <= {f.name for f in read}


@pytest.mark.parametrize(
    ("token", "request_", "allowed"),
    [
        ("", {}, True),
        ("", {"REMOTE_ADDR": "10.0.0.7"}, False),
        ("", {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, False),
        ("a token", {}, False),
        ("a token", {"HTTP_AUTHORIZATION": "Bearer another"}, False),
        ("a token", {"HTTP_AUTHORIZATION": "Bearer a token", "REMOTE_ADDR": "10.0.0.7"}, True),
    ],
)
def test_only_the_monitoring_reads_them(client: Client, token, request_, allowed) -> None:
    with override_settings(METRICS_TOKEN=token):
        assert client.get("/metrics", **request_).status_code == (200 if allowed else 404)
