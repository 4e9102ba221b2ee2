"""The clocks of section 5: which license falls due when, who was warned, who was extended by which figure."""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dlsei.models import Mail
from dlsei.policy.calendar_days import karachi_date
from licensing.activity import latest_report
from licensing.models import Extension, License, Programme
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

SOON_DAYS = 7
MODES = {
    "automatic": gettext_lazy("revoked by the system"),
    "review": gettext_lazy("a case for HEC"),
}
CLOCKS = [
    Column(
        gettext_lazy("Learner"),
        lambda license: license.person.full_name,
        url=lambda license: f"{reverse('hec_search')}?q={license.reference}",
    ),
    Column(gettext_lazy("License"), lambda license: license.reference, CODE),
    Column(gettext_lazy("State"), lambda license: license.state, STATE, thing="license"),
    Column(gettext_lazy("Cohort"), lambda license: license.cohort.name, CODE),
    Column(gettext_lazy("Last day"), lambda license: license.next_deadline, DAY),
    Column(gettext_lazy("Clause"), lambda license: license.next_clause, CODE),
    Column(gettext_lazy("Then"), lambda license: MODES[license.next_mode]),
]
WARNED = Column(gettext_lazy("Last warned"), lambda license: license.warned_at, MOMENT)
EXTENSIONS = [
    Column(
        gettext_lazy("Learner"),
        lambda extension: extension.license.person.full_name,
        url=lambda extension: f"{reverse('hec_search')}?q={extension.license.reference}",
    ),
    Column(gettext_lazy("License"), lambda extension: extension.license.reference, CODE),
    Column(gettext_lazy("Content"), lambda extension: extension.content_name),
    Column(
        gettext_lazy("Progress, percent"), lambda extension: f"{float(extension.progress):g}", CODE
    ),
    Column(gettext_lazy("By the data as of"), lambda extension: extension.report.as_of, MOMENT),
    Column(gettext_lazy("Ended before on"), lambda extension: extension.ended_before_on, DAY),
    Column(gettext_lazy("Ends on"), lambda extension: extension.ends_on, DAY),
    Column(gettext_lazy("Extended"), lambda extension: extension.at, MOMENT),
]


@hec_only
def hec_clocks(request: HttpRequest) -> HttpResponseBase:
    """Live licenses by their next deadline: due, soon, or all (`?list=`), `?clause=` of one rule."""
    today = karachi_date(timezone.now())
    running = License.objects.live().exclude(next_deadline=None)
    soon = today + timedelta(days=SOON_DAYS)
    lists: dict[str, tuple[str, QuerySet[License]]] = {
        "due": (_("Deadline passed"), running.filter(next_deadline__lt=today)),
        "soon": (
            _("Within %(days)s days") % {"days": SOON_DAYS},
            running.filter(next_deadline__range=(today, soon)),
        ),
        "all": (_("All"), running),
    }
    chosen, clause = request.GET.get("list", ""), request.GET.get("clause", "")
    if chosen not in lists:
        chosen = next((name for name, (_text, of) in lists.items() if of.exists()), "due")
    licenses = lists[chosen][1].select_related("person", "cohort")
    counts = dict(
        lists[chosen][1].values_list("next_clause").annotate(n=Count("pk")).order_by("next_clause")
    )
    if clause in counts:
        licenses = licenses.filter(next_clause=clause)
    if wants_csv(request):
        return as_csv("deadlines", CLOCKS, licenses.order_by("next_deadline", "id"))
    found = page(licenses, ("next_deadline", "id"), request.GET)
    _note_warnings(found.rows)
    context = {
        "tabs": [
            {
                "url": f"?list={name}",
                "text": text,
                "count": of.count() if name != "all" else None,
                "urgent": name == "due",
                "current": name == chosen,
            }
            for name, (text, of) in lists.items()
        ],
        "clauses": [
            {"url": f"?list={chosen}&clause={of}", "text": of, "count": n, "current": of == clause}
            for of, n in counts.items()
        ],
        "everything": f"?list={chosen}",
        "clause": clause,
        "page": found,
        "table": Table(_("Deadlines"), [*CLOCKS, WARNED], found.rows),
        "csv": csv_link(request),
        "report": latest_report(),
    }
    return render(request, "console/clocks.html", context)


def _note_warnings(licenses: Sequence[License]) -> None:
    """Sets `warned_at` on each: when the last warning of its present deadline was written."""
    days = Programme.in_force().policy.warnings_days_before
    of = {
        f"license:{license.pk}:warning:{license.next_deadline}:{before}": license
        for license in licenses
        for before in days
    }
    for license in licenses:
        license.warned_at = None
    mails = Mail.objects.filter(key__in=of).order_by("created_at")
    for key, at in mails.values_list("key", "created_at"):
        of[key].warned_at = at


@hec_only
def hec_extensions(request: HttpRequest) -> HttpResponseBase:
    """Who keeps a license past the cohort's end, by which figure of which report (A.6, R20)."""
    words = request.GET.get("q", "").strip()
    extensions = Extension.objects.select_related("license__person", "report")
    if words:
        by_name = extensions.filter(license__person__full_name__icontains=words)
        extensions = by_name | extensions.filter(license__reference__iexact=words)
    if wants_csv(request):
        return as_csv("extensions", EXTENSIONS, extensions.order_by("at", "id"))
    found = page(extensions, ("-at", "-id"), request.GET)
    rule = Programme.in_force().policy.extension
    lead = (
        _("Of %(cohort)s, who has at least %(percent)s %% in a specialization. Clause %(clause)s.")
        % {"cohort": rule.cohort, "percent": f"{rule.percent:g}", "clause": rule.clause}
        if rule
        else ""
    )
    context = {
        "title": _("Extensions"),
        "lead": lead,
        "words": words,
        "search_label": _("Name or license"),
        "page": found,
        "table": Table(_("Extensions"), EXTENSIONS, found.rows),
        "csv": csv_link(request),
        "empty": _("No license has been extended."),
    }
    return render(request, "console/list.html", context)
