"""HEC has mended the cause: what failed is due again now (R9, I6, I7)."""

from datetime import datetime

from dlsei import schedule
from dlsei.history import Actor
from dlsei.models import Mail
from dlsei.permissions import require_hec
from dlsei.verbs import verb
from licensing.models import CourseraJob


@verb
def send_again(mail: Mail, *, by: Actor, now: datetime) -> bool:
    """Makes an unsent mail due now; says whether there was anything to do. Raises `Refused(not-yours)`."""
    require_hec(by)
    due = Mail.objects.unsent().filter(pk=mail.pk, leased_until=None).update(due_at=now)
    schedule.nudge("deliver_mail")
    return bool(due)


@verb
def do_again(job: CourseraJob, *, by: Actor, now: datetime) -> bool:
    """Makes an open Coursera job due now; says whether there was anything to do. Raises as above."""
    require_hec(by)
    open_job = CourseraJob.objects.filter(pk=job.pk, done_at=None, leased_until=None)
    due = open_job.update(due_at=now)
    schedule.nudge("deliver_coursera")
    return bool(due)
