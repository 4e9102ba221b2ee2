"""Inviting focal persons and HEC's staff: a link, bound to an address, good once and for some days.

Nobody gets a role by registering. The invitation makes an account where there is none; the role
begins when the person, signed in with that address, accepts.
"""

import secrets
from datetime import date, datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse

from applications.models import University
from applications.registration import register
from dlsei import outbox
from dlsei.history import Actor
from dlsei.models import User
from dlsei.permissions import require_hec
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.refusals import Refusal, Refused
from dlsei.policy.wording import gettext_noop as _
from dlsei.verbs import verb
from verification import focal_persons, hec_staff
from verification.models import FocalPerson, Invitation

_REFUSALS = {
    "invitation-not-valid": _(
        "This invitation is not valid any more: it was used, withdrawn, replaced by a newer one, or "
        "too old. Ask HEC to send it again."
    ),
    "invitation-for-another": _(
        "This invitation is for another e-mail address. Sign in with the address that it was sent to."
    ),
    "has-the-role": _("%(name)s acts in this role already. Change that instead of inviting anew."),
    "period-over": _("The last day is over already. Choose a later one."),
}
_CLAUSE_OF_HEC, _CLAUSE_OF_FOCAL_PERSONS = "4.1.j", "4.1.d"


def _refusal(code: str, clause: str = _CLAUSE_OF_FOCAL_PERSONS, **values: str) -> Refused:
    return Refused(Refusal(code, clause, _REFUSALS[code], values))


@verb
def invite(
    email: str,
    full_name: str,
    university: University | None = None,
    since: date | None = None,
    until: date | None = None,
    *,
    by: Actor,
    now: datetime,
    language: str = "en",
) -> Invitation:
    """Invites the owner of an address to decide for `university`, or without one to act for HEC.

    `since` and `until` are the days of the nomination. `full_name` and `language` are used for a
    new account only. Again for the same role it corrects the period and sends a new link. `by` is HEC or a job.
    Raises `Refused` with not-yours, has-the-role or period-over.
    """
    _require_keeper(by)
    today = karachi_date(now)
    if university:
        since = since or today
        if until and until < today:
            raise _refusal("period-over")
    person = _account(email.strip().lower(), full_name.strip(), language, by=by, now=now)
    # Whoever invites the same person at the same moment waits.
    User.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if _has_the_role(person, university, since):
        clause = _CLAUSE_OF_FOCAL_PERSONS if university else _CLAUSE_OF_HEC
        raise _refusal("has-the-role", clause, name=str(person))
    found = Invitation.objects.open().filter(person=person, university=university)
    invitation = found.select_for_update(of=("self",)).first()
    if invitation:
        invitation.since, invitation.until = since, until
        return _send(invitation, by=by, now=now)
    invitation = Invitation.objects.create(
        person=person,
        email=person.email,
        university=university,
        since=since,
        until=until,
        nonce=secrets.token_urlsafe(24),
        invited_by=by if isinstance(by, User) else None,
        invited_at=now,
        expires_at=_expiry(now),
    )
    _mail(invitation, now)
    return invitation


@verb
def send_again(invitation: Invitation, *, by: Actor, now: datetime) -> Invitation:
    """Sends a new link, good for as long again; former ones open nothing any more.

    Raises `Refused` with not-yours or invitation-not-valid.
    """
    _require_keeper(by)
    return _send(_locked(invitation), by=by, now=now)


@verb
def withdraw(invitation: Invitation, *, by: Actor, now: datetime) -> None:
    """Makes an open invitation worth nothing. Raises `Refused` with not-yours or invitation-not-valid."""
    _require_keeper(by)
    invitation = _locked(invitation)
    invitation.withdrawn_at = now
    invitation.save(update_fields=["withdrawn_at"])


@verb
def replace(
    focal_person: FocalPerson,
    email: str,
    full_name: str,
    until: date | None = None,
    *,
    by: Actor,
    now: datetime,
    language: str = "en",
) -> Invitation:
    """Invites somebody in a focal person's place, whose access and sessions end at once.

    Raises what `invite` does.
    """
    focal_persons.step_down(focal_person, by=by, now=now)
    return invite(
        email,
        full_name,
        focal_person.university,
        karachi_date(now),
        until,
        language=language,
        by=by,
        now=now,
    )


