"""Writes docs/help/ from `dlsei.help`, or says whether it still matches."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from dlsei import help

DOCS = Path(settings.BASE_DIR) / "docs" / "help"


def documents() -> dict[Path, str]:
    """The documents as they should be, by where they stand."""
    with translation.override("en"):
        return {
            DOCS / f"{role}.md": help.document(page, lambda of: f"../../static/{of.path}")
            for role, page in help.PAGES.items()
        }


class Command(BaseCommand):
    help = "Writes docs/help/ from dlsei/help.py; --check only compares."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="exit 1 when a page is stale")

    def handle(self, *, check: bool, **options: Any) -> None:
        stale = [path for path, text in documents().items() if not _is(path, text)]
        if check and stale:
            names = ", ".join(path.name for path in stale)
            raise CommandError(f"run manage.py document_help: {names} would change")
        for path in stale:
            path.write_text(documents()[path], encoding="utf-8")
        self.stdout.write(f"{len(stale)} written" if stale else "all pages match")


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text
