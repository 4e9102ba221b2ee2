"""Approve, reject, ask: each a page that works by itself, and straight on to the next in turn."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views import View

from dlsei import letters
from verification import decisions, queue
from verification.forms import DecisionForm, attempt
from verification.views.access import application_or_404
from verification.views.review import on_behalf


class Decide(View):
    """One act on one application; what a refusal asks for is asked on the same page."""

    verb: ClassVar[Callable[..., Any]]
    template_name: ClassVar[str]
    # Form field → the verb's argument.
    own_fields: ClassVar[dict[str, str]]
    turn_field: ClassVar[str] = ""
    takes_note: ClassVar[bool] = True
    mail: ClassVar[tuple[str, str, str] | None] = None
    done: ClassVar[str | Promise]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.look(request, kwargs["reference"])
        return super().dispatch(request, *args, **kwargs)

    def look(self, request: HttpRequest, reference: str) -> None:
        self.now = timezone.now()
        self.application = application_or_404(request, reference)
        self.on_behalf = on_behalf(request, self.application)
        self.before = queue.ahead(self.application, by=request.user, now=self.now)

    def get(self, request: HttpRequest, reference: str) -> HttpResponse:
        if not self.application.is_pending:
            return redirect("review", reference)
        return self.page(DecisionForm(asked=self.asked()))

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        form = DecisionForm(request.POST, asked=self.asked())
        pending = self.application.is_pending
        # A decision that came first is said before what is missing here.
        if pending and ("preview" in request.POST or not form.is_valid()):
            return self.page(form)
        form.is_valid()
        if attempt(form, lambda: self.act(form.cleaned_data)):
            return self.onwards()
        self.look(request, reference)
        if not self.application.is_pending:
            for error in form.non_field_errors():
                messages.error(request, error)
            return redirect("review", reference)
        if set(self.asked()) - set(form.fields):
            # Its turn has passed since the page was opened: the reason is asked, what was typed stays.
            form = DecisionForm(request.POST, asked=self.asked())
        return self.page(form)

    def asked(self) -> list[str]:
        asked = list(self.own_fields)
        if self.turn_field and self.before:
            asked.append("turn_reason")
        if self.takes_note and self.on_behalf:
            asked.append("note")
        return asked

    def act(self, answers: dict[str, str]) -> None:
        arguments = {to: answers.get(name, "") for name, to in self.own_fields.items()}
        if self.turn_field:
            arguments[self.turn_field] = answers.get("turn_reason", "")
        if self.takes_note:
            arguments["note"] = answers.get("note", "")
        type(self).verb(self.application, by=self.request.user, now=self.now, **arguments)

    def page(self, form: DecisionForm) -> HttpResponse:
        context = {
            "form": form,
            "application": self.application,
            "university": self.application.university,
            "on_behalf": self.on_behalf,
            "before": self.before,
            "letter": self.letter(form),
        }
        return render(self.request, self.template_name, context)

    def letter(self, form: DecisionForm) -> letters.Letter | None:
        """The mail as the applicant will get it, once there are words to send."""
        if not (self.mail and form.is_bound):
            return None
        kind, field, key = self.mail
        words = form.data.get(field, "").strip()
        if not words:
            return None
        person = self.application.person
        values = {
            "name": person.full_name,
            "reference": self.application.reference,
            "university": str(self.application.university),
            key: words,
        }
        return letters.render(kind, person.language, values)

    def onwards(self) -> HttpResponse:
        said = str(self.done) % {"reference": self.application.reference}
        university = self.application.university
        following = queue.next_in_turn(university, by=self.request.user, now=self.now)
        if following is None:
            messages.success(self.request, said)
            return redirect("queue", university.pk)
        onwards = _("Here is the next in turn, %(reference)s.") % {"reference": following.reference}
        messages.success(self.request, f"{said} {onwards}")
        return redirect("review", following.reference)


class Approve(Decide):
    """Approves; out of turn with a reason, on behalf with a note (4.1.e, 4.1.j, R10)."""

    verb = decisions.approve
    template_name = "verification/approve.html"
    own_fields: ClassVar[dict[str, str]] = {}
    turn_field = "reason"
    done = _("%(reference)s is approved and the applicant has been told.")


class Reject(Decide):
    """Rejects with a reason, shown first as it will be sent (4.1.i)."""

    verb = decisions.reject
    template_name = "verification/reject.html"
    own_fields: ClassVar[dict[str, str]] = {"reason": "reason"}
    turn_field = "turn_reason"
    mail = ("application-rejected", "reason", "reason")
    done = _("%(reference)s is rejected and the applicant has been told.")


class Ask(Decide):
    """Asks the applicant for more; the application steps aside and keeps its place (R10)."""

    verb = decisions.ask
    template_name = "verification/ask.html"
    own_fields: ClassVar[dict[str, str]] = {"text": "text"}
    takes_note = False
    mail = ("more-information", "text", "question")
    done = _("The question about %(reference)s is on its way.")
