"""Saves the database and all documents."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dlsei.backup import CannotBackUp, backup


class Command(BaseCommand):
    help = (
        "Saves database and documents into DIR, a new or empty directory, while the product runs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR")

    def handle(self, *, directory: Path, **options: Any) -> None:
        try:
            made = backup(directory, now=timezone.now())
        except CannotBackUp as refusal:
            raise CommandError(str(refusal)) from refusal
        size = (made.database.size + sum(file.size for file in made.files)) / 1024**2
        self.stdout.write(f"{directory}: the database and {len(made.files)} files, {size:.1f} MiB")
