"""Who opens which page of the Admin portal: what is foreign is absent (4.1.d, 4.1.j, I9)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone

from applications.forms.refusals import in_words
from applications.models import Application, University
from dlsei.permissions import is_hec
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.refusals import Refused
from verification import permissions

View = Callable[..., HttpResponseBase]


def said(request: HttpRequest, write: Callable[[], Any]) -> bool:
    """Says whether `write`, a verb's call behind a button, was done; a refusal is shown as a message."""
    try:
        write()
    except Refused as refused:
        messages.error(request, in_words(refused.refusal))
        return False
    return True


def hec_only(view: View) -> View:
    """A page of HEC's console: for everybody else it does not exist."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_hec(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def university_or_404(request: HttpRequest, pk: int) -> University:
    """A university for which the reader decides today."""
    mine = permissions.universities(request.user, karachi_date(timezone.now()))
    return get_object_or_404(mine, pk=pk)


def application_or_404(request: HttpRequest, reference: str) -> Application:
    """A submitted application that the reader may open, with person, university, cohort and decision."""
    visible = permissions.visible(request.user, karachi_date(timezone.now()))
    return get_object_or_404(
        visible.select_related(
            *("person", "university", "cohort", "place"),
            *("decision__actor", "decision__on_behalf_of"),
        ),
        reference=reference,
    )
