"""A university's queue, and what was decided there."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from dlsei.policy.calendar_days import karachi_date
from verification import queue as turns
from verification import worklist
from verification.models import Decision
from verification.pages import page
from verification.permissions import visible
from verification.views.access import university_or_404


def queue(request: HttpRequest, university: int) -> HttpResponse:
    """What is to decide, in groups and in turn; `?group=`, `?q=` and the page stand in the URL."""
    now = timezone.now()
    of = university_or_404(request, university)
    words = request.GET.get("q", "").strip()
    mine = visible(request.user, karachi_date(now)).at(of)
    found = worklist.grouped(worklist.search(mine, words), now)
    counts = worklist.counts(found)
    group = request.GET.get("group", "")
    if group in worklist.GROUPS:
        found = found.filter(group=worklist.GROUPS.index(group))
    rows = page(worklist.with_lookers(found, request.user, now), worklist.ORDER, request.GET)
    return render(
        request,
        "verification/queue.html",
        {
            "university": of,
            "words": words,
            "group": group,
            "total": sum(counts.values()),
            "tabs": _tabs(counts, group, request.GET),
            "page": rows,
            "groups": [
                {"name": name, "label": worklist.LABELS[name], "items": items}
                for name, items in worklist.items(rows.rows, now)
            ],
            "first": turns.next_in_turn(of, by=request.user, now=now),
            "now": now,
        },
    )


def _tabs(counts: dict[str, int], group: str, query: QueryDict) -> list[dict[str, object]]:
    def tab(name: str, text: str, count: int) -> dict[str, object]:
        link = QueryDict(mutable=True)
        link.update({k: v for k, v in (("q", query.get("q", "")), ("group", name)) if v})
        return {
            "url": f"?{link.urlencode()}",
            "text": text,
            "count": count,
            "current": name == group,
            "urgent": name == worklist.OVERDUE,
        }

    return [
        tab("", _("All"), sum(counts.values())),
        *(tab(name, str(worklist.LABELS[name]), n) for name, n in counts.items()),
    ]


def decided(request: HttpRequest, university: int) -> HttpResponse:
    """What was decided at a university, the latest first."""
    now = timezone.now()
    of = university_or_404(request, university)
    words = request.GET.get("q", "").strip()
    mine = worklist.search(visible(request.user, karachi_date(now)).at(of), words)
    decisions = Decision.objects.filter(application__in=mine).select_related(
        "application", "applicant", "actor", "on_behalf_of"
    )
    rows = page(decisions, ("-at", "-id"), request.GET)
    return render(
        request,
        "verification/decided.html",
        {"university": of, "words": words, "page": rows},
    )
