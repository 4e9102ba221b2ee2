"""Re-checks every invariant on live data."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from dlsei import audit


class Command(BaseCommand):
    help = "Checks the invariants I1-I10 by SQL; exit status 1 when one is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="prints one object")

    def handle(self, *, json: bool, **options: Any) -> None:
        found = list(audit.breaches(timezone.now()))
        broken = sorted({breach.invariant for breach in found})
        if json:
            self.stdout.write(_object(found, broken))
        else:
            for breach in found:
                self.stdout.write(f"{breach.invariant} broken: {breach.says}: {breach.found}")
            kept = len({c.invariant for c in audit.CHECKS}) - len(broken)
            self.stdout.write(
                f"{len(audit.CHECKS)} checks: {kept} invariants hold, {len(broken)} broken"
            )
        if found:
            raise SystemExit(1)


def _object(found: list[audit.Breach], broken: list[str]) -> str:
    return json.dumps(
        {
            "ok": not found,
            "checks": len(audit.CHECKS),
            "broken": broken,
            "breaches": [asdict(breach) for breach in found],
        }
    )
