"""Where one stands: the dashboard, one's applications and licenses, and what one can do with them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from applications import documents, explanations, queries, submission
from applications.forms.answers import AnswerForm
from applications.forms.refusals import add_to, in_words
from applications.four_answers import clause_in_words
from applications.inspection.refusals import refuse_document
from applications.models import Application
from applications.task_list import accepted_kinds
from applications.views.documents import described, uploaded
from applications.views.summary import summary
from dlsei.interrupted import keeps_answers
from dlsei.kept_files import KeptFile
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.refusals import Refused
from dlsei.verbs import Busy
from licensing.models import License, Programme


def dashboard(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    records = queries.records(request.user)
    standing = records.standing(now)
    page = {
        "situation": explanations.situation(standing, request.user, karachi_date(now)),
        "standing": standing,
        "earlier": records.before(standing.application),
        "paid": records.paid_besides(standing.license),
    }
    return render(request, "applications/dashboard.html", page)


def application(request: HttpRequest, reference: str) -> HttpResponse:
    """One application, past or present, as submitted; a draft is shown by its form."""
    found = _own(request, reference)
    if found.is_draft:
        return redirect("apply")
    page = {
        "application": found,
        "license": License.objects.filter(place=found.place_id).first() if found.place_id else None,
        "rows": summary(found, with_documents=False),
        "documents": described(list(found.documents.all())),
        "question": found.questions.open().first(),
        "timeline": explanations.entries(found, request.user),
    }
    return render(request, "applications/application.html", page)


def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    found = _own(request, reference)
    if request.method == "POST":
        try:
            submission.withdraw(found, by=request.user, now=timezone.now())
        except Refused as error:
            messages.error(request, in_words(error.refusal))
        else:
            messages.success(request, _("Your application is withdrawn."))
        return redirect("application", reference=reference)
    if not found.is_pending:
        return redirect("application", reference=reference)
    return render(request, "applications/withdraw.html", {"application": found})


@keeps_answers
def answer(request: HttpRequest, reference: str) -> HttpResponse:
    """The answer to what a reviewer asked; the application is back in its old place (R10)."""
    found = _own(request, reference)
    question = found.questions.open().first()
    if question is None:
        messages.info(request, _("There is no open question about this application."))
        return redirect("application", reference=reference)
    limits = Programme.in_force().policy.documents
    # What came with an answer that could not be sent yet.
    brought = list(found.documents.filter(uploaded_at__gt=question.asked_at))
    kept = KeptFile(request, f"application {found.pk}")
    form = kept.join(
        AnswerForm(
            request.POST or None,
            kept.files,
            kinds=accepted_kinds(found),
            max_bytes=limits.max_bytes,
            brought=any(not one.is_refused for one in brought),
        )
    )
    if request.method == "POST" and form.is_valid():
        try:
            _answer(found, form, kept, request)
        except (Refused, Busy) as error:
            add_to(form, error, "file" if form.cleaned_data.get("file") else None)
            brought = list(found.documents.filter(uploaded_at__gt=question.asked_at))
        else:
            messages.success(
                request, _("Your answer is sent; your application has kept its place.")
            )
            return redirect("dashboard")
    kept.offer(form)
    page = {
        "application": found,
        "question": question,
        "form": form,
        "brought": described(brought),
        "checking": any(one.is_checking for one in brought),
    }
    return render(request, "applications/answer.html", page)


def _answer(found: Application, form: AnswerForm, kept: KeptFile, request: HttpRequest) -> None:
    by, now = request.user, timezone.now()
    if form.cleaned_data.get("file"):
        document = uploaded(found, form, kept, request)
        if document.is_refused:
            # Said on the form, where another one can be chosen at once.
            refusal = refuse_document(document.refusal["code"], **document.refusal["values"])
            documents.remove(document, by=by, now=now)
            raise Refused(refusal)
    else:
        documents.wait(found)
    submission.answer(found, text=form.cleaned_data["text"], by=by, now=now)


def license(request: HttpRequest, reference: str) -> HttpResponse:
    found = get_object_or_404(
        License.objects.filter(person=request.user).select_related("cohort", "place"),
        reference=reference,
    )
    page = {
        "license": found,
        "application": Application.objects.filter(place=found.place_id).first()
        if found.place_id
        else None,
        "clause_in_words": clause_in_words(found.end_clause),
        "deadlines": explanations.deadlines(found) if found.is_live else [],
        "data_as_of": explanations.data_as_of(found),
    }
    return render(request, "applications/license.html", page)


def _own(request: HttpRequest, reference: str) -> Application:
    return get_object_or_404(
        Application.objects.of(request.user).select_related("university", "cohort", "person"),
        reference=reference,
    )
