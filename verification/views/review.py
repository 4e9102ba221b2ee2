"""One application: the document beside the claims, what the rules say, what else is known."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from applications.models import Application, Document
from dlsei.policy import turn
from dlsei.policy.calendar_days import karachi_date
from licensing.models import Programme
from verification import checks, queue, story, worklist
from verification.claims import claims
from verification.models import Decision
from verification.permissions import is_focal_person
from verification.views.access import application_or_404


def review(request: HttpRequest, reference: str) -> HttpResponse:
    """Everything needed to decide; opening it while it is pending is recorded (4.1.f, R8)."""
    now = timezone.now()
    application = application_or_404(request, reference)
    if application.is_pending:
        queue.open_application(application, by=request.user, now=now)
    return render(request, "verification/review.html", about(request, application))


def about(request: HttpRequest, application: Application) -> dict[str, Any]:
    """What the review page and the pages of its decisions show."""
    now = timezone.now()
    policy = Programme.in_force().policy.queue
    documents = list(application.documents.all())
    pending = application.is_pending
    return {
        "application": application,
        "university": application.university,
        "claims": claims(application),
        "documents": [(document, _name(document)) for document in documents],
        "checks": checks.of(application) if pending else [],
        "elsewhere": checks.elsewhere(application, by=request.user, now=now),
        "events": story.of(application),
        "question": application.questions.open().first(),
        "due_at": turn.due_at(application.submitted_at, policy),
        "overdue": pending and turn.is_overdue(application.submitted_at, now, policy),
        "first_seen": application.sightings.select_related("person")
        .order_by("first_seen_at", "id")
        .first(),
        "looking": list(worklist.looking(request.user, now).filter(application=application)),
        "decision": Decision.objects.filter(application=application)
        .select_related("actor", "on_behalf_of")
        .first(),
        "on_behalf": on_behalf(request, application),
        "before": queue.ahead(application, by=request.user, now=now) if pending else None,
    }


def on_behalf(request: HttpRequest, application: Application) -> bool:
    """Whether the reader would decide for the university's focal persons (4.1.j)."""
    today = karachi_date(timezone.now())
    return not is_focal_person(request.user, application.university, today)


def _name(document: Document) -> str:
    return f"{document.get_kind_display()} – {document.original_name}"
