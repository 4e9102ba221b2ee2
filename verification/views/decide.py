"""Approve, reject, ask: from the review page, and straight on to the next in turn."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views import View

from applications.models import Application, University
from dlsei.verbs import Busy
from verification import checks, common_wording, decisions, queue, story
from verification.decision_forms import ApproveForm, AskForm, DecisionForm, RejectForm
from verification.forms import attempt
from verification.models import Decision
from verification.views import review
from verification.views.access import (
    application_met_or_404,
    application_or_404,
    university_or_404,
)
from verification.views.keyboard import keys_are_on


class Decide(View):
    """One act on one application; what a refusal asks for is asked on the review page itself."""

    verb: ClassVar[Callable[..., Any]]
    form: ClassVar[type[DecisionForm]]
    # The form's field → the verb's argument.
    arguments: ClassVar[dict[str, str]]
    outcome: ClassVar[str] = ""
    done: ClassVar[str | Promise]

    def get(self, request: HttpRequest, reference: str) -> HttpResponse:
        """An address that was kept, or came back to after signing in: the page on which it is done."""
        application = application_or_404(request, reference)
        return redirect(f"{reverse('review', args=[application.reference])}#{self.form.act}")

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        now = timezone.now()
        application = application_met_or_404(request, reference)
        form = self.filled(application)
        # A decision that came first is said before what is missing here.
        if application.is_pending and ("preview" in request.POST or not form.is_valid()):
            return review.page(request, application, now=now, tried=form)
        form.is_valid()
        if attempt(form, lambda: self.act(application, form, now)):
            return self.onwards(application, now)
        application = application_met_or_404(request, reference)
        if not application.is_pending:
            return self.too_late(application, form, now)
        tried = self.filled(application)
        if set(tried.fields) > set(form.fields):
            # Its turn has passed since the page was opened: the reason is asked, what was typed stays.
            tried.is_valid()
            form = tried
        return review.page(request, application, now=now, tried=form)

    def filled(self, application: Any) -> DecisionForm:
        """The form with what was typed, asking for what is needed now."""
        wordings: Any = ()
        if self.form is RejectForm:
            wordings = review.reasons(
                application, checks.of(application, application.documents.accepted())
            )
        elif self.form is AskForm:
            wordings = common_wording.questions(application.category)
        return self.form(
            application,
            self.request.POST,
            wordings=wordings,
            out_of_turn=application.ahead is not None,
            on_behalf=not application.nominated,
        )

    def act(self, application: Application, form: DecisionForm, now: datetime) -> None:
        given = {to: form.cleaned_data.get(name, "") for name, to in self.arguments.items()}
        type(self).verb(application, by=self.request.user, now=now, **given)

    def too_late(self, application: Application, form: DecisionForm, now: datetime) -> HttpResponse:
        """Somebody was faster: who, when and what; a second press of one's own goes on as the first did."""
        decision: Decision | None = getattr(application, "decision", None)
        if decision and (decision.actor, decision.outcome) == (self.request.user, self.outcome):
            return self.onwards(application, now)
        context = {
            "application": application,
            "university": application.university,
            "decision": decision,
            "events": story.of(application)[:1],
            "typed": form.words,
            "keys": keys_are_on(self.request),
            "following": queue.next_in_turn(application.university, by=self.request.user, now=now),
        }
        return render(self.request, "verification/too_late.html", context)

    def onwards(self, application: Application, now: datetime) -> HttpResponse:
        said = str(self.done) % {"reference": application.reference}
        messages.success(self.request, said)
        return to_the_next(self.request, application.university, now)


class Approve(Decide):
    """Approves; out of turn with a reason, on behalf with a note (4.1.e, 4.1.j, R10)."""

    verb = decisions.approve
    form = ApproveForm
    arguments: ClassVar[dict[str, str]] = {"turn_reason": "reason", "note": "note"}
    outcome = "approved"
    done = _("%(reference)s is approved, and the applicant is told. This cannot be undone.")


class Reject(Decide):
    """Rejects with a reason, shown first as it will be sent (4.1.i)."""

    verb = decisions.reject
    form = RejectForm
    arguments: ClassVar[dict[str, str]] = {
        "reason": "reason",
        "turn_reason": "turn_reason",
        "note": "note",
    }
    outcome = "rejected"
    done = _("%(reference)s is rejected, and the applicant is told. This cannot be undone.")


class Ask(Decide):
    """Asks the applicant for more; the application steps aside and keeps its place (R10)."""

    verb = decisions.ask
    form = AskForm
    arguments: ClassVar[dict[str, str]] = {"text": "text"}
    done = _("The question about %(reference)s is on its way.")


def next_in_turn(request: HttpRequest, university: int) -> HttpResponse:
    """Opens what the reader decides next at a university; the queue when nothing is left."""
    of = university_or_404(request, university)
    return to_the_next(request, of, timezone.now())


def to_the_next(request: HttpRequest, university: University, now: datetime) -> HttpResponse:
    try:
        following = queue.take_next(university, by=request.user, now=now)
    except Busy:
        # What was decided stands; the queue's page says what is next.
        following = None
    if following is None:
        return redirect("queue", university.pk)
    return redirect("review", following.reference)
