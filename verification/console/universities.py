"""Universities and their focal persons: the list, one university, and what HEC changes there."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from applications import universities
from applications.models import Application, University
from dlsei.policy.calendar_days import karachi_date
from verification import focal_persons, staff_invitations
from verification.console.staff import suspended_or_not
from verification.forms import UniversityForm, attempt
from verification.models import FocalPerson, Invitation
from verification.pages import page
from verification.staff_forms import EndForm, NominationForm, ReplacementForm
from verification.views.access import hec_only

SHOWN = 50


def _count(queryset: Any) -> Coalesce:
    counted = queryset.order_by().values("university").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


@hec_only
def hec_universities(request: HttpRequest) -> HttpResponse:
    """All institutions by name; `?only=` shows those without a focal person or not recognized."""
    words, only = request.GET.get("q", "").strip(), request.GET.get("only", "")
    today = karachi_date(timezone.now())
    of_it = Q(university=OuterRef("pk"))
    found = University.objects.search(words).annotate(
        active=_count(FocalPerson.objects.active(today).filter(of_it)),
        pending=_count(Application.objects.pending().filter(of_it)),
    )
    if only == "unworked":
        found = found.filter(active=0, recognized=True)
    elif only == "not-recognized":
        found = found.filter(recognized=False)
    context = {
        "page": page(found, ("name", "id"), request.GET),
        "words": words,
        "only": only,
        "total": found.count(),
    }
    return render(request, "console/universities.html", context)


@hec_only
def hec_university_add(request: HttpRequest) -> HttpResponse:
    """Puts an institution on the list."""
    form = UniversityForm(request.POST or None)
    now = timezone.now()
    if form.is_valid() and attempt(
        form, lambda: universities.add(**form.cleaned_data, by=request.user, now=now)
    ):
        messages.success(request, _("%(name)s is on the list.") % form.cleaned_data)
        return redirect("hec_universities")
    return render(request, "console/university_add.html", {"form": form})


@hec_only
def hec_university(request: HttpRequest, pk: int) -> HttpResponse:
    """One institution: its entry, its focal persons, who is invited, and the form to invite another."""
    university = get_object_or_404(University, pk=pk)
    form = UniversityForm(request.POST or None, instance=university)
    now = timezone.now()
    if form.is_valid() and attempt(
        form,
        lambda: universities.correct(university, **form.cleaned_data, by=request.user, now=now),
    ):
        messages.success(request, _("Saved."))
        return redirect("hec_university", pk)
    nomination = NominationForm(prefix="new", initial={"since": karachi_date(now)})
    return _university(request, university, now, form=form, nomination=nomination)


def _university(
    request: HttpRequest, university: University, now: datetime, **forms: Any
) -> HttpResponse:
    active = FocalPerson.objects.active(karachi_date(now)).values("pk")
    people = (
        university.focal_persons.select_related("person")
        .annotate(is_active=Q(pk__in=active))
        .order_by("-since", "-id")
    )
    context = {
        "university": university,
        "page": page(people, ("-since", "-id"), request.GET),
        "pending": Application.objects.at(university).pending().count(),
        "invitations": _with_expiry(university.invitations.open(), now),
        "invalid": next((form for form in forms.values() if form.is_bound), None),
        **forms,
    }
    return render(request, "console/university.html", context)


def _with_expiry(invitations: Any, now: datetime) -> list[Invitation]:
    found = invitations.select_related("person").annotate(
        expired=Q(accepted_at=None, withdrawn_at=None, expires_at__lte=now)
    )
    return list(found.order_by("-invited_at", "-id")[:SHOWN])


@hec_only
@require_POST
def hec_nominate(request: HttpRequest, pk: int) -> HttpResponse:
    """Invites a person by e-mail address to be a focal person."""
    university = get_object_or_404(University, pk=pk)
    form, now = NominationForm(request.POST, prefix="new"), timezone.now()
    if form.is_valid() and attempt(
        form,
        lambda: staff_invitations.invite(
            **form.cleaned_data, university=university, by=request.user, now=now
        ),
    ):
        messages.success(request, _("%(full_name)s is invited.") % form.cleaned_data)
        return redirect("hec_university", pk)
    return _university(
        request, university, now, form=UniversityForm(instance=university), nomination=form
    )


@hec_only
@require_POST
def hec_recognition(request: HttpRequest, pk: int) -> HttpResponse:
    """Recognizes an institution, or withdraws it."""
    university = get_object_or_404(University, pk=pk)
    change = universities.withdraw_recognition if university.recognized else universities.recognize
    change(university, by=request.user, now=timezone.now())
    messages.success(request, _("Saved."))
    return redirect("hec_university", pk)


@hec_only
def hec_focal_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Sets a nomination's last day."""
    focal_person = get_object_or_404(
        FocalPerson.objects.select_related("person", "university"), pk=pk
    )
    now = timezone.now()
    form = EndForm(request.POST or None, initial={"until": karachi_date(now)})
    if form.is_valid() and attempt(
        form, lambda: focal_persons.end(focal_person, **form.cleaned_data, by=request.user, now=now)
    ):
        messages.success(request, _("Saved."))
        return redirect("hec_university", focal_person.university_id)
    return render(request, "console/focal_end.html", {"form": form, "focal_person": focal_person})


@hec_only
@require_POST
def hec_focal_suspend(request: HttpRequest, pk: int) -> HttpResponse:
    """Suspends a focal person at once, or lifts the suspension."""
    focal_person = get_object_or_404(FocalPerson.objects.select_related("person"), pk=pk)
    suspends = focal_person.suspended_at is None
    change = focal_persons.suspend if suspends else focal_persons.resume
    change(focal_person, by=request.user, now=timezone.now())
    messages.success(request, suspended_or_not(focal_person.person, suspends))
    return redirect("hec_university", focal_person.university_id)


@hec_only
def hec_focal_replace(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes the queue away from a focal person at once, and invites somebody in their place."""
    focal_person = get_object_or_404(
        FocalPerson.objects.filter(replaced_at=None).select_related("person", "university"), pk=pk
    )
    form, now = ReplacementForm(request.POST or None), timezone.now()
    if form.is_valid() and attempt(
        form,
        lambda: staff_invitations.replace(
            focal_person, **form.cleaned_data, by=request.user, now=now
        ),
    ):
        said = _("%(former)s is replaced; %(full_name)s is invited.")
        names = {"former": focal_person.person.full_name, **form.cleaned_data}
        messages.success(request, said % names)
        return redirect("hec_university", focal_person.university_id)
    return render(
        request, "console/focal_replace.html", {"form": form, "focal_person": focal_person}
    )
