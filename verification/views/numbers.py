"""My university in numbers: for its focal persons, and for HEC."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import dateformat, timezone
from django.utils.translation import gettext as _

from dlsei import charts
from dlsei.policy.calendar_days import karachi_date
from licensing.models import Programme
from verification import numbers as figures
from verification import worklist
from verification.console.tables import Column, as_csv, csv_link, wants_csv
from verification.filters import filtered
from verification.models import Decision
from verification.numbers import Numbers, Week
from verification.permissions import visible
from verification.views.access import university_or_404


def numbers(request: HttpRequest, university: int) -> HttpResponseBase:
    """Open, overdue, in time, median, by week and by reason; `?format=csv` gives the weeks as a file."""
    now = timezone.now()
    of = university_or_404(request, university)
    mine = visible(request.user, karachi_date(now)).at(of)
    decisions = Decision.objects.filter(application__in=mine)
    found = filtered(decisions, worklist.application_facets("application__"), request.GET)
    shown = figures.of(of, found.rows, now)
    if wants_csv(request):
        return as_csv(f"weeks-{of.pk}", _columns(), shown.weeks)
    context = {
        "university": of,
        "numbers": shown,
        "hours": Programme.in_force().policy.queue.due_hours,
        "filters": [one for one in found.filters if one.is_useful],
        "charts": _charts(shown),
        "csv": csv_link(request),
    }
    return render(request, "verification/numbers.html", context)


def _charts(shown: Numbers) -> list[charts.Chart]:
    names = [_day(week) for week in shown.weeks]
    return [
        charts.stacked(
            "decisions",
            _("Decisions by week"),
            _("How many were decided in time, and how many late."),
            names,
            {
                _("In time"): [week.decided.in_time for week in shown.weeks],
                _("Late"): [week.decided.late for week in shown.weeks],
            },
            head=_("Week from"),
        ),
        charts.line(
            "median",
            _("Median hours from submission to decision"),
            _("By week, as far as anything was decided."),
            {
                _("Hours"): [
                    (week.monday, week.decided.median_hours)
                    for week in shown.weeks
                    if week.decided.median_hours is not None
                ]
            },
        ),
    ]


def _day(week: Week) -> str:
    # Translators: the Monday of a week on a chart, in the letters of Django's `date` filter.
    return dateformat.format(week.monday, _("j M"))


def _columns() -> list[Column]:
    def decided(name: str) -> Any:
        return lambda week: getattr(week.decided, name)

    return [
        Column(_("Week from"), lambda week: week.monday),
        Column(_("Decided"), decided("all")),
        Column(_("Approved"), decided("approved")),
        Column(_("Rejected"), decided("rejected")),
        Column(_("In time"), decided("in_time")),
        Column(_("Median hours"), decided("median_hours")),
    ]
