"""Who decides for a university, from when until when: nominated, replaced, suspended by HEC (4.1.d)."""

from datetime import date, datetime

from django.urls import reverse

from applications.models import University
from applications.registration import register
from dlsei import outbox
from dlsei.history import Actor
from dlsei.models import User
from dlsei.permissions import require_hec
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
    job. Raises `Refused(not-yours)`.
    """
    _require_keeper(by)
    focal_person, _ = FocalPerson.objects.update_or_create(
        person=person,
        university=university,
        since=since,
        defaults={"until": until, "suspended_at": None},
    )
    return focal_person


@verb
def invite(
    email: str,
    full_name: str,
    university: University,
    since: date,
    until: date | None = None,
    *,
    by: Actor,
    now: datetime,
) -> FocalPerson:
    """Nominates whoever signs in with this address, and tells them; without an account they get one.

    They sign in with a code sent to it, so no password is made up for them. `full_name` is used for
    a new account only. Raises `Refused(not-yours)`.
    """
    _require_keeper(by)
    person = User.objects.filter(email__iexact=email.strip()).first()
    if person is None:
        person = register(email.strip(), full_name.strip(), by=by, now=now)
    focal_person = nominate(person, university, since, until, by=by, now=now)
    outbox.enqueue(
        "nomination",
        to=person,
        key=f"focal:{focal_person.pk}:nominated",
        values={
            "university": university.name,
            "since_on": since,
            "until_on": until or "",
            "link": outbox.link(reverse("account_request_login_code")),
        },
        now=now,
    )
    return focal_person


@verb
def end(focal_person: FocalPerson, until: date, *, by: Actor, now: datetime) -> None:
    """Makes `until` the nomination's last day, at the earliest its first. Raises `Refused(not-yours)`."""
    _require_keeper(by)
    until = max(until, focal_person.since)
    FocalPerson.objects.filter(pk=focal_person.pk).update(until=until)


@verb
def suspend(focal_person: FocalPerson, *, by: Actor, now: datetime) -> None:
    """Takes the university's queue away at once, until `resume`. Raises `Refused(not-yours)`."""
    _require_keeper(by)
    FocalPerson.objects.filter(pk=focal_person.pk, suspended_at=None).update(suspended_at=now)


@verb
def resume(focal_person: FocalPerson, *, by: Actor, now: datetime) -> None:
    """Lifts a suspension. Raises `Refused(not-yours)`."""
    _require_keeper(by)
    FocalPerson.objects.filter(pk=focal_person.pk).update(suspended_at=None)


def _require_keeper(by: Actor) -> None:
    if isinstance(by, User):
        require_hec(by)
