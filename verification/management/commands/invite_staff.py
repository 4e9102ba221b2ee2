"""Invites a focal person, or somebody to act for HEC, from a terminal: the first officer, above all."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.utils import timezone

from applications.models import University
from dlsei.models import User
from dlsei.policy.refusals import Refused
from verification import staff_invitations


class Command(BaseCommand):
    help = (
        "Sends an invitation: to act for HEC (--hec), or to decide for a university (--university)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="whose invitation it is; nobody else can accept it")
        parser.add_argument("--name", required=True, help="the full name, for a new account")
        role = parser.add_mutually_exclusive_group(required=True)
        role.add_argument("--hec", action="store_true", help="to act for HEC")
        role.add_argument("--university", metavar="NAME", help="to decide there, by its full name")
        parser.add_argument("--from", dest="since", type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument("--until", type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument("--language", choices=["en", "ur"], default="en")
        parser.add_argument("--by", metavar="ADDRESS", help="who at HEC invites; else this command")

    def handle(self, **options: Any) -> None:
        university = options["university"]
        if not university and (options["since"] or options["until"]):
            raise CommandError("--from and --until are the days of a focal person.")
        try:
            validate_email(options["email"])
            invitation = staff_invitations.invite(
                options["email"],
                options["name"],
                University.objects.get(name__iexact=university) if university else None,
                options["since"],
                options["until"],
                language=options["language"],
                by=User.objects.get(email__iexact=options["by"])
                if options["by"]
                else "manage.py invite_staff",
                now=timezone.now(),
            )
        except University.DoesNotExist as error:
            raise CommandError(f"No university is called {university!r}.") from error
        except User.DoesNotExist as error:
            raise CommandError(f"{options['by']} is nobody at HEC.") from error
        except ValidationError as error:
            raise CommandError(f"{options['email']!r} is no e-mail address.") from error
        except Refused as refused:
            raise CommandError(refused.refusal.message) from refused
        self.stdout.write(
            f"{invitation.email} is invited to {invitation.university or 'HEC'},"
            f" until {timezone.localtime(invitation.expires_at):%Y-%m-%d %H:%M}"
        )
