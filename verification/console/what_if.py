"""What-if: other figures over live data, or a scenario played; the questions, their progress, their answers."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dlsei.policy.figures import differences
from licensing.models import Programme
from verification import what_if
from verification.console.tables import (
    CODE,
    DAY,
    MOMENT,
    Column,
    Table,
    as_csv,
    csv_link,
    wants_csv,
)
from verification.models import WhatIf
from verification.pages import page
from verification.views.access import hec_only
from verification.what_if_forms import FiguresForm, ScenarioForm

GROUPS = {
    "revoked": gettext_lazy("would be revoked by the next run"),
    "case": gettext_lazy("would get a case for HEC"),
    "ends-earlier": gettext_lazy("would end earlier"),
    "not-extended": gettext_lazy("would not be extended"),
    "not-served": gettext_lazy("in line would not get a license now"),
    "earlier": gettext_lazy("would have an earlier deadline"),
    "spared": gettext_lazy("would not be due any more"),
    "later": gettext_lazy("would have a later deadline or none"),
    "ends-later": gettext_lazy("would end later"),
    "extended": gettext_lazy("would be extended"),
    "served": gettext_lazy("in line would get a license now"),
}
QUESTIONS = [
    Column(
        gettext_lazy("Question"),
        lambda asked: asked.title,
        url=lambda asked: reverse("hec_what_if", args=[asked.pk]),
    ),
    Column(gettext_lazy("Kind"), lambda asked: asked.get_kind_display()),
    Column(gettext_lazy("State"), lambda asked: asked.get_state_display()),
    Column(gettext_lazy("Asked"), lambda asked: asked.asked_at, MOMENT),
    Column(gettext_lazy("By"), lambda asked: asked.asked_by.full_name),
]
AFFECTED = [
    Column(
        gettext_lazy("Person"),
        lambda row: row.person.full_name,
        url=lambda row: f"{reverse('hec_search')}?q={row.reference}",
    ),
    Column(gettext_lazy("Reference"), lambda row: row.reference, CODE),
    Column(gettext_lazy("Day now"), lambda row: row.before, DAY),
    Column(gettext_lazy("Clause now"), lambda row: row.before_clause, CODE),
    Column(gettext_lazy("Day then"), lambda row: row.after, DAY),
    Column(gettext_lazy("Clause then"), lambda row: row.after_clause, CODE),
]


@hec_only
def hec_what_ifs(request: HttpRequest) -> HttpResponse:
    """What was asked in the last month, and the two ways to ask."""
    form, now = ScenarioForm(request.POST or None, request.FILES or None), timezone.now()
    if request.method == "POST" and form.is_valid():
        name = request.FILES["file"].name or "scenario"
        asked = what_if.ask_scenario(
            name[:200], form.cleaned_data["file"], by=request.user, now=now
        )
        return redirect("hec_what_if", asked.pk)
    found = page(WhatIf.objects.select_related("asked_by"), ("-id",), request.GET)
    context = {
        "form": form,
        "page": found,
        "table": Table(_("Questions"), QUESTIONS, found.rows),
    }
    return render(request, "console/what_ifs.html", context)


@hec_only
def hec_what_if_ask(request: HttpRequest) -> HttpResponse:
    """Every threshold and date with its present value: change some, and ask."""
    programme = Programme.in_force()
    form = FiguresForm(request.POST or None, programme=programme.policy)
    if form.is_valid():
        asked = what_if.ask_figures(
            form.cleaned_data["title"], form.overrides, by=request.user, now=timezone.now()
        )
        messages.success(request, _("It is being worked out; nothing of the live data changes."))
        return redirect("hec_what_if", asked.pk)
    return render(request, "console/what_if_ask.html", {"form": form, "programme": programme})


@hec_only
def hec_what_if(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One question: how far it is, then its answer; `?group=` lists who is affected in one way, CSV."""
    asked = get_object_or_404(WhatIf.objects.select_related("asked_by"), pk=pk)
    context: dict[str, Any] = {"asked": asked}
    if asked.kind == WhatIf.Kind.FIGURES:
        programme = Programme.in_force()
        then = what_if.with_overrides(asked.overrides)
        context["changes"] = differences(programme.policy, then)
        if asked.state == WhatIf.State.DONE:
            groups = asked.result["groups"]
            context["moved_on"] = asked.result["version"] != programme.version
            context["groups"] = [
                {"name": name, "value": groups[name], "text": text}
                for name, text in GROUPS.items()
                if name in groups
            ]
            if (chosen := request.GET.get("group", "")) in groups:
                return _group(request, asked, chosen, context)
    elif asked.state == WhatIf.State.DONE:
        events = asked.result["events"]
        context["unmet"] = [
            {**one, "expected": _in_words(one["expected"]), "actual": _in_words(one["actual"])}
            for one in asked.result["expectations"]
            if not one["passed"]
        ]
        context["met"] = len(asked.result["expectations"]) - len(context["unmet"])
        context["events"] = events
        cohorts = Programme.in_force().policy.cohorts.values()
        first, last = min(c.intake_from for c in cohorts), max(c.ends for c in cohorts)
        days = [event["at"][:10] for event in events]
        if days and not first.isoformat() <= min(days) <= max(days) <= last.isoformat():
            context["outside"] = {"first": first, "last": last}
    return render(request, "console/what_if.html", context)


def _in_words(values: dict[str, Any]) -> str:
    """What a scenario expected or what came, as its file writes it."""
    return ", ".join(
        f"{key} = {'–' if value in (None, []) else ', '.join(value) if isinstance(value, list) else value}"
        for key, value in values.items()
    )


def _group(
    request: HttpRequest, asked: WhatIf, chosen: str, context: dict[str, Any]
) -> HttpResponseBase:
    rows = asked.affected.filter(group=chosen).select_related("person")
    if wants_csv(request):
        return as_csv(f"what-if-{asked.pk}-{chosen}", AFFECTED, rows.order_by("id"))
    found = page(rows, ("id",), request.GET)
    context |= {
        "group": GROUPS[chosen],
        "page": found,
        "table": Table(GROUPS[chosen], AFFECTED, found.rows),
        "csv": csv_link(request),
    }
    return render(request, "console/what_if.html", context)
