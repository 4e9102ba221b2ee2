"""The second factor of whoever decides: whom it is asked of, and what HEC does when it is lost (DESIGN 6)."""

from datetime import datetime

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_reset
from django.contrib.auth import update_session_auth_hash
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import reverse

from dlsei import outbox
from dlsei.history import Actor
from dlsei.models import User
from dlsei.permissions import require_hec
from dlsei.policy.refusals import Refused, refuse
from dlsei.verbs import verb
from verification.models import FactorReset


def is_asked_of(person: User) -> bool:
    """HEC's staff, whoever enters the reference data, and everybody who was ever nominated."""
    return (
        person.is_hec
        or person.is_staff
        or person.is_superuser
        or person.hec_suspended_at is not None
        or person.nominations.exists()
    )


class MFAAdapter(DefaultMFAAdapter):
    """What allauth asks of us: who decides cannot take the second factor off again."""

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not is_asked_of(authenticator.user)


@receiver([authenticator_added, authenticator_reset])
def end_other_sessions(request: HttpRequest, user: User, **kwargs: object) -> None:
    """A session from before the new factor never showed it: only the one that set it up goes on."""
    User.objects.filter(pk=user.pk).end_sessions()
    user.refresh_from_db(fields=["session_generation"])
    update_session_auth_hash(request, user)
    # Its code was typed just now: the recovery codes are shown without asking for another one.
    record_authentication(request, user, method="mfa", reauthenticated=True)


@verb
def reset(person: User, *, note: str, by: Actor, now: datetime) -> FactorReset:
    """Removes a lost second factor with its recovery codes; the next sign-in sets up a new one.

    Ends the person's sessions and tells them. `note` says how HEC made sure who is asking. Raises
    `Refused` with not-yours, note-missing, or not-allowed for oneself.
    """
    officer = require_hec(by)
    if not note.strip():
        raise Refused(refuse("note-missing"))
    if officer == person:
        raise Refused(refuse("not-allowed"))
    Authenticator.objects.filter(user=person).delete()
    User.objects.filter(pk=person.pk).end_sessions()
    done = FactorReset.objects.create(person=person, note=note.strip(), at=now, by=officer)
    outbox.enqueue(
        "second-factor-reset",
        to=person,
        key=f"factor-reset:{done.pk}",
        values={"link": outbox.link(reverse("account_login"))},
        now=now,
    )
    return done
