"""The close of a cohort for HEC: a dry run before it, the result after it (R19, R24)."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applications import closing
from dlsei.verbs import Busy
from licensing.models import Cohort
from verification.console.tables import (
    CODE,
    DAY,
    MOMENT,
    STATE,
    Column,
    Table,
    as_csv,
    csv_link,
    wants_csv,
)
from verification.pages import page
from verification.views.access import hec_only

LICENSES = [
    Column(
        gettext_lazy("Learner"),
        lambda license: license.person.full_name,
        url=lambda license: f"{reverse('hec_search')}?q={license.reference}",
    ),
    Column(gettext_lazy("License"), lambda license: license.reference, CODE),
    Column(gettext_lazy("State"), lambda license: license.state, STATE, thing="license"),
    Column(gettext_lazy("Last day"), lambda license: license.ends_on, DAY),
]
APPLICATIONS = [
    Column(
        gettext_lazy("Applicant"),
        lambda application: application.person.full_name,
        url=lambda application: reverse("hec_application", args=[application.reference]),
    ),
    Column(gettext_lazy("Reference"), lambda application: application.reference, CODE),
    Column(gettext_lazy("University"), lambda application: application.university.name),
    Column(
        gettext_lazy("State"),
        lambda application: application.status,
        STATE,
        thing="application",
    ),
    Column(gettext_lazy("Submitted"), lambda application: application.submitted_at, MOMENT),
]
TITLES = {
    "expire": gettext_lazy("Licenses that end"),
    "P1": gettext_lazy("Waiting in line, carried over as P1"),
    "P2": gettext_lazy("Pending, carried over as P2"),
    "lapse": gettext_lazy("Applications that lapse"),
}
DONE = TITLES | {
    "expire": gettext_lazy("Licenses that ended"),
    "lapse": gettext_lazy("Applications that lapsed"),
}


@hec_only
def hec_close(request: HttpRequest, pk: int) -> HttpResponse:
    """What the close of a cohort did; before it, by POST, what it would do as of now."""
    cohort = get_object_or_404(Cohort, pk=pk)
    now = timezone.now()
    figures: dict[str, int] = {}
    busy = ""
    if cohort.closed_at:
        figures = closing.result(cohort)
    elif request.method == "POST":
        try:
            figures = _by_list(closing.rehearse(cohort, by=request.user, now=now), cohort)
        except Busy:
            busy = _("The cohort is being worked on right now. Try again in a moment.")
    titles = DONE if cohort.closed_at else TITLES
    context: dict[str, Any] = {
        "cohort": cohort,
        "successor": closing.successor(cohort),
        "closed": cohort.closed_at is not None,
        "rehearsed": bool(figures) and cohort.closed_at is None,
        "figures": [
            {"which": which, "value": value, "text": titles[which]}
            for which, value in figures.items()
        ],
        "busy": busy,
    }
    return render(request, "console/close.html", context)


def _by_list(done: dict[str, int], cohort: Cohort) -> dict[str, int]:
    """A close's own figures under the names of its lists."""
    if closing.successor(cohort) is None:
        return {"expire": done["expired"], "lapse": done["lapsed"]}
    return {"expire": done["expired"], "P1": done["waiting"], "P2": done["pending"]}


@hec_only
def hec_close_list(request: HttpRequest, pk: int, which: str) -> HttpResponseBase:
    """Who is behind one of the figures of a close, past or to come; CSV."""
    cohort = get_object_or_404(Cohort, pk=pk)
    rows: QuerySet[Any] | None = closing.who(cohort)[which]
    if rows is None:
        raise Http404
    of_licenses = which == "expire"
    rows = (
        rows.select_related("person")
        if of_licenses
        else rows.select_related("person", "university")
    )
    columns = LICENSES if of_licenses else APPLICATIONS
    order = ("id",) if of_licenses else ("submitted_at", "id")
    if wants_csv(request):
        return as_csv(f"close-{cohort.pk}-{which}", columns, rows.order_by(*order))
    found = page(rows, order, request.GET)
    title = (DONE if cohort.closed_at else TITLES)[which]
    context = {
        "title": title,
        "caption": cohort.name,
        "back": (reverse("hec_close", args=[pk]), _("The close of the cohort")),
        "page": found,
        "table": Table(title, columns, found.rows),
        "csv": csv_link(request),
        "empty": _("Nobody."),
    }
    return render(request, "console/list.html", context)
