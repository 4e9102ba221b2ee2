"""Licenses: revocation cases, revocation by hand, runs that the brake stopped."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from dlsei.forms import Form
from licensing import revocation
from licensing.models import License, RevocationCase, RevocationRun
from verification.forms import NoteForm, attempt
from verification.pages import page
from verification.views.access import hec_only


@hec_only
def hec_cases(request: HttpRequest) -> HttpResponse:
    """Revocation cases that wait for HEC, the oldest first (R16)."""
    cases = RevocationCase.objects.open().select_related(
        "license__person", "license__cohort", "report"
    )
    context = {"page": page(cases, ("opened_at", "id"), request.GET), "total": cases.count()}
    return render(request, "console/cases.html", context)


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
    form, now = Form(request.POST if request.method == "POST" else None), timezone.now()
    if form.is_valid() and attempt(
        form, lambda: revocation.confirm_run(run, by=request.user, now=now)
    ):
        messages.success(request, _("The run goes on within a minute."))
        return redirect("hec_runs")
    return render(request, "console/run_confirm.html", {"form": form, "run": run})
