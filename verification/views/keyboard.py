"""Single keys on and off, as WCAG 2.1.4 wants it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from dlsei.permissions import is_hec
from dlsei.policy.calendar_days import karachi_date
from verification.permissions import universities

COOKIE = "keys"
A_YEAR = 365 * 24 * 3600


def keys_are_on(request: HttpRequest) -> bool:
    """Whether single keys act on the page; a choice of the browser, as what speaks for a keyboard is."""
    return request.COOKIES.get(COOKIE) != "off"


@require_POST
def keyboard(request: HttpRequest) -> HttpResponse:
    """Turns the single keys of the review page off or on, and goes back to it."""
    today = karachi_date(timezone.now())
    if not (is_hec(request.user) or universities(request.user, today).exists()):
        raise Http404
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = "/admin/"
    response = redirect(back)
    if request.POST.get("keys") == "off":
        response.set_cookie(
            COOKIE, "off", max_age=A_YEAR, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
    return response
