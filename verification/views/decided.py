"""What was decided at a university, to look up and to take away."""

from django import forms
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dlsei.forms import DateInput, FilterForm
from dlsei.policy.calendar_days import end_of_day, karachi_date, midnight
from verification import worklist
from verification.console.tables import Column, as_csv, csv_link, wants_csv
from verification.filters import Facet, filtered
from verification.models import Decision
from verification.pages import page
from verification.permissions import visible
from verification.views.access import university_or_404

ME, COLLEAGUE, HEC = "me", "colleague", "hec"


class PeriodForm(FilterForm):
    """From which day to which, both included (R1)."""

    since = forms.DateField(label=_("Decided from"), required=False, widget=DateInput)
    until = forms.DateField(label=_("Decided until"), required=False, widget=DateInput)

    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", gettext("The last day is before the first day."))

    def within(self, decisions: QuerySet[Decision]) -> QuerySet[Decision]:
        """The decisions of these days; a day that is none leaves out nothing."""
        self.is_valid()
        if since := self.cleaned_data.get("since"):
            decisions = decisions.filter(at__gte=midnight(since))
        if until := self.cleaned_data.get("until"):
            decisions = decisions.filter(at__lt=end_of_day(until))
        return decisions


def decided(request: HttpRequest, university: int) -> HttpResponseBase:
    """What was decided, the latest first; search, days, filters and page stand in the address.

    `?format=csv` gives the same rows as a file.
    """
    of = university_or_404(request, university)
    words = request.GET.get("q", "").strip()
    mine = worklist.search(visible(request.user, karachi_date(timezone.now())).at(of), words)
    period = PeriodForm({name: request.GET.get(name, "") for name in PeriodForm.base_fields})
    decisions = period.within(Decision.objects.filter(application__in=mine)).annotate(
        decider=Case(
            When(actor=request.user, then=Value(ME)),
            When(on_behalf_of=None, then=Value(COLLEAGUE)),
            default=Value(HEC),
        )
    )
    found = filtered(decisions, _facets(), request.GET)
    rows = found.rows.select_related("application__cohort", "applicant", "actor", "on_behalf_of")
    if wants_csv(request):
        return as_csv(f"decided-{of.pk}", _columns(), rows.order_by("-at", "-id"))
    context = {
        "university": of,
        "words": words,
        "form": period,
        "total": found.total,
        "is_filtered": bool(
            words or period.has_changed() or any(one.value for one in found.filters)
        ),
        "filters": [one for one in found.filters if one.is_useful],
        "keep": [{"name": one.name, "value": one.value} for one in found.filters],
        "page": page(rows, ("-at", "-id"), request.GET),
        "csv": csv_link(request),
    }
    return render(request, "verification/decided.html", context)


def _facets() -> list[Facet]:
    outcomes = [(value, value, str(words)) for value, words in Decision.Outcome.choices]
    deciders = [
        (ME, ME, gettext("You")),
        (COLLEAGUE, COLLEAGUE, gettext("Another focal person")),
        (HEC, HEC, gettext("HEC, on behalf")),
    ]
    return [
        Facet("outcome", gettext("Outcome"), "outcome", outcomes),
        Facet("by", gettext("Decided by"), "decider", deciders),
        *worklist.application_facets("application__"),
    ]


def _columns() -> list[Column]:
    return [
        Column(_("Reference"), lambda row: row.application.reference),
        Column(_("Applicant"), lambda row: row.applicant.full_name),
        Column(_("CNIC or passport number"), lambda row: row.applicant.written_identity),
        Column(_("E-mail address"), lambda row: row.applicant.email),
        Column(_("Applies as"), lambda row: row.application.get_category_display()),
        Column(_("Cohort"), lambda row: row.application.cohort.name),
        Column(_("Submitted"), lambda row: row.application.submitted_at),
        Column(_("Decided"), lambda row: row.at),
        Column(_("Outcome"), lambda row: row.get_outcome_display()),
        Column(_("Decided by"), lambda row: row.actor.full_name),
        Column(_("On behalf"), lambda row: str(row.on_behalf_of or "")),
        Column(_("Reason"), lambda row: row.reason),
        Column(_("Why out of turn"), lambda row: row.turn_reason),
        Column(_("Note"), lambda row: row.note),
    ]
