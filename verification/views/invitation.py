"""The page behind an invitation's link: what is offered, signing in with its address, accepting."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from dlsei.forms import Form
from dlsei.policy.refusals import Refused
from verification import staff_invitations
from verification.forms import attempt


@login_not_required
@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Anybody with the link sees what it offers; only who is signed in with its address accepts.

    A scanner of mail that follows links uses nothing up: accepting is a button.
    """
    now = timezone.now()
    try:
        found = staff_invitations.of_link(token)
        staff_invitations.check(found, now)
    except Refused:
        return render(request, "verification/invitation_not_valid.html", status=410)
    form = Form(request.POST if request.method == "POST" else None)
    person = request.user
    if (
        person.is_authenticated
        and form.is_valid()
        and attempt(form, lambda: staff_invitations.accept(found, by=person, now=now))
    ):
        person.refresh_from_db()
        update_session_auth_hash(request, person)
        messages.success(request, _("You have accepted the invitation."))
        return redirect("home")
    context = {"invitation": found, "form": form, "is_theirs": person == found.person}
    return render(request, "verification/invitation.html", context)
