"""The Celery app and every scheduled job: when it runs in Karachi, which verb it is (DESIGN 5).

Jobs stand in the order in which those due at one instant run. A job with a time of day is owed
once a day: it ticks every five minutes, and a durable slot says whether today's is still due.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

import structlog
from celery import Celery, signals
from celery.schedules import crontab
from django.dispatch import receiver
from django.utils.module_loading import import_string
from django_structlog.celery.signals import bind_extra_task_metadata
from django_structlog.celery.steps import DjangoStructLogInitStep

from dlsei.policy.calendar_days import KARACHI

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dlsei.settings")
app = Celery("dlsei")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)


@signals.setup_logging.connect
def log_as_configured(**kwargs: Any) -> None:
    """Keeps Celery from setting up logs of its own: Django's settings have said how."""


@receiver(bind_extra_task_metadata)
def name_in_logs(task: Any, **kwargs: Any) -> None:
    """Every log line of a task says which job it is."""
    structlog.contextvars.bind_contextvars(task=task.name)


@dataclass(frozen=True)
class Job:
    """`verb` is the dotted name of a `run(*, by, now)`; `minutes` how often it ticks.

    `waits` names the function beside a verb of the minute that says by which select it has anything
    to do: so that many can be asked in one statement.
    `at` is a time of day in Karachi: owed once a day from then on. `each_report`: owed again for
    every newer report of Coursera's; `after` names the job that goes first for the same report.
    `retry_minutes`: how long a failed run waits.
    """

    name: str
    verb: str
    waits: str = ""
    minutes: int = 5
    at: time | None = None
    each_report: bool = False
    after: str = ""
    retry_minutes: int = 0

    def owed(self, now: datetime) -> list[str]:
        """The slots whose time has come by `now` (aware); a job without `at` has none."""
        assert self.at is not None
        local = now.astimezone(KARACHI)
        keys = [str(local.date())] if local.time() >= self.at else []
        if self.each_report:
            from licensing.activity import newest_of_each_cohort

            keys += [f"report:{report}" for report in newest_of_each_cohort()]
        return keys

    @property
    def of_the_minute(self) -> bool:
        """Whether it looks for work all day, not once a day or a report."""
        return self.at is None

    def question(self, now: datetime) -> tuple[str, Mapping[str, Any]]:
        """The select that has a row when a job of the minute has anything to do at `now`."""
        module = self.verb.rpartition(".")[0]
        asked: tuple[str, Mapping[str, Any]] = import_string(f"{module}.{self.waits}")(now)
        return asked

    def do(self, now: datetime) -> dict[str, Any]:
        """Calls the verb, whatever the slots say: safe at any time, by R23."""
        result: dict[str, Any] = import_string(self.verb)(by=self.verb, now=now)
        return result

    def run(self, now: datetime) -> list[dict[str, Any]]:
        """Does what is due at `now` and returns what came of it; nothing due, nothing done."""
        from dlsei import schedule

        verb = partial(self.do, now)
        if self.of_the_minute:
            result = verb()
            schedule.finished(self.name, now)
            return [result]
        retry = timedelta(minutes=self.retry_minutes)
        return schedule.run_owed(
            self.name, self.owed(now), verb, now=now, retry=retry, after=self.after
        )


JOBS = {
    job.name: job
    for job in (
        Job("check_documents", "applications.checking.check", waits="waiting", minutes=1),
        Job("issue", "licensing.allocation.issue_all", waits="waiting", minutes=1),
        Job("deliver_coursera", "licensing.invitations.deliver", waits="to_deliver", minutes=1),
        Job("deliver_mail", "dlsei.outbox.deliver", waits="waiting", minutes=1),
        Job("invite", "licensing.invitations.settle", waits="to_settle", minutes=1),
        Job(
            "continue_runs",
            "licensing.revocation.continue_runs",
            waits="runs_to_continue",
            minutes=1,
        ),
        Job("run_imports", "licensing.imports.run", waits="waiting", minutes=1),
        Job("run_what_ifs", "verification.what_if.run", waits="waiting", minutes=1),
        Job("remind", "verification.reminders.remind", waits="waiting", minutes=15),
        Job("open_tranches", "licensing.buckets.open_tranches", at=time(0, 5)),
        Job("expire", "licensing.expiry.expire", at=time(0, 5)),
        Job("close_cohorts", "applications.closing.close_cohorts", at=time(0, 5)),
        Job("fetch_report", "licensing.activity.fetch", at=time(2, 0), retry_minutes=60),
        Job("extend", "licensing.extension.extend", at=time(3, 0), each_report=True),
        Job(
            "revoke", "licensing.revocation.sweep", at=time(3, 15), each_report=True, after="extend"
        ),
        Job("warn", "licensing.revocation.warn", at=time(3, 30), each_report=True, after="revoke"),
        Job("purge", "applications.retention.purge", at=time(4, 0)),
    )
}


def waiting(jobs: Iterable[Job], *, now: datetime) -> set[str]:
    """The names of those jobs of the minute that have anything to do at `now`, in one statement."""
    from dlsei import schedule

    return schedule.answered({job.name: job.question(now) for job in jobs})


def _task(job: Job) -> None:
    from django.utils import timezone

    # A function with a name: Celery cannot make a task of a lambda.
    @app.task(name=f"dlsei.{job.name}")
    def tick() -> None:
        job.run(timezone.now())


for _job in JOBS.values():
    _task(_job)

app.conf.beat_schedule = {
    job.name: {
        "task": f"dlsei.{job.name}",
        "schedule": crontab(minute=f"*/{job.minutes}"),
        # A tick that nobody took before the next one is not worth doing twice.
        "options": {"expires": job.minutes * 60},
    }
    for job in JOBS.values()
}
