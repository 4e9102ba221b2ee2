"""Registration, sign-in and the account: what django-allauth asks of us (4.1.a, R6)."""

from datetime import datetime
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.internal import ratelimit
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from applications.models import AddressChange, Application
from dlsei import outbox
from dlsei.history import Actor
from dlsei.models import User
from dlsei.permissions import require_hec
from dlsei.policy.refusals import Refusal, Refused, refuse
from dlsei.policy.wording import gettext_noop as _
from dlsei.verbs import PERSON, lock, verb
from licensing import readdressing
from licensing.models import License

ADDRESS_TAKEN = _("Another account has this address. One person has one account: find out whose.")
ADDRESS_THE_SAME = _("That is the address which the account has already.")


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up codes and the like go out at once: the person sits in front of the page."""

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Wrong passwords are counted for account and sender's address, and for the account alone.

        Guessing stops soon at one address, and some time later wherever it comes from; meanwhile
        the owner signs in elsewhere, and a whole campus behind one address is not in question.
        """
        super().pre_authenticate(request, **credentials)
        account = super()._get_login_attempts_cache_key(request, **credentials)
        anywhere = self._anywhere(request, account)
        if not anywhere:
            self._rollback_login_failed_rl_usage()
            raise self.validation_error("too_many_login_attempts")
        # Given back by a successful sign-in, together with the others.
        self._login_failed_rl_usage.usage += anywhere.usage

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        account = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{account}:{ratelimit.get_ip(request)}"

    def _anywhere(self, request: HttpRequest, account: str) -> ratelimit.RateLimitUsage | None:
        limits = {"app": "allauth.account", "action": "login_failed_anywhere"}
        return ratelimit.consume(request, key=account, **limits)

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return reverse("apply")

    def post_login(self, request: HttpRequest, user: User, **kwargs: object) -> HttpResponse:
        """The service speaks the person's language from sign-in on, unless this device chose one."""
        response = super().post_login(request, user, **kwargs)
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax")
        return response


def is_identity_fixed(person: User) -> bool:
    """From the first submission on: uniqueness binds there, and a claim stays whose it is (R6).

    A number that HEC found to be somebody else's was taken away; another one may be given.
    """
    return bool(person.identity_number) and Application.objects.of(person).submitted().exists()


@verb
def correct_address(
    person: User, *, email: str, note: str, by: Actor, now: datetime
) -> AddressChange:
    """HEC corrects a person's address: mails and Coursera's invitation go to the new one (R6).

    What Coursera was told of the former address is taken back and the new one invited; no clock
    begins anew (R14). Signing in is by a code to the new address, which proves it: the password ends
    with the former one, as do all sessions. Both addresses are told. Raises `Refused` with
    not-yours, note-missing, address-taken or address-the-same.
    """
    officer = require_hec(by)
    if not note.strip():
        raise Refused(refuse("note-missing"))
    lock(PERSON, person.pk)
    person = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
    before, after = person.email, email.strip().lower()
    if before.lower() == after:
        raise Refused(Refusal("address-the-same", "4.1.g", ADDRESS_THE_SAME))
    addresses = EmailAddress.objects.filter(email__iexact=after)
    if (
        User.objects.filter(email__iexact=after).exclude(pk=person.pk).exists()
        or addresses.exclude(user=person).exists()
    ):
        raise Refused(Refusal("address-taken", "4.1.g", ADDRESS_TAKEN))
    EmailAddress.objects.filter(user=person).delete()
    EmailAddress.objects.create(user=person, email=after, primary=True, verified=False)
    person.email = after
    person.set_unusable_password()
    person.save(update_fields=["email", "password"])
    User.objects.filter(pk=person.pk).end_sessions()
    change = AddressChange.objects.create(
        person=person, before=before, after=after, note=note.strip(), at=now, by=officer
    )
    for license in License.objects.live().filter(person=person).order_by("pk"):
        readdressing.readdress(license, by=by, now=now)
    for which, address in (("before", before), ("after", after)):
        outbox.enqueue(
            "address-changed",
            to=person,
            key=f"address-change:{change.pk}:{which}",
            values={
                "former": which == "before",
                "address": after,
                "link": outbox.link(reverse("account_request_login_code")),
            },
            now=now,
            address=address,
        )
    return change


def is_address_fixed(person: User) -> bool:
    """Once a license is issued, Coursera knows the person by the address (R6)."""
    return License.objects.filter(person=person).exists()


@verb
def change(
    person: User,
    *,
    full_name: str,
    identity_kind: str,
    identity_number: str,
    mobile: str,
    language: str,
    by: Actor,
    now: datetime,
) -> User:
    """Writes what a person says of themselves; `mobile` is E.164 or empty.

    Raises `Refused` with not-yours, or not-allowed for another number after the first submission.
    """
    if by != person:
        raise Refused(refuse("not-yours"))
    lock(PERSON, person.pk)
    number = {"identity_kind": identity_kind, "identity_number": identity_number}
    before = User.objects.get(pk=person.pk)
    held = {name: getattr(before, name) for name in number}
    if number != held and is_identity_fixed(before):
        raise Refused(refuse("not-allowed"))
    values = number | {"full_name": full_name, "mobile": mobile, "language": language}
    for name, value in values.items():
        setattr(person, name, value)
    person.save(update_fields=list(values))
    return person
