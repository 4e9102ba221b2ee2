"""Loads the list of recognized universities."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from applications import universities


class Command(BaseCommand):
    help = "Loads the shipped list of universities, or FILE; again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", nargs="?", type=Path, default=universities.SHIPPED, metavar="FILE"
        )

    def handle(self, *, file: Path, **options: Any) -> None:
        with file.open(encoding="utf-8", newline="") as lines:
            figures = universities.load(lines, by="load_universities", now=timezone.now())
        self.stdout.write(
            f"{figures['universities']} universities on the list, {figures['new']} new"
        )
