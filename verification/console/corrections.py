"""What HEC sets right about people: whose number it is, and at which address a learner is reached."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from applications import accounts, disputes
from applications.models import Application, Dispute, Document
from dlsei.models import User
from licensing.models import License
from verification.claims import Claim, claims
from verification.correction_forms import AddressForm, DisputeForm
from verification.forms import attempt
from verification.pages import page
from verification.views.access import hec_only
from verification.views.review import document_name


@dataclass(frozen=True)
class Side:
    """One of the two people in a dispute: what they state, what they show, what they have."""

    person: User
    application: Application | None
    claims: list[Claim]
    documents: list[tuple[int, Document, str]]
    licenses: list[License]


@hec_only
def hec_disputes(request: HttpRequest) -> HttpResponse:
    """Second submissions under a claimed number, the oldest first; `?list=settled` the others (R6)."""
    settled = request.GET.get("list") == "settled"
    everything = Dispute.objects.select_related(
        "claim__person", "application__person", "application__university", "holder", "settled_by"
    )
    waiting = everything.filter(settled_at=None)
    found = everything.exclude(settled_at=None) if settled else waiting
    order = ("-settled_at", "-id") if settled else ("raised_at", "id")
    total = waiting.count()
    tabs = [
        {"url": "?", "text": _("To settle"), "count": total, "current": not settled},
        {"url": "?list=settled", "text": _("Settled"), "count": None, "current": settled},
    ]
    context = {
        "page": page(found, order, request.GET),
        "total": total,
        "settled": settled,
        "tabs": tabs,
    }
    return render(request, "console/disputes.html", context)


@hec_only
def hec_dispute(request: HttpRequest, pk: int) -> HttpResponse:
    """Both people side by side; the number stays or moves, with a note of what HEC found out."""
    found = Dispute.objects.filter(settled_at=None).select_related(
        "claim__person", "application__person", "application__university"
    )
    dispute = get_object_or_404(found, pk=pk)
    form, now = DisputeForm(request.POST or None), timezone.now()
    if form.is_valid() and attempt(form, lambda: _settle(form, dispute, request, now)):
        messages.success(request, _("The dispute is settled; both people have been told."))
        return redirect("hec_disputes")
    holder, claimant = dispute.claim.person, dispute.application.person
    newest = Application.objects.of(holder).submitted().select_related("university", "person")
    context = {
        "form": form,
        "dispute": dispute,
        "sides": [
            (_("Submitted first"), dispute.claim.claimed_at, _side(1, holder, newest.last())),
            (
                _("Tried to submit later"),
                dispute.raised_at,
                _side(2, claimant, dispute.application),
            ),
        ],
    }
    return render(request, "console/dispute.html", context)


def _settle(form: DisputeForm, dispute: Dispute, request: HttpRequest, now: object) -> None:
    given = form.cleaned_data
    by = {"note": given["note"], "by": request.user, "now": now}
    if given["outcome"] == Dispute.Outcome.KEPT:
        disputes.keep(dispute, **by)
    else:
        right = {"holder_kind": given["holder_kind"], "holder_number": given["holder_number"]}
        disputes.move(dispute, **right, **by)


def _side(number: int, person: User, application: Application | None) -> Side:
    documents = application.documents.accepted() if application else []
    return Side(
        person=person,
        application=application,
        claims=claims(application) if application else [],
        documents=[
            # Viewers are told apart by number on the whole page.
            (n, document, document_name(document))
            for n, document in enumerate(documents, start=100 * number)
        ],
        licenses=list(person.licenses.select_related("cohort").order_by("id")),
    )


@hec_only
def hec_address(request: HttpRequest, pk: int) -> HttpResponse:
    """Corrects a person's address; a live license is invited there anew, its clock untouched (R6, R14)."""
    person = get_object_or_404(User, pk=pk)
    data = request.POST if request.method == "POST" else None
    form, now = AddressForm(data), timezone.now()
    if form.is_valid() and attempt(
        form,
        lambda: accounts.correct_address(person, **form.cleaned_data, by=request.user, now=now),
    ):
        messages.success(
            request,
            _("The address of %(name)s is changed; both addresses have been told.")
            % {"name": person.full_name},
        )
        return redirect("hec_search")
    context = {
        "form": form,
        "person": person,
        "license": License.objects.live().filter(person=person).first(),
        "changes": person.address_changes.select_related("by").order_by("-at", "-id")[:10],
    }
    return render(request, "console/address.html", context)
