"""New links after the signing key has changed: those already mailed no longer open."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from licensing import invitations
from licensing.models import License


class Command(BaseCommand):
    help = "Owes a new invitation to everybody who was invited and has not clicked; with --dry-run counts them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only counts")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        invited = License.objects.of_bucket().filter(state="invited", activated_at=None)
        if not dry_run:
            for license in invited.order_by("pk"):
                invitations.invite_again(
                    license, by="licensing.invitations.invite_again", now=timezone.now()
                )
        self.stdout.write(f"{invited.count()} invited and not active")
