"""The bucket: cohorts with their dates, tranches, the ledger, and who the allocator served."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dlsei import charts
from dlsei.models import Event
from dlsei.policy.agenda import agenda
from dlsei.policy.calendar_days import karachi_date
from licensing import buckets, ledger
from licensing.models import Allocation, Cohort, Place, Programme, Tranche
from verification.actors import actor
from verification.console import figures
from verification.console.tables import (
    CODE,
    MOMENT,
    NUMBER,
    Column,
    Table,
    as_csv,
    csv_link,
    wants_csv,
)
from verification.forms import attempt
from verification.license_forms import TrancheForm
from verification.pages import page
from verification.views.access import hec_only

ALLOCATIONS = [
    Column(
        gettext_lazy("When"),
        lambda run: run.at,
        MOMENT,
        url=lambda run: reverse("hec_allocation", args=[run.pk]),
    ),
    Column(gettext_lazy("Cohort"), lambda run: run.cohort.name, CODE),
    Column(gettext_lazy("Free before"), lambda run: run.free, NUMBER),
    Column(gettext_lazy("Served"), lambda run: run.served, NUMBER),
]
LEDGER = [
    Column(gettext_lazy("When"), lambda event: event.at, MOMENT),
    Column(gettext_lazy("What"), lambda event: _what(event)),
    Column(
        gettext_lazy("By how many"),
        lambda event: _signed(event),
        CODE,
        in_file=lambda event: _change(event),
    ),
    Column(gettext_lazy("Held after it"), lambda event: event.data["held"], NUMBER),
    Column(gettext_lazy("Seats after it"), lambda event: event.data["total"], NUMBER),
    Column(gettext_lazy("Clause"), lambda event: event.clause, CODE),
    Column(gettext_lazy("By"), lambda event: actor(event)),
]
SERVED = [
    Column(
        gettext_lazy("Person"),
        lambda place: place.person.full_name,
        url=lambda place: reverse("hec_application", args=[place.reference]),
    ),
    Column(gettext_lazy("License"), lambda place: place.license.reference, CODE),
    Column(
        gettext_lazy("1. Priority"), lambda place: f"P{place.priority}" if place.priority else "–"
    ),
    Column(gettext_lazy("2. Submitted"), lambda place: place.submitted_at, MOMENT),
    Column(gettext_lazy("3. Number"), lambda place: place.pk, NUMBER),
]


def _what(event: Event) -> str:
    held, total = event.data["held_change"], event.data["total_change"]
    if total:
        return _("Seats opened") if total > 0 else _("Seats taken away")
    return _("Licenses issued") if held > 0 else _("Licenses ended")


def _change(event: Event) -> int:
    return event.data["total_change"] or event.data["held_change"]


def _signed(event: Event) -> str:
    return f"{_change(event):+,}".replace("-", "\u2212")


@hec_only
def hec_bucket(request: HttpRequest) -> HttpResponse:
    """Every cohort's seats and tranches, and what the allocator gave, the latest first."""
    allocations = Allocation.objects.select_related("cohort")
    found = page(allocations, ("-at", "-id"), request.GET)
    context = {
        "cohorts": figures.cohorts(karachi_date(timezone.now())),
        "page": found,
        "table": Table(_("Allocations"), ALLOCATIONS, found.rows),
    }
    return render(request, "console/bucket.html", context)


@hec_only
def hec_allocation(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Who one run of the allocator served, in which order, by which key (R11, I3)."""
    run = get_object_or_404(Allocation.objects.select_related("cohort"), pk=pk)
    places = Place.objects.filter(allocation=run).select_related("person", "license")
    if wants_csv(request):
        return as_csv(f"allocation-{pk}", SERVED, places.in_order())
    found = page(places, ("priority", "submitted_at", "number"), request.GET)
    context = {
        "run": run,
        "page": found,
        "table": Table(_("Served"), SERVED, found.rows),
        "csv": csv_link(request),
    }
    return render(request, "console/allocation.html", context)


@hec_only
def hec_ledger(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One cohort's bucket: each change with time, actor, clause and the balance; the chart above."""
    cohort = get_object_or_404(Cohort, pk=pk)
    entries = ledger.of(cohort)
    if wants_csv(request):
        return as_csv(f"ledger-{cohort.pk}", LEDGER, entries.order_by("sequence"))
    found = page(entries, ("-sequence",), request.GET)
    context = {
        "cohort": cohort,
        "chart": seats(cohort),
        "page": found,
        "table": Table(_("Ledger"), LEDGER, found.rows),
        "csv": csv_link(request),
    }
    return render(request, "console/ledger.html", context)


def seats(cohort: Cohort) -> charts.Chart:
    """Held and capacity of a cohort over time, as its ledger says."""
    days = ledger.by_day(cohort)
    return charts.line(
        f"seats-{cohort.pk}",
        _("Seats of %(cohort)s over time") % {"cohort": cohort.name},
        _("Licenses held at the end of each day, and how many there were."),
        {
            _("Held"): [(day, held) for day, held, _total in days],
            _("Seats"): [(day, total) for day, _held, total in days],
        },
        step=True,
        area=True,
    )


@hec_only
def hec_cohorts(request: HttpRequest) -> HttpResponse:
    """The cohorts with tranches and windows, and what opens or ends on which day, by clause."""
    today = karachi_date(timezone.now())
    context = {
        "cohorts": figures.cohorts(today),
        "agenda": agenda(Programme.in_force().policy),
        "by_hand": Tranche.objects.filter(number__gte=Tranche.BY_HAND).select_related("cohort"),
        "today": today,
    }
    return render(request, "console/dates.html", context)


@hec_only
def hec_tranche_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Adds seats to a cohort from a day on: first what that comes to, then for good (R3)."""
    cohort = get_object_or_404(Cohort, pk=pk)
    form, now = TrancheForm(request.POST or None, ends=cohort.ends), timezone.now()
    context: dict[str, Any] = {"form": form, "cohort": cohort}
    if form.is_valid():
        size, from_ = form.cleaned_data["size"], form.cleaned_data["available_from"]
        if "confirm" in request.POST and attempt(
            form,
            lambda: buckets.add_tranche(cohort, size, from_, by=request.user, now=now),
        ):
            said = _("%(size)s seats are added to %(cohort)s.")
            messages.success(request, said % {"size": f"{size:,}", "cohort": cohort.name})
            return redirect("hec_cohorts")
        context["preview"] = buckets.with_tranche(cohort, size, from_, karachi_date(now))
    return render(request, "console/tranche_add.html", context)
