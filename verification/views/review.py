"""One application: the document beside the claims, what the rules say, what else is known, and the decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from applications.models import Application, Document, Question
from dlsei import letters
from dlsei.policy import turn
from licensing.models import Programme
from verification import checks, common_wording, queue, story
from verification.checks import Check
from verification.claims import beside_checks, claims
from verification.common_wording import LANGUAGES, Wording
from verification.decision_forms import ApproveForm, AskForm, DecisionForm, RejectForm
from verification.models import Decision, Sighting
from verification.views.access import application_met_or_404, application_or_404
from verification.views.keyboard import keys_are_on

NOTE_KEPT = timedelta(hours=12)
LETTERS = {
    "approve": "application-approved",
    "reject": "application-rejected",
    "ask": "more-information",
}

SEEN = Prefetch("sightings", Sighting.objects.select_related("person").order_by("first_seen_at"))
TOLD = (
    Prefetch("questions", Question.objects.select_related("asked_by").order_by("asked_at")),
    SEEN,
)
"""What a review tells of an application, read once."""


@dataclass(frozen=True)
class Act:
    """One of the three things that a reviewer can do, as the page offers it.

    `form` is bound, and the act `open`, when it was tried and did not go through.
    """

    form: DecisionForm
    letter: letters.Letter
    open: bool = False


def review(request: HttpRequest, reference: str) -> HttpResponse:
    """Everything needed to decide; opening it while it is pending is recorded (4.1.f, R8)."""
    now = timezone.now()
    application = application_met_or_404(request, reference)
    if application.is_pending:
        queue.open_application(application, by=request.user, now=now)
    return page(request, application, now=now)


@never_cache
def meanwhile(request: HttpRequest, reference: str) -> HttpResponse:
    """Who else has it open, or who decided it: what an open review page asks for again and again.

    Looking is not recorded here: a page left open keeps nobody from the application (R10).
    """
    application = application_or_404(request, reference)
    prefetch_related_objects([application], SEEN)
    context = {
        "application": application,
        "university": application.university,
        "decision": getattr(application, "decision", None),
        "looking": looking(request, application, timezone.now()),
    }
    return render(request, "verification/meanwhile.html", context)


def page(
    request: HttpRequest,
    application: Any,
    *,
    now: datetime,
    tried: DecisionForm | None = None,
) -> HttpResponse:
    """The review page of an application as it is met (`queue.met`); `tried` is a decision that did not go through,
    with what was typed.
    """
    context = about(request, application, now=now)
    if application.is_pending:
        context["before"] = application.ahead
        context["acts"] = acts(application, context, tried)
        context["form"] = tried
        context["left"] = application.left
        context["last_note"] = last_note(request, application, now) if context["on_behalf"] else ""
    return render(request, "verification/review.html", context)


def about(request: HttpRequest, application: Any, *, now: datetime) -> dict[str, Any]:
    """What is known of an application: for its review, and for HEC's full history."""
    policy = Programme.in_force().policy.queue
    pending = application.is_pending
    prefetch_related_objects([application], *TOLD)
    questions = application.questions.all()
    documents = list(application.documents.accepted())
    known = checks.elsewhere(application, documents, by=request.user, now=now)
    rules = checks.of(application, documents) if pending else []
    checked = [*rules, *checks.seen_elsewhere(known)]
    return {
        "application": application,
        "university": application.university,
        "claims": claims(application),
        "beside": beside_checks(application, documents, checked, known),
        "held": [check for check in checked if check.passed],
        "failed": sum(not check.passed for check in checked),
        "documents": [(document, document_name(document)) for document in documents],
        "checks": rules,
        "elsewhere": known,
        "events": story.of(application),
        "question": next((one for one in questions if one.is_open), None),
        "due_at": turn.due_at(application.submitted_at, policy),
        "overdue": pending and turn.is_overdue(application.submitted_at, now, policy),
        "looking": looking(request, application, now) if pending else [],
        "decision": getattr(application, "decision", None),
        "on_behalf": not application.nominated,
        "keys": keys_are_on(request),
    }


def acts(
    application: Application, context: dict[str, Any], tried: DecisionForm | None = None
) -> dict[str, Act]:
    """The three acts with their forms, and the mail that each sends in the applicant's language."""
    needed = {"out_of_turn": context["before"] is not None, "on_behalf": context["on_behalf"]}
    forms = [
        ApproveForm(application, **needed),
        RejectForm(application, **needed, wordings=reasons(application, context["checks"])),
        AskForm(application, wordings=common_wording.questions(application.category)),
    ]
    if tried:
        forms = [tried if form.act == tried.act else form for form in forms]
    return {
        form.act: Act(form=form, letter=letter(application, form), open=form is tried)
        for form in forms
    }


def reasons(application: Application, rules: Sequence[Check]) -> list[Wording]:
    """What to reject with: first what the rules found against it, each with its clause."""
    found = []
    for check in rules:
        if check.refusal:
            said = {}
            for language in LANGUAGES:
                with translation.override(language):
                    said[language] = _("%(sentence)s (Clause %(clause)s)") % {
                        "sentence": check.because,
                        "clause": check.clause,
                    }
            name = dict.fromkeys(LANGUAGES, f"{check.clause}: {check.otherwise}")
            found.append(Wording(check.refusal.code, name, said))
    return [*found, *common_wording.reasons(application.category)]


def letter(application: Application, form: DecisionForm) -> letters.Letter:
    """The mail as it will be sent, in the applicant's language; dots where words are still to come."""
    person = application.person
    values = {
        "name": person.full_name,
        "reference": application.reference,
        "university": str(application.university),
        "cohort": str(application.cohort),
        "question" if form.act == "ask" else "reason": form.words or "…",
        "clause": "4.1.i" if form.act == "reject" else "",
    }
    return letters.render(LETTERS[form.act], person.language, values)


def looking(request: HttpRequest, application: Application, now: datetime) -> list[Sighting]:
    """Who else has it open (R10)."""
    since = now - timedelta(minutes=Programme.in_force().policy.queue.seen_minutes)
    others = [seen for seen in application.sightings.all() if seen.person != request.user]
    return [seen for seen in others if seen.last_seen_at >= since]


def last_note(request: HttpRequest, application: Application, now: datetime) -> str:
    """What the same officer noted last for this university, to be taken over by hand, never by itself."""
    found = Decision.objects.filter(
        actor=request.user, on_behalf_of=application.university, at__gte=now - NOTE_KEPT
    )
    return found.order_by("-at", "-id").values_list("note", flat=True).first() or ""


def document_name(document: Document) -> str:
    """What a document is called where it is shown."""
    return f"{document.get_kind_display()} – {document.original_name}"
