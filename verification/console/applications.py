"""The full history of one application, and disputes over a number."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from applications import disputes
from applications.models import Dispute
from dlsei.models import Mail
from licensing.models import License
from verification.forms import NoteForm, attempt
from verification.pages import page
from verification.views.access import application_or_404, hec_only
from verification.views.review import about


@hec_only
def hec_application(request: HttpRequest, reference: str) -> HttpResponse:
    """Events, decision, questions, sightings, mails, license and cases of one application."""
    application = application_or_404(request, reference)
    license = (
        License.objects.filter(place=application.place_id).select_related("cohort").first()
        if application.place_id
        else None
    )
    context = about(request, application, now=timezone.now()) | {
        "license": license,
        "sightings": application.sightings.select_related("person").order_by("first_seen_at"),
        "questions": application.questions.select_related("asked_by").order_by("asked_at"),
        "mails": Mail.objects.filter(person=application.person).order_by("-id"),
        "cases": license.cases.select_related("decided_by").order_by("id") if license else [],
        "jobs": license.coursera_jobs.order_by("id") if license else [],
    }
    return render(request, "console/application.html", context)


@hec_only
def hec_disputes(request: HttpRequest) -> HttpResponse:
    """Second submissions under a claimed number, the oldest first (R6)."""
    found = Dispute.objects.filter(settled_at=None).select_related(
        "claim__person", "application__person", "application__university"
    )
    context = {"page": page(found, ("raised_at", "id"), request.GET), "total": found.count()}
    return render(request, "console/disputes.html", context)


@hec_only
def hec_dispute(request: HttpRequest, pk: int) -> HttpResponse:
    """Settles a dispute with a note of what HEC found out."""
    found = Dispute.objects.filter(settled_at=None).select_related(
        "claim__person", "application__person", "application__university"
    )
    dispute = get_object_or_404(found, pk=pk)
    form, now = NoteForm(request.POST or None), timezone.now()
    if form.is_valid() and attempt(
        form, lambda: disputes.settle(dispute, **form.cleaned_data, by=request.user, now=now)
    ):
        messages.success(request, _("The dispute is settled."))
        return redirect("hec_disputes")
    return render(request, "console/dispute.html", {"form": form, "dispute": dispute})
