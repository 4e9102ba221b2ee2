"""A university's queue: who is next, what is late, who is looking (R8, R10, R12)."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from applications.models import Application, Question, University
from dlsei.history import Actor
from dlsei.models import User
from dlsei.policy.calendar_days import karachi_date
from dlsei.verbs import verb
from licensing.models import Programme
from verification.models import Sighting
from verification.permissions import require_reviewer


def in_turn(university: University) -> QuerySet[Application]:
    """All that is pending at a university, in the order in which it is to be decided (R10)."""
    return Application.objects.at(university).pending().in_turn()


def asked() -> Exists:
    """Whether an application waits for its applicant's answer: it has stepped aside."""
    return Exists(Question.objects.open().filter(application=OuterRef("pk")))


def seen_elsewhere(by: Actor, now: datetime) -> Exists:
    """Whether somebody else has an application open on screen right now (R10)."""
    minutes = Programme.in_force().policy.queue.seen_minutes
    others = Sighting.objects.filter(
        application=OuterRef("pk"), last_seen_at__gte=now - timedelta(minutes=minutes)
    )
    return Exists(others.exclude(person=by) if isinstance(by, User) else others)


# Beside `dlsei.policy.turn.ahead`; a property test holds them equal.
def ahead(application: Application, *, by: Actor, now: datetime) -> Application | None:
    """The application to decide before this one, None when it is its turn."""
    assert application.university is not None
    before = Q(priority__lt=application.priority) | Q(priority=application.priority) & (
        Q(submitted_at__lt=application.submitted_at)
        | Q(submitted_at=application.submitted_at, id__lt=application.pk)
    )
    return (
        in_turn(application.university)
        .filter(before)
        .exclude(asked())
        .exclude(seen_elsewhere(by, now))
        .first()
    )


def next_in_turn(university: University, *, by: Actor, now: datetime) -> Application | None:
    """What `by` decides next: neither waiting for an answer nor open at somebody else."""
    return in_turn(university).exclude(asked()).exclude(seen_elsewhere(by, now)).first()


@verb
def open_application(application: Application, *, by: Actor, now: datetime) -> Sighting:
    """Notes who opened an application, first and last (4.1.f, R8). Raises `Refused(not-yours)`."""
    person, _ = require_reviewer(by, application, karachi_date(now))
    sighting, new = Sighting.objects.get_or_create(
        application=application,
        person=person,
        defaults={"first_seen_at": now, "last_seen_at": now},
    )
    if not new:
        sighting.last_seen_at = now
        sighting.save(update_fields=["last_seen_at"])
    return sighting


def overdue_before(now: datetime) -> datetime:
    """What was submitted before this moment and is still pending is overdue (R12)."""
    return now - timedelta(hours=Programme.in_force().policy.queue.due_hours)
