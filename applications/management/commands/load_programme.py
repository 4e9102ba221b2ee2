"""Puts a programme file in force: shows what it would change, for how many people, and asks."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

import dlsei.policy
from applications.models import Application
from dlsei.policy import programme as policy
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.figures import APPLICATIONS, DOCUMENTS, Figure, in_words
from dlsei.verbs import Busy
from licensing import programme
from licensing.models import Cohort, Programme
from licensing.programme_effects import Change, Earlier, Effects

SHIPPED = Path(dlsei.policy.__file__).parent / "year-2.toml"
DAYS_INTO_THE_FIRST_COHORT = 14
NAMED = 20
WHO = {
    "licenses": "live licenses",
    "line": "people in line",
    "applications": "pending applications",
    "documents": "applications with documents",
}


class Command(BaseCommand):
    help = "Loads the programme file (the shipped Year-2 programme unless FILE is given)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=SHIPPED, metavar="FILE")
        parser.add_argument("--show", action="store_true", help="prints the one in force instead")
        parser.add_argument("--yes", action="store_true", help="changes without asking")
        parser.add_argument("--dry-run", action="store_true", help="shows what would change")
        parser.add_argument("--json", action="store_true", help="one object on standard output")
        parser.add_argument(
            "--shift-to-today",
            action="store_true",
            help="moves all dates: the first time so that today lies two weeks into the first"
            " cohort, then as far as the programme in force was moved",
        )

    def handle(
        self,
        *,
        file: Path,
        yes: bool,
        dry_run: bool,
        shift_to_today: bool,
        **options: Any,
    ) -> None:
        if options["show"]:
            self.stdout.write(Programme.in_force().text)
            return
        now = timezone.now()
        try:
            text = file.read_text(encoding="utf-8")
            if shift_to_today:
                text = self._shifted(text, file.name)
            effects = programme.preview(text, file.name, by="load_programme", now=now)
            if not options["json"]:
                self._show(effects)
            running = Cohort.objects.exists()
            if effects.is_new and not dry_run:
                if running and not yes and not self._agreed():
                    raise CommandError("nothing was changed")
                programme.load(text, file.name, by="load_programme", now=now, onto=effects.version)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file}: {error}", returncode=2) from error
        except policy.ProgrammeError as error:
            raise CommandError(str(error), returncode=2) from error
        except Busy as error:
            raise CommandError("the cohorts are being worked on: try again") from error
        if options["json"]:
            self.stdout.write(_json(effects, file.name, dry_run))
        else:
            self.stdout.write(self._news(effects, dry_run))

    def _shifted(self, text: str, source: str) -> str:
        first = next(iter(policy.read(text, source).cohorts.values()))
        latest = Programme.latest()
        if latest:
            loaded = latest.policy.cohorts.get(first.name, first)
            days = (loaded.starts - first.starts).days
        else:
            days = (karachi_date(timezone.now()) - first.starts).days - DAYS_INTO_THE_FIRST_COHORT
        return policy.to_toml(policy.shifted(policy.parse(text, source), days))

    def _show(self, effects: Effects) -> None:
        for change in effects.changes:
            self.stdout.write(in_a_line(change))
        at_once = sum(one.at_once for one in effects.earlier)
        if effects.earlier:
            self.stdout.write(
                f"LESS TIME for {len({one.license for one in effects.earlier})} people"
                f" ({at_once} of them lose the license at the next run):"
            )
        for one in effects.earlier[:NAMED]:
            self.stdout.write(f"  {_earlier(one)}")
        if len(effects.earlier) > NAMED:
            self.stdout.write(f"  … and {len(effects.earlier) - NAMED} more; --json names all")
        if effects.later:
            self.stdout.write(f"More time for {effects.later} people.")

    def _agreed(self) -> bool:
        self.stderr.write("Put it in force? Type yes: ", ending="")
        return sys.stdin.readline().strip().lower() == "yes"

    def _news(self, effects: Effects, dry_run: bool) -> str:
        if not effects.is_new:
            return f"programme version {effects.version} is in force and says the same"
        if dry_run:
            return f"dry run: version {effects.version} stays in force, nothing was changed"
        return f"programme version {effects.version + 1} is in force"


def people(change: Change) -> int | None:
    """How many a change concerns, those of the applications included; None when nobody is meant."""
    figure = change.difference.figure
    if figure.concerns == DOCUMENTS:
        return Application.objects.filter(documents__purged_at=None).distinct().count()
    if figure.concerns != APPLICATIONS:
        return change.people
    pending = Application.objects.pending()
    return (pending.filter(cohort__name=figure.cohort) if figure.cohort else pending).count()


def in_a_line(change: Change) -> str:
    """A change as the command shows it: what, from what to what, for how many."""
    figure, count = change.difference.figure, people(change)
    place = f"{figure.place}: " if figure.place else ""
    before, after = _values(change)
    whom = f" ({count} {WHO[figure.concerns]})" if count is not None else ""
    return f"{place}{figure.label}: {before} -> {after}{whom}"


def _values(change: Change) -> tuple[str, str]:
    return in_words(change.difference.before), in_words(change.difference.after)


def _earlier(one: Earlier) -> str:
    rule = f" by {one.clause}" if one.clause else ""
    before = one.before or "none"
    at_once = ", at the next run" if one.at_once else ""
    return f"{one.license}: {one.what}{rule} {before} -> {one.on}{at_once}"


def _json(effects: Effects, source: str, dry_run: bool) -> str:
    loaded = effects.is_new and not dry_run
    return json.dumps(
        {
            "file": source,
            "version": effects.version + loaded,
            "loaded": loaded,
            "changes": [_change(change) for change in effects.changes],
            "earlier": [asdict(one) for one in effects.earlier],
            "later": effects.later,
        },
        cls=DjangoJSONEncoder,
        ensure_ascii=False,
        indent=2,
    )


def _change(change: Change) -> dict[str, Any]:
    figure: Figure = change.difference.figure
    before, after = _values(change)
    return {
        "key": figure.key,
        "cohort": figure.cohort,
        "label": f"{figure.part}: {figure.label}" if figure.part else figure.label,
        "before": before,
        "after": after,
        "concerns": figure.concerns,
        "people": people(change),
    }
