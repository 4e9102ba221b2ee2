"""The full history of one application, and its way to another university."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from dlsei.models import Mail
from licensing.models import License
from verification import transfers
from verification.correction_forms import TransferForm
from verification.forms import attempt
from verification.views.access import application_or_404, hec_only
from verification.views.review import about


@hec_only
def hec_application(request: HttpRequest, reference: str) -> HttpResponse:
    """Events, decision, questions, sightings, mails, license and cases of one application."""
    application = application_or_404(request, reference)
    license: License | None = getattr(application.place, "license", None)
    context = about(request, application, now=timezone.now()) | {
        "license": license,
        "sightings": application.sightings.all(),
        "questions": application.questions.all(),
        "mails": Mail.objects.filter(person=application.person).order_by("-id"),
        "cases": license.cases.select_related("decided_by").order_by("id") if license else [],
        "jobs": license.coursera_jobs.order_by("id") if license else [],
    }
    return render(request, "console/application.html", context)


@hec_only
def hec_transfer(request: HttpRequest, reference: str) -> HttpResponse:
    """Moves a pending application to the queue of its own university, with its time."""
    application = application_or_404(request, reference)
    data = request.POST if request.method == "POST" else None
    form, now = TransferForm(data, application=application), timezone.now()
    if form.is_valid() and attempt(
        form,
        lambda: transfers.transfer(application, **form.cleaned_data, by=request.user, now=now),
    ):
        said = _("%(reference)s is now at %(university)s; the applicant has been told.")
        names = {"reference": reference, "university": form.cleaned_data["university"]}
        messages.success(request, said % names)
        return redirect("hec_application", reference)
    context = {"form": form, "application": application}
    return render(request, "console/transfer.html", context)
