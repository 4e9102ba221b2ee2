"""The e-courses form: a task list, one thing a page, check answers, submit once (4.1.b)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from applications import documents, eligibility, submission
from applications.forms.answers import CheckForm, RoleForm, details_form
from applications.forms.refusals import add_to, in_words
from applications.models import Application, University
from applications.task_list import tasks
from applications.views.start import CARRIED
from applications.views.summary import summary
from applications.views.university_search import Search
from dlsei.interrupted import keeps_answers
from dlsei.models import User
from dlsei.policy import turn
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.refusals import Refused
from dlsei.policy.states import ApplicationState
from dlsei.verbs import Busy
from licensing.models import Programme

ORDER = ("apply_role", "apply_university", "apply_details", "apply_documents", "apply_check")


def draft_of(person: User) -> Application | None:
    """The person's draft with all that its pages show."""
    drafts = Application.objects.of(person).filter(status=ApplicationState.DRAFT)
    return drafts.select_related("university", "person").first()


def draft_or_404(request: HttpRequest) -> Application:
    draft = draft_of(request.user)
    if draft is None or not draft.category:
        raise Http404
    return draft


def needs_draft(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of the form, for whoever has a draft.

    Others come back to it by the browser's Back or an old link: they are led to where they stand.
    """

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            draft = draft_of(request.user)
            if draft is None or not draft.category:
                return redirect("apply")
        return view(request, *args, **kwargs)

    return shown


def apply(request: HttpRequest) -> HttpResponse:
    """The task list. Whoever has applied already is shown where that stands."""
    draft = draft_of(request.user)
    if draft is None:
        if eligibility.facts(request.user, "", None).already_applied:
            messages.info(request, _("You have applied already; this is where it stands."))
            return redirect("dashboard")
        draft = _carried_over(request)
    found = tasks(draft, request.user)
    ready = bool(draft) and all(task.done for task in found)
    open_urls = [task.url for task in found if task.url and not task.done]
    checking = any(task.checking for task in found)
    page = {
        "checking": checking,
        "tasks": found,
        "ready": ready,
        "next_url": next(iter(open_urls), ""),
        "draft": draft,
    }
    return render(request, "applications/apply.html", page)


def _carried_over(request: HttpRequest) -> Application | None:
    """Begins a draft with the answers given on the page "Can I apply?"."""
    carried = request.session.pop(CARRIED, None)
    if carried is None:
        return None
    by, now = request.user, timezone.now()
    university = University.objects.filter(pk=carried["university"]).first()
    draft = submission.start(by, by=by, now=now)
    return submission.save(
        draft, category=carried["category"], university=university, by=by, now=now
    )


def _next(request: HttpRequest, page: str, draft: Application) -> HttpResponse:
    """Back to the check page if one came from there, else the next page that is not done."""
    if "check" in request.GET:
        return redirect("apply_check")
    open_pages = {task.name for task in tasks(draft, request.user) if task.url and not task.done}
    later = [name for name in ORDER[ORDER.index(page) + 1 :] if name in open_pages]
    return redirect(later[0] if later else "apply_check")


@keeps_answers
def apply_role(request: HttpRequest) -> HttpResponse:
    draft = draft_of(request.user)
    if draft is None and eligibility.facts(request.user, "", None).already_applied:
        return redirect("apply")
    form = RoleForm(request.POST or None, initial={"category": draft.category if draft else None})
    if request.method == "POST" and form.is_valid():
        by, now = request.user, timezone.now()
        category = form.cleaned_data["category"]
        no = eligibility.before_the_form(category, None, person=by, today=karachi_date(now))
        if no:
            form.add_error("category", in_words(no))
        else:
            draft = submission.start(by, by=by, now=now)
            draft = submission.save(draft, category=category, by=by, now=now)
            return _next(request, "apply_role", draft)
    return render(request, "applications/question.html", _page(form, _("Your role")))


@keeps_answers
@needs_draft
def apply_university(request: HttpRequest) -> HttpResponse:
    draft = draft_or_404(request)
    by, now = request.user, timezone.now()
    data = request.POST if request.method == "POST" or request.POST else None
    search = Search(request.GET, by, data=data, chosen=draft.university)
    if request.method == "POST" and search.form.is_valid():
        university = search.form.cleaned_data["university"]
        submission.save(draft, university=university, by=by, now=now)
        return _next(request, "apply_university", draft_or_404(request))
    page = {"draft": draft, "search": search, "form": search.shown_form()}
    return render(request, "applications/apply_university.html", page)


@keeps_answers
@needs_draft
def apply_details(request: HttpRequest) -> HttpResponse:
    draft = draft_or_404(request)
    form_class = details_form(draft.category)
    form = form_class(request.POST or None, initial=draft.answers)
    if request.method == "POST" and form.is_valid():
        by, now = request.user, timezone.now()
        draft = submission.save(draft, answers=form.cleaned_data, by=by, now=now)
        return _next(request, "apply_details", draft)
    return render(request, "applications/question.html", _page(form, _("Your details")))


def _page(form: object, title: str) -> dict[str, object]:
    return {"form": form, "title": title}


@needs_draft
def apply_check(request: HttpRequest) -> HttpResponse:
    """All answers with links to change them; submitting twice is submitting once."""
    if request.method == "POST" and request.POST.get("reference"):
        draft = get_object_or_404(
            Application.objects.of(request.user), reference=request.POST["reference"]
        )
        if not draft.is_draft:
            return redirect("receipt", reference=draft.reference)
    else:
        draft = draft_or_404(request)
    if request.method == "POST":
        documents.wait(draft)
    missing = [task for task in tasks(draft, request.user) if not task.done]
    # While something is missing the declaration is not asked for, nor missed.
    form = CheckForm(request.POST or None) if not missing else CheckForm()
    if request.method == "POST" and form.is_valid():
        try:
            submitted = submission.submit(draft, by=request.user, now=timezone.now())
        except (Refused, Busy) as error:
            add_to(form, error)
        else:
            return _submitted(submitted)
    page = {
        "form": form,
        "draft": draft,
        "missing": [task for task in missing if not task.checking],
        "complete": not missing,
        "checking": any(task.checking for task in missing),
        "rows": summary(draft, changeable=True),
    }
    return render(request, "applications/apply_check.html", page)


def _submitted(application: Application) -> HttpResponse:
    # Still a draft: the number is another person's (R6). The dashboard says so in neutral words.
    if application.is_draft:
        return redirect("dashboard")
    return redirect("receipt", reference=application.reference)


def receipt(request: HttpRequest, reference: str) -> HttpResponse:
    application = get_object_or_404(
        Application.objects.of(request.user).submitted().select_related("university", "cohort"),
        reference=reference,
    )
    assert application.submitted_at is not None
    due_at = turn.due_at(application.submitted_at, Programme.in_force().policy.queue)
    page = {"application": application, "due_at": due_at, "rows": summary(application)}
    return render(request, "applications/receipt.html", page)
