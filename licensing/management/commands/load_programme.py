"""Puts a programme file in force: shows what it would change, and asks."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

import dlsei.policy
from dlsei.policy import programme as policy
from dlsei.policy.calendar_days import karachi_date
from licensing import programme
from licensing.models import Cohort, Programme

SHIPPED = Path(dlsei.policy.__file__).parent / "year-2.toml"
DAYS_INTO_THE_FIRST_COHORT = 14


class Command(BaseCommand):
    help = "Loads the programme file (the shipped Year-2 programme unless FILE is given)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=SHIPPED, metavar="FILE")
        parser.add_argument("--show", action="store_true", help="prints the one in force instead")
        parser.add_argument("--yes", action="store_true", help="changes without asking")
        parser.add_argument(
            "--shift-to-today",
            action="store_true",
            help="moves all dates so that today lies two weeks into the first cohort",
        )

    def handle(self, *, file: Path, yes: bool, shift_to_today: bool, **options: Any) -> None:
        if options["show"]:
            self.stdout.write(Programme.in_force().text)
            return
        now = timezone.now()
        try:
            text = file.read_text(encoding="utf-8")
            if shift_to_today:
                tables = policy.parse(text, file.name)
                first = next(iter(policy.read(text, file.name).cohorts.values()))
                days = (karachi_date(now) - first.starts).days - DAYS_INTO_THE_FIRST_COHORT
                text = policy.to_toml(policy.shifted(tables, days))
            changes = programme.changes(text, file.name)
            if changes and Cohort.objects.exists():
                self._show(changes)
                if not yes and not self._agreed():
                    raise CommandError("nothing was changed")
            before = Programme.objects.count()
            loaded = programme.load(text, file.name, by="load_programme", now=now)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except policy.ProgrammeError as error:
            raise CommandError(str(error)) from error
        news = "is in force" if Programme.objects.count() > before else "was in force already"
        self.stdout.write(f"programme {loaded} {news}: {', '.join(loaded.policy.cohorts)}")

    def _show(self, changes: list[programme.Change]) -> None:
        for change in changes:
            self.stdout.write(
                f"{change.cohort}: {change.key}: {change.before} -> {change.after}"
                f" ({change.people} live licenses)"
            )

    def _agreed(self) -> bool:
        return input("Change the cohorts so? Type yes: ").strip().lower() == "yes"
