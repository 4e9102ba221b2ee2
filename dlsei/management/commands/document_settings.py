"""Keeps the operators' list of settings equal to `.env.example`."""

import re
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

PAGE = Path("docs/operators/configure.md")
HEAD = """\
# Configure

Every setting is an environment variable, or a line of a file `.env` beside `manage.py`; none is needed for `make run`.
With Docker, `deploy/env.example` is what must be set, and `docker-compose.yml` derives the rest. This page is made from
`.env.example` by `manage.py document_settings`.

A setting is read when a process starts: after a change, restart web, worker and beat. With Docker
that is `docker compose up --detach`, which starts anew what has other settings; `docker compose restart` keeps the old ones.
"""


class Setting(NamedTuple):
    """One setting: its name, an example or its default, what it is for."""

    name: str
    value: str
    says: str


class Command(BaseCommand):
    help = "Writes docs/operators/configure.md from .env.example; with --check only compares."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="exit status 1 when they differ")

    def handle(self, *, check: bool, **options: Any) -> None:
        page = settings.BASE_DIR / PAGE
        written = document((settings.BASE_DIR / ".env.example").read_text(encoding="utf-8"))
        if not check:
            page.write_text(written, encoding="utf-8")
        elif not page.exists() or page.read_text(encoding="utf-8") != written:
            self.stderr.write(f"{PAGE} is not what .env.example says: manage.py document_settings")
            raise SystemExit(1)


def document(example: str) -> str:
    """The page for an example file of sections (`# --- name`), comments and `#NAME=value` lines."""
    lines = [HEAD]
    for title, found in sections(example).items():
        lines += [
            f"## {title}\n",
            "| setting | default or example | what it is |",
            "| --- | --- | --- |",
        ]
        for name, value, says in found:
            lines.append(f"| `{name}` | {f'`{value}`' if value else ''} | {says} |")
        lines.append("")
    return "\n".join(lines)


def sections(example: str) -> dict[str, list[Setting]]:
    """The settings by section. Raises ValueError for one that nothing is said about."""
    found: dict[str, list[Setting]] = {}
    title = says = ""
    for line in example.splitlines():
        if line.startswith("# --- "):
            title = line.removeprefix("# --- ")
            found[title] = []
        elif match := re.fullmatch(r"#([A-Z0-9_]+)=(.*)", line):
            if not says:
                raise ValueError(f"{match[1]} has no comment above it")
            found[title].append(Setting(match[1], match[2], says))
            says = ""
        elif title and line.startswith("# "):
            says = f"{says} {line.removeprefix('# ')}".strip()
    return found
