"""Who answers for the programme at HEC: appointed, suspended, reinstated (4.1.j)."""

from datetime import datetime

from dlsei.history import Actor
from dlsei.models import User
from dlsei.permissions import require_hec
from dlsei.policy.refusals import Refused, refuse
from dlsei.verbs import verb


@verb
def appoint(person: User, *, by: Actor, now: datetime) -> User:
    """Lets `person` act for HEC. `by` is HEC or a job; who is not known yet is invited instead.

    Raises `Refused(not-yours)`.
    """
    if isinstance(by, User):
        require_hec(by)
    return take_up(person)


def take_up(person: User) -> User:
    """The appointment itself, inside the verb of whoever may make it."""
    person.is_hec, person.hec_suspended_at = True, None
    person.save(update_fields=["is_hec", "hec_suspended_at"])
    return person


@verb
def suspend(person: User, *, by: Actor, now: datetime) -> None:
    """Takes HEC's console away from an officer at once, until `resume`; their sessions end.

    Raises `Refused` with not-yours, or not-allowed for oneself: somebody has to be left.
    """
    if isinstance(by, User):
        require_hec(by)
    if by == person:
        raise Refused(refuse("not-allowed"))
    # The role is part of what a session must match, so that this ends every one of them.
    User.objects.filter(pk=person.pk, is_hec=True).update(is_hec=False, hec_suspended_at=now)


@verb
def resume(person: User, *, by: Actor, now: datetime) -> None:
    """Lets a suspended officer act for HEC again. Raises `Refused(not-yours)`."""
    if isinstance(by, User):
        require_hec(by)
    User.objects.filter(pk=person.pk, hec_suspended_at__isnull=False).update(
        is_hec=True, hec_suspended_at=None
    )
