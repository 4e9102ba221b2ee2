"""Imports an activity export of any size from the command line (CSV route, R17, R21)."""

import hashlib
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dlsei.policy.calendar_days import KARACHI
from licensing import activity
from licensing.coursera.activity_exports import made_at, read_activity
from licensing.coursera.sheets import UnreadableFile
from licensing.models import Cohort, Report
from licensing.program_slugs import ProgramSlugs


class Command(BaseCommand):
    help = "Imports one of Coursera's activity exports (CSV or ZIP, old or new layout)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--as-of",
            metavar="YYYY-MM-DD HH:MM",
            help="up to when it speaks, in Karachi; by default as the export's own name says",
        )
        parser.add_argument(
            "--program",
            action="append",
            default=[],
            metavar="SLUG=COHORT",
            help="the cohort that a program of Coursera's is for; repeat for more",
        )
        parser.add_argument("--dry-run", action="store_true", help="says what it would change")
        parser.add_argument("--json", action="store_true", help="prints one object")

    def handle(
        self,
        *,
        file: Path,
        as_of: str | None,
        program: list[str],
        dry_run: bool,
        **options: Any,
    ) -> None:
        now = timezone.now()
        slugs = ProgramSlugs(chosen=dict(map(_chosen, program)))
        try:
            with file.open("rb") as content:
                speaks = _parsed(as_of) if as_of else made_at(content, file.name)
                if dry_run:
                    result, errors = activity.outlook(
                        read_activity(content, plain=True), slugs, self._progress
                    )
                    del result["sample"]
                    shown = [(error.line, error.message) for error in errors]
                else:
                    result, shown = self._import(content, speaks, slugs, now)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except UnreadableFile as error:
            raise CommandError(f"{file}: {error}") from error
        result["programs"] = {
            slug: str(cohort) if (cohort := slugs.cohort(slug)) else None for slug in slugs.seen
        }
        if options["json"]:
            whole = {"file": str(file), "as_of": speaks, "dry_run": dry_run} | result
            whole["not_read"] = [{"line": line, "message": message} for line, message in shown]
            self.stdout.write(json.dumps(whole, default=str))
            return
        self.stdout.write(", ".join(f"{name} {value}" for name, value in result.items()))
        for line, message in shown:
            self.stdout.write(f"line {line}: {message}")

    def _import(
        self, content: Any, as_of: datetime | None, slugs: ProgramSlugs, now: datetime
    ) -> tuple[dict[str, Any], list[tuple[int, str]]]:
        if as_of is None:
            raise CommandError("--as-of is needed: the file's name does not say when it was made")
        if as_of > now:
            raise CommandError("--as-of is still to come")
        content.seek(0)
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        known = Report.objects.filter(sha256=sha256).exists()
        report = activity.take(
            read_activity(content, plain=True),
            source=Report.Source.CSV,
            as_of=as_of,
            sha256=sha256,
            slugs=slugs,
            progress=self._progress,
            by="import_report",
            now=now,
        )
        result = {
            "report": report.pk,
            "imported_before": known,
            "rows": report.rows,
            "members": report.members,
            "unmatched": report.unmatched,
        }
        return result, [(error["line"], error["message"]) for error in report.errors]

    def _progress(self, rows: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{rows:,} rows read", ending="")


def _chosen(pair: str) -> tuple[str, int]:
    slug, _, name = pair.partition("=")
    try:
        return slug, Cohort.objects.named(name).pk
    except Cohort.DoesNotExist as error:
        names = ", ".join(Cohort.objects.values_list("name", flat=True))
        raise CommandError(f"--program {pair}: there is no such cohort; one of {names}") from error


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=KARACHI)
    except ValueError as error:
        raise CommandError("--as-of takes a time in Karachi such as '2023-01-28 03:15'") from error
