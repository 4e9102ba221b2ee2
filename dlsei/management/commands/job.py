"""The command twin of every scheduled job."""

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from applications import retention
from applications.models import Document
from dlsei import schedule
from dlsei.celery import JOBS
from dlsei.models import Mail
from dlsei.policy.calendar_days import KARACHI
from licensing.models import CourseraJob

# What leaves the house, or the disk, cannot be undone: of that a dry run only counts what is due.
DUE = {
    "check_documents": lambda now: Document.objects.due(now).count(),
    "deliver_coursera": lambda now: CourseraJob.objects.due(now).count(),
    "deliver_mail": lambda now: Mail.objects.due(now).count(),
    "fetch_report": lambda now: 1,
    "purge": lambda now: retention.due(now).count(),
}


class Command(BaseCommand):
    help = "Does what a scheduled job would do now, or at another time; `--list` names them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", choices=sorted(JOBS), metavar="JOB")
        parser.add_argument("--list", action="store_true", help="names all jobs and their times")
        parser.add_argument(
            "--at", metavar="YYYY-MM-DD HH:MM", help="the time to act as of, in Karachi"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="says what would be done and undoes it"
        )
        parser.add_argument("--json", action="store_true", help="prints one object")

    def handle(self, *, name: str | None, **options: Any) -> None:
        if options["list"] or name is None:
            for job in JOBS.values():
                when = f"daily at {job.at:%H:%M}" if job.at else f"every {job.minutes} min"
                self.stdout.write(f"{job.name:18} {when:18} {job.verb}")
            return
        now = _parsed(options["at"]) if options["at"] else timezone.now()
        if now > timezone.now() and not (settings.DEMO or options["dry_run"]):
            # A report dated in the future would be evidence that does not exist yet (R17).
            raise CommandError("--at may lie in the future only with --dry-run, or in the demo")
        result = self._dry(name, now) if options["dry_run"] else JOBS[name].do(now)
        if options["json"]:
            self.stdout.write(
                json.dumps({"job": name, "at": now.isoformat(), "result": result}, default=str)
            )
        else:
            words = ", ".join(f"{key} {value}" for key, value in result.items())
            self.stdout.write(f"{name}: {words or 'nothing to do'}")

    def _dry(self, name: str, now: datetime) -> dict[str, Any]:
        if name in DUE:
            return {"due": DUE[name](now)}
        with transaction.atomic(), schedule.nudges_to(lambda job: None):
            result = JOBS[name].do(now)
            transaction.set_rollback(True)
        return result


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=KARACHI)
    except ValueError as error:
        raise CommandError("--at takes a time in Karachi such as '2023-01-28 03:15'") from error
