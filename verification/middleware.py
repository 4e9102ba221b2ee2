"""Whoever decides over other people's applications signs in with a second factor (DESIGN 6)."""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from dlsei.models import User
from verification.second_factor import is_asked_of

_OPEN = ("account_logout", "account_reauthenticate", "mfa_activate_totp", "set_language")


class SecondFactorMiddleware:
    """Sends such a person to the set-up page until they have one; nothing else opens before."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        match = request.resolver_match
        if (
            not settings.SECOND_FACTOR_REQUIRED
            or not isinstance(request.user, User)
            or (match and match.url_name in _OPEN)
            or request.session.get("second_factor")
            or not is_asked_of(request.user)
        ):
            return None
        if is_mfa_enabled(request.user):
            # Signing in asked for it; remembered, so that later pages ask nothing.
            request.session["second_factor"] = True
            return None
        return HttpResponseRedirect(reverse("mfa_activate_totp"))
