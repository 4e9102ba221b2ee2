"""Section 5 for HEC: cases decided one by one or several at once, the clocks, revocation by hand, stopped runs."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applications.forms import refusals
from dlsei.forms import Form
from dlsei.policy.refusals import Refusal
from licensing import case_rows, revocation
from licensing.models import License, RevocationCase, RevocationRun
from verification.console.tables import (
    CODE,
    DAY,
    MOMENT,
    STATE,
    Column,
    Table,
    as_csv,
    csv_link,
    wants_csv,
)
from verification.forms import NoteForm, attempt
from verification.pages import page
from verification.views.access import hec_only

CASES = [
    Column(
        gettext_lazy("Learner"),
        lambda case: case.license.person.full_name,
        url=lambda case: reverse("hec_case", args=[case.license.reference]),
    ),
    Column(gettext_lazy("License"), lambda case: case.license.reference, CODE),
    Column(gettext_lazy("Cohort"), lambda case: case.license.cohort.name, CODE),
    Column(gettext_lazy("Clause"), lambda case: case.clause, CODE),
    Column(gettext_lazy("Stage, days"), lambda case: case.stage or "", CODE),
    Column(gettext_lazy("Deadline"), lambda case: case.deadline, DAY),
    Column(gettext_lazy("Data as of"), lambda case: case.evidence_on, DAY),
    Column(gettext_lazy("Opened"), lambda case: case.opened_at, MOMENT),
]
CLOSED = [
    *CASES[:4],
    Column(gettext_lazy("Deadline"), lambda case: case.deadline, DAY),
    Column(gettext_lazy("Outcome"), lambda case: case.state, STATE, thing="case"),
    Column(
        gettext_lazy("By"),
        lambda case: case.decided_by.full_name if case.decided_by else _("the rule"),
    ),
    Column(gettext_lazy("Closed"), lambda case: case.closed_at, MOMENT),
]
BUSY = gettext_lazy("Somebody else is at this license right now. Try again in a moment.")
DECISIONS = {"confirm": revocation.confirm, "dismiss": revocation.dismiss}


@hec_only
def hec_cases(request: HttpRequest) -> HttpResponseBase:
    """Revocation cases that wait for HEC, the oldest first; ticked ones are decided together (R16).

    `?list=closed` shows those that were decided, by HEC or by the rule at once, the latest first.
    """
    waiting = RevocationCase.objects.open()
    closed = request.GET.get("list") == "closed"
    cases = RevocationCase.objects.exclude(closed_at=None) if closed else waiting
    cases = cases.select_related("license__person", "license__cohort", "decided_by")
    columns = CLOSED if closed else CASES
    order = ("-closed_at", "-id") if closed else ("opened_at", "id")
    if wants_csv(request):
        return as_csv("cases", columns, cases.order_by(*order))
    found = page(cases, order, request.GET)
    total = waiting.count()
    context = {
        "page": found,
        "total": total,
        "closed": closed,
        "tabs": [
            {"url": "?", "text": _("To decide"), "count": total, "current": not closed},
            {"url": "?list=closed", "text": _("Closed cases"), "current": closed},
        ],
        "table": Table(_("Revocation cases"), columns, found.rows),
        "csv": csv_link(request),
        "nothing_chosen": "none" in request.GET,
    }
    return render(request, "console/cases.html", context)


@hec_only
def hec_cases_decide(request: HttpRequest) -> HttpResponse:
    """The ticked cases once more, with the note; then what became of each of them."""
    data = request.POST
    ids = [int(pk) for pk in data.getlist("case") if pk.isdecimal()]
    what = "dismiss" if "dismiss" in data else "confirm"
    if request.method != "POST" or not ids:
        return redirect(reverse("hec_cases") + "?none")
    form = NoteForm(data if "note" in data else None)
    rows: list[case_rows.Row] = []
    if form.is_valid() and attempt(
        form,
        lambda: rows.extend(
            case_rows.decide(
                ids,
                DECISIONS[what],
                note=form.cleaned_data["note"],
                by=request.user,
                now=timezone.now(),
            )
        ),
    ):
        outcome = [(row, _why_not(row)) for row in rows]
        context: dict[str, Any] = {
            "rows": outcome,
            "done": sum(row.done for row in rows),
            "refused": sum(not row.done for row in rows),
            "what": what,
        }
        return render(request, "console/cases_done.html", context)
    chosen = RevocationCase.objects.filter(pk__in=ids).order_by("opened_at", "id")
    cases = list(chosen.select_related("license__person", "license__cohort"))
    context = {
        "form": form,
        "cases": cases,
        "table": Table(_("Revocation cases"), CASES, cases),
        "what": what,
    }
    return render(request, "console/cases_decide.html", context)


def _why_not(row: case_rows.Row) -> str:
    refusal: Refusal | None = row.refusal
    if refusal:
        return str(refusals.in_words(refusal))
    return str(BUSY) if row.busy else ""


def _license_or_404(reference: str) -> License:
    licenses = License.objects.select_related("person", "cohort", "place__application")
    return get_object_or_404(licenses, reference=reference)


@hec_only
def hec_case(request: HttpRequest, reference: str) -> HttpResponse:
    """Confirms or dismisses the case of a license that is next to be decided, with a note (R16)."""
    license = _license_or_404(reference)
    form, now = NoteForm(request.POST or None), timezone.now()
    if form.is_valid():
        decide = revocation.dismiss if "dismiss" in request.POST else revocation.confirm
        if attempt(form, lambda: decide(license, **form.cleaned_data, by=request.user, now=now)):
            said = _("The case on %(reference)s is closed.") % {"reference": reference}
            messages.success(request, said)
            return redirect("hec_cases")
    cases = license.cases.select_related("report", "decided_by").order_by("clause", "stage", "id")
    context = {
        "form": form,
        "license": license,
        "cases": cases,
        "open_case": next((case for case in cases if case.state == "open"), None),
    }
    return render(request, "console/case.html", context)


@hec_only
def hec_license_revoke(request: HttpRequest, reference: str) -> HttpResponse:
    """Revokes a live license by hand, with a note (5.z)."""
    license = _license_or_404(reference)
    form, now = NoteForm(request.POST or None), timezone.now()
    if form.is_valid() and attempt(
        form,
        lambda: revocation.revoke(license, **form.cleaned_data, by=request.user, now=now),
    ):
        said = _("License %(reference)s is revoked and the learner has been told.")
        messages.success(request, said % {"reference": reference})
        application = getattr(license.place, "application", None)
        if application:
            return redirect("hec_application", application.reference)
        return redirect("hec_search")
    return render(request, "console/license_revoke.html", {"form": form, "license": license})


@hec_only
def hec_runs(request: HttpRequest) -> HttpResponse:
    """Runs that the brake stopped, the latest first (R22)."""
    runs = RevocationRun.objects.select_related("cohort", "confirmed_by")
    context = {"page": page(runs, ("-stopped_at", "-id"), request.GET)}
    return render(request, "console/runs.html", context)


@hec_only
def hec_run_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Lets one stopped run go on (R22)."""
    run = get_object_or_404(RevocationRun.objects.select_related("cohort"), pk=pk)
    if run.confirmed_at or run.finished_at:
        messages.info(request, _("This run goes on already, or is over."))
        return redirect("hec_runs")
    form, now = Form(request.POST if request.method == "POST" else None), timezone.now()
    if form.is_valid() and attempt(
        form, lambda: revocation.confirm_run(run, by=request.user, now=now)
    ):
        messages.success(request, _("The run goes on within a minute."))
        return redirect("hec_runs")
    return render(request, "console/run_confirm.html", {"form": form, "run": run})
