"""Who opens which page of the Admin portal: what is foreign is absent (4.1.d, 4.1.j, I9)."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.defaults import page_not_found

from applications.forms.refusals import in_words
from applications.models import Application, University
from dlsei.models import User
from dlsei.permissions import is_hec
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.refusals import Refused
from dlsei.policy.states import NominationState
from verification import permissions, queue
from verification.models import FocalPerson

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
            raise _suspended_officer(request.user) or Http404
        return view(request, *args, **kwargs)

    return guarded


class NoLongerYours(Http404):
    """A page for which the reader decided until a while ago: for `university`, or for all as HEC (None).

    `suspended` says that HEC may let them go on.
    """

    def __init__(self, university: University | None, *, suspended: bool) -> None:
        super().__init__()
        self.university = university
        self.suspended = suspended


def decided_before(request: HttpRequest) -> NoLongerYours | None:
    """What to tell a reader who decides nowhere now and did once; None for whoever never did."""
    reader = request.user
    if not isinstance(reader, User):
        return None
    return _suspended_officer(reader) or _ended(reader.nominations.all())


def _suspended_officer(reader: object) -> NoLongerYours | None:
    suspended = isinstance(reader, User) and reader.hec_suspended_at
    return NoLongerYours(None, suspended=True) if suspended else None


def _ended(nominations: QuerySet[FocalPerson]) -> NoLongerYours | None:
    """What became of the newest of a person's nominations that have begun."""
    begun = nominations.filter(since__lte=karachi_date(timezone.now()))
    newest = begun.select_related("university").order_by("-since", "-id").first()
    if newest is None:
        return None
    suspended = newest.state == NominationState.SUSPENDED
    return NoLongerYours(newest.university, suspended=suspended)


def university_or_404(request: HttpRequest, pk: int) -> University:
    """A university for which the reader decides today."""
    mine = permissions.universities(request.user, karachi_date(timezone.now()))
    found = mine.filter(pk=pk).first()
    return found or _gone(request, pk)


def _gone(request: HttpRequest, university: int | None) -> NoReturn:
    """Raises 404; with a word of explanation for whoever was nominated there."""
    mine = FocalPerson.objects.filter(person=request.user, university=university)
    if mine.active(karachi_date(timezone.now())).exists():
        raise Http404
    raise _ended(mine) or Http404


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler404`: what was typed for a university that is no longer the reader's is given back."""
    if not isinstance(exception, NoLongerYours):
        return page_not_found(request, exception)
    typed = [request.POST.get(name, "") for name in ("reason", "text", "note", "turn_reason")]
    context = {
        "former": exception.university,
        "suspended": exception.suspended,
        "typed": [words for words in typed if words],
    }
    return render(request, "verification/nomination_ended.html", context, status=404)


def application_or_404(request: HttpRequest, reference: str) -> Application:
    """A submitted application that the reader may open, with all that it leads to: person, university, cohort,
    decision, license; `nominated` when they decide for the university itself, `disputed` (R6).
    """
    return _found(request, _visible(request), reference)


def application_met_or_404(request: HttpRequest, reference: str) -> Application:
    """The same with what is to be decided before it and what is left at its university (`queue.met`)."""
    found = queue.met(_visible(request), by=request.user, now=timezone.now())
    return _found(request, found, reference)


def _visible(request: HttpRequest) -> QuerySet[Any]:
    today = karachi_date(timezone.now())
    visible = permissions.visible(request.user, today).with_dispute()
    return visible.annotate(nominated=permissions.nominated(request.user, today)).select_related(
        *("person", "university", "cohort", "place__license__cohort"),
        *("decision__actor", "decision__on_behalf_of"),
    )


def _found(request: HttpRequest, visible: QuerySet[Any], reference: str) -> Application:
    found: Application | None = visible.filter(reference=reference).first()
    if found:
        return found
    absent = Application.objects.submitted().filter(reference=reference)
    _gone(request, absent.values_list("university", flat=True).first())
