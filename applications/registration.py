"""Accounts made without the sign-up pages: for nominees, demo data and replay, never for a visitor (4.1.a, R6)."""

from datetime import datetime

from allauth.account.models import EmailAddress

from dlsei.history import Actor
from dlsei.models import User
from dlsei.verbs import verb


@verb
def register(
    email: str,
    full_name: str,
    *,
    by: Actor,
    now: datetime,
    identity_kind: str = User.Identity.CNIC,
    identity_number: str = "",
    language: str = "en",
) -> User:
    """Gives a person an account that is signed in to by code, for they have no password.

    `by` is who vouches for the address, HEC or a job. Raises IntegrityError for an address in use.
    """
    user = User.objects.create_user(
        email,
        full_name=full_name,
        identity_kind=identity_kind,
        identity_number=identity_number,
        language=language,
        date_joined=now,
    )
    # Known as theirs, so that the first code entered verifies it; else a second one would be asked.
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
    return user
