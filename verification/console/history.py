"""The history of everything, searched (I5)."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dlsei.models import Event
from dlsei.policy.states import LABELS
from verification import history_search
from verification.actors import actor
from verification.console.tables import CODE, MOMENT, Column, Table, as_csv, csv_link, wants_csv
from verification.license_forms import HistoryForm
from verification.pages import page
from verification.views.access import hec_only

CHUNK = 1000
KINDS = {
    "application": gettext_lazy("Application"),
    "place": gettext_lazy("Place in line"),
    "license": gettext_lazy("License"),
    "revocationcase": gettext_lazy("Revocation case"),
    "bucket": gettext_lazy("Bucket"),
    "document": gettext_lazy("Document"),
    "user": gettext_lazy("HEC officer"),
    "university": gettext_lazy("University"),
    "focalperson": gettext_lazy("Focal person"),
    "invitation": gettext_lazy("Invitation to act"),
    "factorreset": gettext_lazy("Second factor"),
}
OF_STATES = {
    "revocationcase": "case",
    "user": "officer",
    "focalperson": "nomination",
    "university": "recognition",
}
COLUMNS = [
    Column(gettext_lazy("When"), lambda event: event.at, MOMENT),
    Column(gettext_lazy("What"), lambda event: KINDS.get(event.subject, event.subject)),
    Column(gettext_lazy("About"), lambda event: event.named.name, url=lambda event: _url(event)),
    Column(gettext_lazy("Reference"), lambda event: event.named.reference, CODE),
    Column(gettext_lazy("Before"), lambda event: _state(event, event.from_state)),
    Column(gettext_lazy("After"), lambda event: _state(event, event.to_state)),
    Column(gettext_lazy("By"), lambda event: actor(event)),
    Column(gettext_lazy("Clause"), lambda event: event.clause, CODE),
]


def _state(event: Event, state: str) -> str:
    words = LABELS.get(OF_STATES.get(event.subject, event.subject), {}).get(state)
    return _(words) if words else state


def _url(event: Event) -> str:
    if event.subject == "bucket":
        return reverse("hec_ledger", args=[event.subject_id])
    if not event.named.reference:
        return ""
    return f"{reverse('hec_search')}?q={event.named.reference}"


def _named(events: list[Event]) -> list[Event]:
    """The same events, each with `named`, what it is about."""
    names = history_search.names(events)
    for event in events:
        event.named = names.get((event.subject, event.subject_id), history_search.Named("", ""))
    return events


def _in_chunks(events: Any) -> Iterable[Event]:
    chunk: list[Event] = []
    for event in events.iterator(chunk_size=CHUNK):
        chunk.append(event)
        if len(chunk) == CHUNK:
            yield from _named(chunk)
            chunk = []
    yield from _named(chunk)


@hec_only
def hec_history(request: HttpRequest) -> HttpResponseBase:
    """Every change of state, the newest first, by person or reference, actor, clause and day; CSV."""
    form = HistoryForm(request.GET or None)
    asked = form.cleaned_data if form.is_valid() else {}
    events = history_search.find(history_search.Question(**asked))
    if form.errors:
        # Not everything, for a question that cannot be understood.
        events = events.none()
    if wants_csv(request) and asked:
        return as_csv("history", COLUMNS, _in_chunks(events.order_by("at", "id")))
    found = page(events, ("-at", "-id"), request.GET)
    context = {
        "form": form,
        "page": found,
        "table": Table(_("History"), COLUMNS, _named(found.rows)),
        "csv": csv_link(request),
        "asked": any(asked.values()),
    }
    return render(request, "console/history.html", context)
