"""Puts a backup back, and proves it."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from dlsei import audit
from dlsei.backup import CannotRestore, damaged, restore


class Command(BaseCommand):
    help = "Restores a backup into an empty database and storage, then audits both."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR")

    def handle(self, *, directory: Path, **options: Any) -> None:
        try:
            restored = restore(directory)
        except CannotRestore as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"restored: the database and {len(restored.files)} files")
        loader = MigrationLoader(connection)
        if newer := set(loader.applied_migrations) - set(loader.disk_migrations):
            raise CommandError(
                f"The backup is of a newer release, with {_names(newer)}: restore it with that one."
            )
        # A backup of an older release is brought to this one.
        call_command("migrate", interactive=False, verbosity=0)
        # As of the backup: a mail that was on its way then has waited ever since.
        wrong = list(damaged(restored.gone))
        wrong += [
            f"{b.invariant} broken: {b.says}: {b.found}" for b in audit.breaches(restored.moment)
        ]
        for line in wrong:
            self.stdout.write(line)
        if wrong:
            raise SystemExit(1)
        self.stdout.write("every file is what its row says, every invariant holds")


def _names(migrations: set[tuple[str, str]]) -> str:
    return ", ".join(f"{app}.{name}" for app, name in sorted(migrations))
