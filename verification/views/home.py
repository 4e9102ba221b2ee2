"""The door to the Admin portal."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from dlsei.permissions import is_hec
from dlsei.policy.calendar_days import karachi_date
from verification import permissions
from verification.views import access


def admin_home(request: HttpRequest) -> HttpResponse:
    """HEC to the console, a focal person to the queue, or to a choice of several."""
    if is_hec(request.user):
        return redirect("hec_home")
    universities = list(
        permissions.universities(request.user, karachi_date(timezone.now())).order_by("name")
    )
    if not universities:
        raise access.decided_before(request) or Http404
    if len(universities) == 1:
        return redirect("queue", universities[0].pk)
    return render(request, "verification/choose.html", {"universities": universities})
