"""Makes due now what failed: the console's button, for all of it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dlsei.models import Mail, User
from dlsei.policy.refusals import Refused
from licensing.models import CourseraJob
from verification import retries


class Command(BaseCommand):
    help = "Makes every failing mail, or every failing job at Coursera, due now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["mails", "coursera"])
        parser.add_argument("--by", required=True, metavar="ADDRESS", help="who at HEC does this")

    def handle(self, *, what: str, by: str, **options: Any) -> None:
        now = timezone.now()
        try:
            person = User.objects.get(email__iexact=by)
            if what == "mails":
                due = [retries.send_again(m, by=person, now=now) for m in Mail.objects.failing()]
            else:
                failing = CourseraJob.objects.failing()
                due = [retries.do_again(job, by=person, now=now) for job in failing]
        except (User.DoesNotExist, Refused) as error:
            raise CommandError(f"{by} is nobody at HEC.") from error
        self.stdout.write(f"{what}: {sum(due)} due now")
