"""Invites a focal person, or somebody to act for HEC, from a terminal: the first officer, above all."""

from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.utils import timezone

from applications.models import University
from dlsei.models import User
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.refusals import Refused
from verification import staff_invitations, staff_lists


class Command(BaseCommand):
    help = (
        "Sends an invitation: to act for HEC (--hec), or to decide for a university (--university)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "email", nargs="?", help="whose invitation it is; nobody else can accept it"
        )
        parser.add_argument("--name", help="the full name, for a new account")
        role = parser.add_mutually_exclusive_group(required=True)
        role.add_argument("--hec", action="store_true", help="to act for HEC")
        role.add_argument("--university", metavar="NAME", help="to decide there, by its full name")
        role.add_argument(
            "--csv",
            metavar="FILE",
            help="columns University, Full Name, Email, First Day, Last Day",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="of --csv: only says what is in it"
        )
        parser.add_argument("--from", dest="since", type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument("--until", type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument("--language", choices=["en", "ur"], default="en")
        parser.add_argument("--by", metavar="ADDRESS", help="who at HEC invites; else this command")

    def handle(self, **options: Any) -> None:
        by: User | str = "manage.py invite_staff"
        if options["by"]:
            try:
                by = User.objects.get(email__iexact=options["by"])
            except User.DoesNotExist as error:
                raise CommandError(f"{options['by']} is nobody at HEC.") from error
        try:
            if options["csv"]:
                self._all_of(options["csv"], by, dry_run=options["dry_run"])
            else:
                self._one(options, by)
        except Refused as refused:
            raise CommandError(refused.refusal.message) from refused

    def _one(self, options: dict[str, Any], by: User | str) -> None:
        university = options["university"]
        if not (options["email"] and options["name"]):
            raise CommandError("Name both, the address and the --name of whom you invite.")
        if not university and (options["since"] or options["until"]):
            raise CommandError("--from and --until are the days of a focal person.")
        try:
            validate_email(options["email"])
            where = University.objects.get(name__iexact=university) if university else None
        except University.DoesNotExist as error:
            raise CommandError(f"No university is called {university!r}.") from error
        except ValidationError as error:
            raise CommandError(f"{options['email']!r} is no e-mail address.") from error
        invitation = staff_invitations.invite(
            options["email"],
            options["name"],
            where,
            options["since"],
            options["until"],
            language=options["language"],
            by=by,
            now=timezone.now(),
        )
        self.stdout.write(
            f"{invitation.email} is invited to {invitation.university or 'HEC'},"
            f" until {timezone.localtime(invitation.expires_at):%Y-%m-%d %H:%M}"
        )

    def _all_of(self, path: str, by: User | str, *, dry_run: bool) -> None:
        now = timezone.now()
        try:
            with Path(path).open("rb") as file:
                rows, errors = staff_lists.read(file, karachi_date(now))
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        for wrong in errors:
            self.stdout.write(f"line {wrong.line}: {wrong.sentence % wrong.values}")
        if dry_run:
            self.stdout.write(f"{len(rows)} would be invited, {len(errors)} rows cannot be read")
            return
        result = staff_lists.invite_all(rows, by=by, now=now)
        for no in result["refused"]:
            self.stdout.write(f"line {no['line']}: {no['sentence'] % no['values']}")
        self.stdout.write(
            f"{result['invited']} invited, {result['already']} already,"
            f" {len(result['refused'])} refused, {len(errors)} rows cannot be read"
        )
