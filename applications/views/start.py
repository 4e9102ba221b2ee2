"""The public pages: what the programme is, and whether one may apply."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from applications import eligibility
from applications.forms.answers import RoleForm
from applications.forms.refusals import in_words
from applications.four_answers import clause_in_words
from applications.models import Application, University
from applications.task_list import kind_labels
from applications.views.university_search import Search
from dlsei.models import User
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.clauses import clause
from dlsei.policy.eligibility import accepted_documents
from dlsei.policy.refusals import Refusal, refuse
from licensing import buckets
from licensing.models import Programme

NOT_LISTED = "not-listed"
CARRIED = "eligibility"
"""Where the session keeps the two answers, so that the form does not ask for them again."""


@login_not_required
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    today = karachi_date(timezone.now())
    cohort = buckets.target_cohort(today)
    bucket = buckets.bucket(cohort, today)
    policy = Programme.in_force().policy
    documents = policy.documents
    page = {
        "cohort": cohort,
        "intake_open": bucket.intake_open,
        "opens_on": cohort.intake_from if today < cohort.intake_from else None,
        "left": max(bucket.free - bucket.waiting, 0),
        "waiting": bucket.waiting,
        "student_kinds": kind_labels(documents.by_category["student"]),
        "first_semester_kinds": kind_labels(documents.student_first_semester),
        "employee_kinds": kind_labels(documents.by_category["faculty"]),
        "limits": documents,
        "due_hours": policy.queue.due_hours,
        "megabytes": documents.max_bytes // 1024 // 1024,
    }
    return render(request, "applications/start.html", page)


@login_not_required
@require_safe
def can_i_apply(request: HttpRequest) -> HttpResponse:
    """Two questions, all answers in the address: what one is, and where (3.a, 3.b)."""
    today = karachi_date(timezone.now())
    person = request.user if isinstance(request.user, User) else None
    form = RoleForm(request.GET or None)
    if not form.is_valid():
        return render(request, "applications/can_i_apply.html", {"form": form})
    category = form.cleaned_data["category"]
    no = eligibility.before_the_form(category, None, person=person, today=today)
    if no:
        return _answer(request, no)
    if category == Application.Category.HEC_EMPLOYEE:
        return _yes(request, category, None)
    if request.GET.get("university") == NOT_LISTED:
        return _answer(request, refuse("institution-not-recognized"))
    search = Search(request.GET, person)
    if not search.form.is_valid():
        return render(
            request,
            "applications/can_i_apply_university.html",
            {"category": category, "search": search, "form": search.shown_form()},
        )
    university: University = search.form.cleaned_data["university"]
    no = eligibility.before_the_form(category, university, person=person, today=today)
    return _answer(request, no) if no else _yes(request, category, university)


def _answer(request: HttpRequest, no: Refusal) -> HttpResponse:
    page = {
        "clause": clause(no.clause),
        "no_in_words": in_words(no),
        "clause_in_words": clause_in_words(no.clause),
    }
    return render(request, "applications/can_i_apply_no.html", page)


def _yes(request: HttpRequest, category: str, university: University | None) -> HttpResponse:
    today = karachi_date(timezone.now())
    cohort = buckets.target_cohort(today)
    request.session[CARRIED] = {
        "category": category,
        "university": university.pk if university else None,
    }
    page = {
        "kinds": kind_labels(
            accepted_documents(category, False, Programme.in_force().policy.documents)
        ),
        "is_student": category == Application.Category.STUDENT,
        "cohort": cohort,
        "intake_open": buckets.bucket(cohort, today).intake_open,
        "opens_on": cohort.intake_from if today < cohort.intake_from else None,
    }
    return render(request, "applications/can_i_apply_yes.html", page)
