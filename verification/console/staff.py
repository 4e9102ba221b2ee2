"""HEC's own staff, every invitation, and the second factor of whoever lost it."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dlsei.models import User
from verification import hec_staff as officers
from verification import second_factor, staff_invitations, staff_lists
from verification.forms import attempt
from verification.models import FocalPerson, Invitation, StaffList
from verification.pages import page
from verification.staff_forms import FactorResetForm, InviteeForm, StaffListForm
from verification.views.access import hec_only, said

SHOWN = 100


def _officers() -> QuerySet[User]:
    return User.objects.filter(Q(is_hec=True) | Q(hec_suspended_at__isnull=False))


@hec_only
def hec_staff(request: HttpRequest) -> HttpResponse:
    """Who acts for HEC or did, and the form to invite another."""
    form, now = InviteeForm(request.POST or None), timezone.now()
    if form.is_valid() and attempt(
        form, lambda: staff_invitations.invite(**form.cleaned_data, by=request.user, now=now)
    ):
        messages.success(request, _("%(full_name)s is invited.") % form.cleaned_data)
        return redirect("hec_staff")
    context = {
        "form": form,
        "page": page(_officers(), ("full_name", "id"), request.GET),
        "open": Invitation.objects.open().count(),
    }
    return render(request, "console/staff.html", context)


@hec_only
@require_POST
def hec_staff_suspend(request: HttpRequest, pk: int) -> HttpResponse:
    """Suspends an officer at once, or lets them act again."""
    officer = get_object_or_404(_officers(), pk=pk)
    suspends = officer.is_hec
    change = officers.suspend if suspends else officers.resume
    if said(request, lambda: change(officer, by=request.user, now=timezone.now())):
        messages.success(request, suspended_or_not(officer, suspends))
    return redirect("hec_staff")


def suspended_or_not(person: User, suspended: bool) -> str:
    """What was done about somebody's access, in words."""
    words = (
        _("%(name)s is suspended and signed out.") if suspended else _("%(name)s may act again.")
    )
    return words % {"name": person.full_name}


@hec_only
def hec_invitations(request: HttpRequest) -> HttpResponse:
    """Every invitation, the latest first; `?list=` chooses by what became of it."""
    now = timezone.now()
    everybody = Invitation.objects.select_related("person", "university", "invited_by")
    lists = {
        "": (_("Waiting"), everybody.open().filter(expires_at__gt=now)),
        "expired": (_("Expired"), everybody.open().filter(expires_at__lte=now)),
        "accepted": (_("Accepted"), everybody.exclude(accepted_at=None)),
        "withdrawn": (_("Withdrawn"), everybody.exclude(withdrawn_at=None)),
    }
    chosen = request.GET.get("list", "")
    chosen = chosen if chosen in lists else ""
    tabs = [
        {
            "url": f"?list={name}",
            "text": text,
            "count": found.count(),
            "urgent": name == "expired",
            "current": name == chosen,
        }
        for name, (text, found) in lists.items()
    ]
    context = {
        "page": page(lists[chosen][1], ("-invited_at", "-id"), request.GET),
        "tabs": tabs,
        "list": chosen,
        "is_open": chosen in ("", "expired"),
    }
    return render(request, "console/invitations.html", context)


@hec_only
@require_POST
def hec_invitation_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Sends an open invitation again, with a new link."""
    found, now = get_object_or_404(Invitation.objects.open(), pk=pk), timezone.now()
    if said(request, lambda: staff_invitations.send_again(found, by=request.user, now=now)):
        messages.success(request, _("The invitation goes out again; the former link is void."))
    return _back(found)


@hec_only
@require_POST
def hec_invitation_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Makes an open invitation void."""
    found, now = get_object_or_404(Invitation.objects.open(), pk=pk), timezone.now()
    if said(request, lambda: staff_invitations.withdraw(found, by=request.user, now=now)):
        messages.success(request, _("The invitation is withdrawn; its link is void."))
    return _back(found)


def _back(invitation: Invitation) -> HttpResponse:
    if invitation.university_id:
        return redirect("hec_university", invitation.university_id)
    return redirect("hec_invitations")


@hec_only
def hec_staff_lists(request: HttpRequest) -> HttpResponse:
    """Lists of people to invite, the latest first, and the form for the next one."""
    form, now = StaffListForm(request.POST or None, request.FILES or None), timezone.now()
    kept: list[StaffList] = []
    if form.is_valid():
        file = form.cleaned_data["file"]
        if attempt(
            form,
            lambda: kept.append(staff_lists.keep(file, file.name, by=request.user, now=now)),
        ):
            return redirect("hec_staff_list", kept[0].pk)
    lists = StaffList.objects.select_related("uploaded_by", "sent_by")
    context = {"form": form, "page": page(lists, ("-id",), request.GET)}
    return render(request, "console/staff_lists.html", context)


@hec_only
def hec_staff_list(request: HttpRequest, pk: int) -> HttpResponse:
    """One list: who would be invited and which rows cannot be read; then the receipt."""
    found = get_object_or_404(StaffList.objects.select_related("uploaded_by", "sent_by"), pk=pk)
    if request.method == "POST":
        now = timezone.now()
        if "discard" in request.POST:
            staff_lists.discard(found, by=request.user, now=now)
            messages.success(request, _("The list is deleted; nobody was invited."))
            return redirect("hec_staff_lists")
        staff_lists.send(found, by=request.user, now=now)
        return redirect("hec_staff_list", pk)
    context = {
        "list": found,
        "rows": [_with_days(row) for row in found.rows[:SHOWN]],
        "more": max(0, len(found.rows) - SHOWN),
        "errors": in_words(found.errors),
        "refused": in_words(found.result.get("refused", [])),
        "figures": [
            {"value": found.result[name], "text": text}
            for name, text in (
                ("invited", _("invited")),
                ("already", _("had this invitation already")),
            )
            if name in found.result
        ],
    }
    return render(request, "console/staff_list.html", context)


def _with_days(row: dict[str, Any]) -> dict[str, Any]:
    days = {name: row[name] and date.fromisoformat(row[name]) for name in ("since", "until")}
    return {**row, **days}


def in_words(errors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows' errors in the reader's language."""
    return [
        {"line": error["line"], "sentence": _(error["sentence"]) % error["values"]}
        for error in errors
    ]


@hec_only
def hec_factor_reset(request: HttpRequest, pk: int) -> HttpResponse:
    """Removes the lost second factor of a focal person or an officer, with a note of how HEC made sure."""
    nominated = Exists(FocalPerson.objects.filter(person=OuterRef("pk")))
    whom = User.objects.filter(Q(nominated) | Q(pk__in=_officers())).exclude(pk=request.user.pk)
    person = get_object_or_404(whom, pk=pk)
    nomination = person.nominations.select_related("university").order_by(F("id").desc()).first()
    form, now = FactorResetForm(request.POST or None), timezone.now()
    if form.is_valid() and attempt(
        form, lambda: second_factor.reset(person, **form.cleaned_data, by=request.user, now=now)
    ):
        messages.success(
            request,
            _("%(name)s is signed out and sets up a new second factor at the next sign-in.")
            % {"name": person.full_name},
        )
        return (
            redirect("hec_university", nomination.university_id)
            if nomination
            else redirect("hec_staff")
        )
    resets = person.factor_resets.select_related("by").order_by("-at", "-id")
    context = {"form": form, "person": person, "resets": resets[:10], "nomination": nomination}
    return render(request, "console/factor_reset.html", context)
