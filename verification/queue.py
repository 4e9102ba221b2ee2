"""A university's queue: who is next, what is late, who is looking (R8, R10, R12)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from applications.models import Application, Question, University
from applications.models.applications import ApplicationQuerySet
from dlsei.history import Actor
from dlsei.models import User
from dlsei.policy.calendar_days import karachi_date
from dlsei.verbs import UNIVERSITY, lock, verb
from licensing.models import Programme
from verification.models import Sighting
from verification.permissions import require_reader


def in_turn(university: Any) -> ApplicationQuerySet:
    """All that is pending at a university, in the order in which it is to be decided (R10)."""
    return Application.objects.at(university).pending().in_turn()


def asked() -> Exists:
    """Whether an application waits for its applicant's answer: it has stepped aside."""
    return Exists(Question.objects.open().filter(application=OuterRef("pk")))


def seen_elsewhere(by: Actor, now: datetime) -> Exists:
    """Whether somebody else has an application open on screen right now (R10)."""
    minutes = Programme.in_force().policy.queue.seen_minutes
    others = Sighting.objects.filter(
        application=OuterRef("pk"),
        last_seen_at__gte=now - timedelta(minutes=minutes),
        left_at=None,
    )
    return Exists(others.exclude(person=by) if isinstance(by, User) else others)


def _decidable(university: Any, by: Actor, now: datetime) -> ApplicationQuerySet:
    """In turn, what `by` could decide now: not asked, not open at somebody else, not their own (I4, R10)."""
    own = Q(person=by) if isinstance(by, User) else Q(pk=None)
    return in_turn(university).filter(~asked(), ~seen_elsewhere(by, now), ~own)


# As `ApplicationQuerySet.before`, of the application around a subquery.
_BEFORE = Q(priority__lt=OuterRef("priority")) | Q(priority=OuterRef("priority")) & (
    Q(submitted_at__lt=OuterRef("submitted_at"))
    | Q(submitted_at=OuterRef("submitted_at"), id__lt=OuterRef("pk"))
)


def met(applications: QuerySet[Application], *, by: Actor, now: datetime) -> QuerySet[Any]:
    """Each as `by` meets it: with `ahead`, reference and person of what is to be decided before it, None when it
    is its turn, and with what is `left` at its university, None when nothing is.
    """
    ahead = _decidable(OuterRef("university"), by, now).filter(_BEFORE)
    person = JSONObject(full_name="person__full_name")
    waiting = _waiting(OuterRef("university")).values("university")
    return applications.annotate(
        ahead=Subquery(ahead.values(found=JSONObject(reference="reference", person=person))[:1]),
        left=Subquery(
            waiting.annotate(**_to_decide(now)).values(
                found=JSONObject(to_decide="to_decide", overdue="overdue")
            )
        ),
    )


# Beside `dlsei.policy.turn.ahead`; a property test holds them equal.
def ahead(application: Application, *, by: Actor, now: datetime) -> Application | None:
    """The application to decide before this one, None when it is its turn."""
    assert application.university is not None
    return _decidable(application.university, by, now).before(application).first()


def next_in_turn(university: University, *, by: Actor, now: datetime) -> Application | None:
    """What `by` decides next: neither waiting for an answer nor open at somebody else."""
    following = _decidable(university, by, now).select_related("person").first()
    if following:
        following.university = university
    return following


@verb
def take_next(university: University, *, by: Actor, now: datetime) -> Application | None:
    """Opens what `by` decides next, None when nothing is left for them.

    Under the queue's lock, so that two who ask at the same moment get different ones (R8, R10).
    """
    lock(UNIVERSITY, university.pk)
    following = next_in_turn(university, by=by, now=now)
    if following:
        open_application(following, by=by, now=now)
    return following


@dataclass(frozen=True)
class SetAside:
    """How many stand before the next in turn and are passed over now (R10)."""

    asked: int
    open_elsewhere: int


def set_aside(
    following: Application | None, university: University, by: Actor, now: datetime
) -> SetAside:
    """What is passed over before `following`, or in the whole queue when there is none."""
    passed = in_turn(university).order_by()
    if following:
        passed = passed.before(following)
    counted = passed.aggregate(
        asked=Count("pk", filter=asked()),
        open_elsewhere=Count("pk", filter=~asked() & Q(seen_elsewhere(by, now))),
    )
    return SetAside(**counted)


@dataclass(frozen=True)
class Left:
    """How much is to be decided at a university; what waits for its applicant is not."""

    to_decide: int
    overdue: int


def left(university: University, now: datetime) -> Left:
    """What is left to decide, and how much of it is overdue (R12)."""
    return Left(**_waiting(university).aggregate(**_to_decide(now)))


def _waiting(university: Any) -> QuerySet[Application]:
    return in_turn(university).order_by().exclude(asked())


def _to_decide(now: datetime) -> dict[str, Count]:
    late = Q(submitted_at__lt=overdue_before(now))
    return {"to_decide": Count("pk"), "overdue": Count("pk", filter=late)}


@verb
def open_application(application: Application, *, by: Actor, now: datetime) -> None:
    """Notes who opened an application, first and last (4.1.f, R8). Raises `Refused(not-yours)`."""
    person = require_reader(by, application, karachi_date(now))
    seen = Sighting(application=application, person=person, first_seen_at=now, last_seen_at=now)
    Sighting.objects.bulk_create(
        [seen],
        update_conflicts=True,
        unique_fields=["application", "person"],
        update_fields=["last_seen_at", "left_at"],
    )


def overdue_before(now: datetime) -> datetime:
    """What was submitted before this moment and is still pending is overdue (R12)."""
    return now - timedelta(hours=Programme.in_force().policy.queue.due_hours)
