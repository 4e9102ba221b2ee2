"""Registration, sign-in and the account: what django-allauth asks of us (4.1.a, R6)."""

from datetime import datetime

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from applications.models import Application
from dlsei.history import Actor
from dlsei.models import User
from dlsei.policy.refusals import Refused, refuse
from dlsei.verbs import PERSON, lock, verb
from licensing.models import License


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up codes and the like go out at once: the person sits in front of the page."""

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return reverse("apply")

    def post_login(self, request: HttpRequest, user: User, **kwargs: object) -> HttpResponse:
        """The service speaks the person's language from sign-in on, unless this device chose one."""
        response = super().post_login(request, user, **kwargs)
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax")
        return response


def is_identity_fixed(person: User) -> bool:
    """From the first submission on: uniqueness binds there, and a claim stays whose it is (R6)."""
    return Application.objects.of(person).submitted().exists()


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
    before = User.objects.filter(pk=person.pk).values(*number).get()
    if number != before and is_identity_fixed(person):
        raise Refused(refuse("not-allowed"))
    values = number | {"full_name": full_name, "mobile": mobile, "language": language}
    for name, value in values.items():
        setattr(person, name, value)
    person.save(update_fields=list(values))
    return person
