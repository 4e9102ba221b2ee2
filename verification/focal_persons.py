"""Who decides for a university, from when until when: nominated, replaced, suspended by HEC (4.1.d)."""

from datetime import date, datetime

from applications.models import University
from dlsei.history import Actor
from dlsei.models import User
from dlsei.permissions import require_hec
from dlsei.policy.calendar_days import karachi_date
from dlsei.verbs import verb
from verification.models import FocalPerson


@verb
def nominate(
    person: User,
    university: University,
    since: date,
    until: date | None = None,
    *,
    by: Actor,
    now: datetime,
) -> FocalPerson:
    """Lets `person` decide for `university`, both days included; no `until` is until further notice.

    Again for the same first day it corrects the last one and lifts a suspension. `by` is HEC or a
    job; who is not known yet is invited instead. Raises `Refused(not-yours)`.
    """
    _require_keeper(by)
    return take_up(person, university, since, until)


def take_up(
    person: User, university: University, since: date, until: date | None = None
) -> FocalPerson:
    """The nomination itself, inside the verb of whoever may make it."""
    focal_person, _ = FocalPerson.objects.update_or_create(
        person=person,
        university=university,
        since=since,
        defaults={"until": until, "suspended_at": None, "replaced_at": None},
    )
    return focal_person


@verb
def end(focal_person: FocalPerson, until: date, *, by: Actor, now: datetime) -> None:
    """Makes `until` the nomination's last day, at the earliest its first. Raises `Refused(not-yours)`.

    A last day that is over ends the person's sessions.
    """
    _require_keeper(by)
    until = max(until, focal_person.since)
    FocalPerson.objects.filter(pk=focal_person.pk).update(until=until)
    if until < karachi_date(now):
        _sign_out(focal_person)


@verb
def suspend(focal_person: FocalPerson, *, by: Actor, now: datetime) -> None:
    """Takes the university's queue away at once, until `resume`, and ends the person's sessions.

    Raises `Refused(not-yours)`.
    """
    _require_keeper(by)
    FocalPerson.objects.filter(pk=focal_person.pk, suspended_at=None).update(suspended_at=now)
    _sign_out(focal_person)


@verb
def resume(focal_person: FocalPerson, *, by: Actor, now: datetime) -> None:
    """Lifts a suspension. Raises `Refused(not-yours)`."""
    _require_keeper(by)
    FocalPerson.objects.filter(pk=focal_person.pk).update(suspended_at=None)


@verb
def step_down(focal_person: FocalPerson, *, by: Actor, now: datetime) -> None:
    """Ends a nomination at once, for somebody else's sake, and the person's sessions with it.

    Raises `Refused(not-yours)`.
    """
    _require_keeper(by)
    until = max(karachi_date(now), focal_person.since)
    if focal_person.until:
        until = min(until, focal_person.until)
    FocalPerson.objects.filter(pk=focal_person.pk, replaced_at=None).update(
        until=until, replaced_at=now
    )
    _sign_out(focal_person)


def _sign_out(focal_person: FocalPerson) -> None:
    User.objects.filter(pk=focal_person.person_id).end_sessions()


def _require_keeper(by: Actor) -> None:
    if isinstance(by, User):
        require_hec(by)
