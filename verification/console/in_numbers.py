"""The programme in numbers: the charts, and each as a file."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import dateformat, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dlsei import charts
from licensing.models import Cohort, Programme
from verification import programme_numbers as numbers
from verification.console.buckets import seats
from verification.console.tables import CODE, DAY, NUMBER, Column, as_csv
from verification.views.access import hec_only

DAYS, SHOWN = 30, 15
FILES = {
    "applications": [
        Column(gettext_lazy("Day"), lambda row: row[0], DAY),
        Column(gettext_lazy("Applications"), lambda row: row[1], NUMBER),
    ],
    "decisions": [
        Column(gettext_lazy("University"), lambda row: row.university),
        Column(gettext_lazy("Decisions"), lambda row: row.count, NUMBER),
        Column(gettext_lazy("Median hours"), lambda row: round(row.median_hours, 1), NUMBER),
        Column(gettext_lazy("In time, percent"), lambda row: round(row.in_time_percent), NUMBER),
    ],
    "revocations": [
        Column(gettext_lazy("Clause"), lambda row: row[0], CODE),
        Column(gettext_lazy("Day"), lambda row: row[1], DAY),
        Column(gettext_lazy("Licenses revoked"), lambda row: row[2], NUMBER),
    ],
}


@hec_only
def hec_numbers(request: HttpRequest) -> HttpResponseBase:
    """Seats over time, applications a day, decision times, revocations by clause; `?file=` is one as CSV."""
    due_hours = Programme.in_force().policy.queue.due_hours
    decided = numbers.decided(timezone.now(), DAYS, due_hours)
    submitted, revoked = numbers.submitted(), numbers.revoked()
    rows: dict[str, Iterable[Any]] = {
        "applications": submitted,
        "decisions": decided,
        "revocations": [(clause, *day) for clause, days in revoked.items() for day in days],
    }
    file = request.GET.get("file", "")
    if file in rows:
        return as_csv(file, FILES[file], rows[file])
    context = {
        "figures": [
            {"value": sum(n for _day, n in submitted), "text": _("applications submitted")},
            {
                "value": sum(of.count for of in decided),
                "text": _("decided in the last %(days)s days") % {"days": DAYS},
            },
            {
                "value": sum(n for days in revoked.values() for _day, n in days),
                "text": _("licenses revoked"),
            },
        ],
        "seats": [seats(cohort) for cohort in Cohort.objects.all()],
        "charts": [
            ("applications", _applications(submitted)),
            ("decisions", _decisions(decided, due_hours)),
            ("revocations", _revocations(revoked)),
        ],
    }
    return render(request, "console/numbers.html", context)


def _applications(submitted: list[tuple[date, int]]) -> charts.Chart:
    points = numbers.every_day(submitted)
    by_week = len(points) > 1 and (points[1][0] - points[0][0]).days == 7
    title = _("Applications a week") if by_week else _("Applications a day")
    said = (
        _("Submitted to all universities; each week by its Monday.")
        if by_week
        else _("Submitted to all universities.")
    )
    return charts.line("applications", title, said, {_("Applications"): points}, area=True)


def _decisions(decided: list[numbers.Decided], due_hours: int) -> charts.Chart:
    said = _(
        "The median of the decisions of the last %(days)s days, the slowest %(shown)s universities."
        " Decisions are due after %(hours)s hours (4.1.l)."
    )
    return charts.bars(
        "decisions",
        _("Hours to a decision"),
        said % {"days": DAYS, "shown": SHOWN, "hours": due_hours},
        {of.university: round(of.median_hours, 1) for of in decided[:SHOWN]},
        head=(_("University"), _("Median hours")),
    )


def _revocations(revoked: dict[str, list[tuple[date, int]]]) -> charts.Chart:
    days = [day for points in revoked.values() for day, _n in points]
    months = charts.by_month([(day, 0) for day in days])
    series = {
        clause: [
            sum(n for day, n in points if dateformat.format(day, "M Y") == month)
            for month, _zero in months
        ]
        for clause, points in revoked.items()
    }
    return charts.stacked(
        "revocations",
        _("Revocations by clause"),
        _("Licenses taken back, month by month, by the clause that was due (section 5)."),
        [month for month, _zero in months],
        series,
        head=_("Month"),
    )
