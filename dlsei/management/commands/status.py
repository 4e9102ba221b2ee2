"""The figures of /metrics at the terminal."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from dlsei.metrics import Figures


class Command(BaseCommand):
    help = "Says how the programme runs: queue, mails, Coursera, seats, jobs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="prints one object")

    def handle(self, *, json: bool, **options: Any) -> None:
        now = timezone.now()
        figures = [
            (family, ", ".join(sample.labels.values()), sample.value)
            for family in Figures(now).collect()
            for sample in family.samples
        ]
        if json:
            self.stdout.write(_object(figures))
            return
        for family, label, value in figures:
            words = family.documentation.rstrip(".") + (f" [{label}]:" if label else ":")
            if family.name.endswith("_timestamp_seconds"):
                ago = max(0, round(now.timestamp() - value))
                self.stdout.write(f"{words} {_duration(ago)} ago")
            elif family.name.endswith("_seconds"):
                self.stdout.write(f"{words} {_duration(round(value))}")
            else:
                self.stdout.write(f"{words} {value:g}")


def _object(figures: list[tuple[Any, str, float]]) -> str:
    found: dict[str, Any] = {}
    for family, label, value in figures:
        if label:
            found.setdefault(family.name, {})[label] = value
        else:
            found[family.name] = value
    return json.dumps(found)


def _duration(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"
