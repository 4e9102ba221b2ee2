"""A learner's address was corrected: Coursera forgets the former one and invites the new one (R6, I7)."""

from datetime import datetime

from django.db.models import Max, Q

from dlsei import schedule
from dlsei.history import Actor
from dlsei.policy.expiry import BUCKET
from dlsei.verbs import verb
from licensing.models import CourseraJob, License


@verb
def readdress(license: License, *, by: Actor, now: datetime) -> CourseraJob | None:
    """Owes the former address its removal, and the person's present one the next generation's invitation.

    An invitation that nobody sends right now is cancelled; one that may have got there is removed. Clocks stay as they
    are (R14). None for a license that has ended, or that Coursera was never asked for (R4).
    """
    license = License.objects.select_for_update(of=("self",)).get(pk=license.pk)
    if not license.is_live or license.source != BUCKET:
        return None
    invites = license.coursera_jobs.filter(kind=CourseraJob.Kind.INVITE)
    invites.filter(done_at=None, leased_until=None).update(
        done_at=now, outcome=CourseraJob.Outcome.CANCELLED
    )
    reached = invites.filter(Q(outcome=CourseraJob.Outcome.DONE) | Q(attempts__gt=0))
    if former := reached.order_by("generation").last():
        _owe(license, CourseraJob.Kind.REMOVE, former.generation, former.email, now)
    newest = invites.aggregate(n=Max("generation"))["n"] or 0
    return _owe(license, CourseraJob.Kind.INVITE, newest + 1, license.person.email, now)


def _owe(license: License, kind: str, generation: int, email: str, now: datetime) -> CourseraJob:
    job, _ = CourseraJob.objects.get_or_create(
        license=license,
        kind=kind,
        generation=generation,
        defaults={"email": email, "created_at": now, "due_at": now},
    )
    schedule.nudge("deliver_coursera")
    return job
