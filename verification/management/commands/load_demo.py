"""Loads the demo's people."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from verification import demo


class Command(BaseCommand):
    help = "Loads people of every kind and state, once, and prints the sign-ins. Needs DEMO."

    def handle(self, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "The demo's people all have one known password: only with DEMO=true."
            )
        demo.load(now=timezone.now(), sandbox_file=demo.sandbox_file())
        self.stdout.write(demo.sign_ins())
