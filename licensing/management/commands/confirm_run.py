"""Lets a stopped revocation run go on (R22), or shows which are stopped."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dlsei.models import User
from dlsei.policy.refusals import Refused
from licensing import revocation
from licensing.models import RevocationRun


class Command(BaseCommand):
    help = "Shows the revocation runs that the brake stopped; with --by and --run lets one go on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--run", type=int, metavar="NUMBER", help="the run, as shown")
        parser.add_argument("--by", metavar="ADDRESS", help="who at HEC confirms it")

    def handle(self, *, run: int | None, by: str | None, **options: Any) -> None:
        stopped = RevocationRun.objects.filter(confirmed_at=None, finished_at=None)
        if (run is None) != (by is None):
            raise CommandError("Name both, the run and who at HEC confirms it.")
        if run is None:
            for found in stopped.select_related("cohort"):
                self.stdout.write(
                    f"run {found.pk}: would revoke {found.would_revoke} of {found.live} licenses of"
                    f" {found.cohort}, stopped {found.stopped_at:%Y-%m-%d %H:%M} UTC"
                )
            self.stdout.write(f"{stopped.count()} stopped")
            return
        try:
            person = User.objects.get(email__iexact=by)
            confirmed = revocation.confirm_run(stopped.get(pk=run), by=person, now=timezone.now())
        except (User.DoesNotExist, RevocationRun.DoesNotExist, Refused) as error:
            raise CommandError(f"No stopped run {run}, or {by} is nobody at HEC.") from error
        self.stdout.write(f"run {confirmed.pk} goes on within a minute")
