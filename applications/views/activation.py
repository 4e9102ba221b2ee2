"""The link in the invitation: records the first click and leads to Coursera (4.1.h, R9)."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from applications.forms.refusals import in_words
from dlsei.policy.refusals import Refused
from licensing import invitations


# The link itself is the proof of who opens it: it went to the verified address alone.
@login_not_required
@never_cache
@require_GET
def activate(request: HttpRequest, token: str) -> HttpResponse:
    try:
        license = invitations.license_of(token)
        invitations.click(license, by=license.person, now=timezone.now())
    except Refused as error:
        page = {"sentence": in_words(error.refusal)}
        return render(request, "applications/link_not_valid.html", page, status=410)
    return HttpResponseRedirect(settings.COURSERA_PROGRAM_URL)