def of_link(token: str) -> Invitation:
    """The invitation that a link is for, whatever became of it. Raises `Refused(invitation-not-valid)`."""
    try:
        pk, _, nonce = signing.Signer(salt="staff invitation").unsign(token).partition("-")
        found = Invitation.objects.select_related("person", "university").get(pk=int(pk))
    except (signing.BadSignature, ValueError, Invitation.DoesNotExist) as error:
        raise _refusal("invitation-not-valid") from error
    if not secrets.compare_digest(found.nonce, nonce):
        raise _refusal("invitation-not-valid")
    return found


def check(invitation: Invitation, now: datetime) -> None:
    """Raises `Refused(invitation-not-valid)` when nobody can accept it any more."""
    over = invitation.until and invitation.until < karachi_date(now)
    if not invitation.is_open or invitation.has_expired(now) or over:
        raise _refusal("invitation-not-valid")


@verb
def accept(invitation: Invitation, *, by: Actor, now: datetime) -> None:
    """Gives the role to the invited person, once; other sessions of theirs end.

    `invitation` comes from `of_link`: of a former link's nothing is left to accept. Raises `Refused`
    with invitation-not-valid or invitation-for-another.
    """
    link = invitation.nonce
    invitation = _locked(invitation)
    check(invitation, now)
    if invitation.nonce != link:
        raise _refusal("invitation-not-valid")
    person = User.objects.select_for_update(of=("self",)).get(pk=invitation.person_id)
    if by != person or person.email.lower() != invitation.email or not _is_proved(person):
        raise _refusal("invitation-for-another")
    if invitation.university and invitation.since:
        focal_persons.take_up(person, invitation.university, invitation.since, invitation.until)
    else:
        hec_staff.take_up(person)
    User.objects.filter(pk=person.pk).end_sessions()
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])


def _account(email: str, full_name: str, language: str, *, by: Actor, now: datetime) -> User:
    person = User.objects.filter(email__iexact=email).first()
    if person is None:
        try:
            with transaction.atomic():
                return register(email, full_name, language=language, by=by, now=now)
        except IntegrityError:
            person = User.objects.get(email__iexact=email)
    if not _is_proved(person):
        # Whoever registered an address that is not theirs must not know the password afterwards.
        person.set_unusable_password()
        person.save(update_fields=["password"])
    return person


def _is_proved(person: User) -> bool:
    return EmailAddress.objects.filter(
        user=person, email__iexact=person.email, verified=True
    ).exists()


def _has_the_role(person: User, university: University | None, since: date | None) -> bool:
    if university is None:
        return person.is_hec and person.is_active
    assert since is not None
    return FocalPerson.objects.active(since).filter(person=person, university=university).exists()


def _locked(invitation: Invitation) -> Invitation:
    found = Invitation.objects.select_for_update(of=("self",)).select_related("university")
    invitation = found.get(pk=invitation.pk)
    if not invitation.is_open:
        raise _refusal("invitation-not-valid")
    return invitation


def _send(invitation: Invitation, *, by: Actor, now: datetime) -> Invitation:
    invitation.nonce, invitation.sent = secrets.token_urlsafe(24), invitation.sent + 1
    invitation.invited_by = by if isinstance(by, User) else None
    invitation.invited_at, invitation.expires_at = now, _expiry(now)
    invitation.save()
    _mail(invitation, now)
    return invitation


def _expiry(now: datetime) -> datetime:
    return now + timedelta(days=settings.INVITATION_DAYS)


def _mail(invitation: Invitation, now: datetime) -> None:
    outbox.enqueue(
        "nomination" if invitation.university else "appointment",
        to=invitation.person,
        key=f"invitation:{invitation.pk}:{invitation.sent}",
        values={
            "university": invitation.university.name if invitation.university else "",
            "since_on": invitation.since or "",
            "until_on": invitation.until or "",
            "good_until_at": invitation.expires_at,
            "link": outbox.link(reverse("invitation", args=[invitation.token])),
        },
        now=now,
    )


def _require_keeper(by: Actor) -> None:
    if isinstance(by, User):
        require_hec(by)
