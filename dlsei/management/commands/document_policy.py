"""Writes docs/policy.md and docs/states.md from the rule book, or says whether they still match it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

import dlsei.policy
from dlsei.policy import explained
from dlsei.policy.programme import read

YEAR_2 = Path(dlsei.policy.__file__).with_name("year-2.toml")
DOCS = Path(settings.BASE_DIR) / "docs"


def documents() -> dict[Path, str]:
    """The documents as they should be, by where they stand."""
    programme = read(YEAR_2.read_text(encoding="utf-8"), YEAR_2.name)
    return {
        DOCS / "policy.md": explained.policy_document(programme, YEAR_2.name),
        DOCS / "states.md": explained.states_document(),
    }


class Command(BaseCommand):
    help = "Writes docs/policy.md and docs/states.md from dlsei.policy; --check only compares."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="exit 1 when a document is stale")

    def handle(self, *, check: bool, **options: Any) -> None:
        stale = []
        for path, text in documents().items():
            if path.exists() and path.read_text(encoding="utf-8") == text:
                continue
            stale.append(path.name)
            if not check:
                path.write_text(text, encoding="utf-8")
        if check and stale:
            raise CommandError(f"run manage.py document_policy: {', '.join(stale)} would change")
        self.stdout.write(f"written: {', '.join(stale)}" if stale else "all documents match")
