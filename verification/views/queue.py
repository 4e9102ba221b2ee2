"""A university's queue as its focal persons work through it."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from applications.models import Application
from dlsei.policy import turn
from dlsei.policy.calendar_days import karachi_date
from licensing.models import Programme
from verification import queue as turns
from verification import worklist
from verification.console.tables import Column, as_csv, csv_link, wants_csv
from verification.filters import filtered
from verification.pages import page
from verification.permissions import visible
from verification.views.access import university_or_404
from verification.views.keyboard import keys_are_on


def queue(request: HttpRequest, university: int) -> HttpResponseBase:
    """What is to decide, in groups and in turn; search, filters and page stand in the address.

    `?format=csv` gives the same rows as a file.
    """
    now = timezone.now()
    of = university_or_404(request, university)
    words = request.GET.get("q", "").strip()
    mine = worklist.search(visible(request.user, karachi_date(now)).at(of), words)
    found = filtered(worklist.grouped(mine, now), worklist.facets(), request.GET)
    if wants_csv(request):
        return as_csv(f"queue-{of.pk}", _columns(), _rows(found.rows))
    # Where to look; what may be seen is said by `found`.
    here = worklist.search(Application.objects.at(of).exclude(person=request.user), words)
    rows = page(
        worklist.with_lookers(found.rows, request.user, now),
        worklist.ORDER,
        request.GET,
        parts=[part.filter(**found.chosen) for part in worklist.parts(here, now)],
    )
    first = turns.next_in_turn(of, by=request.user, now=now)
    groups, *others = found.filters
    left = turns.left(of, now)
    return render(
        request,
        "verification/queue.html",
        {
            "university": of,
            "words": words,
            "left": left,
            "total": found.total,
            "is_filtered": bool(words or any(one.value for one in found.filters)),
            "tabs": _tabs(groups.choices),
            "filters": [one for one in others if one.is_useful],
            "keep": [{"name": one.name, "value": one.value} for one in found.filters],
            "page": rows,
            "groups": [
                {"name": name, "label": worklist.LABELS[name], "items": items}
                for name, items in worklist.items(rows.rows, now)
            ],
            "first": first,
            "set_aside": turns.set_aside(first, of, request.user, now),
            "csv": csv_link(request),
            "keys": keys_are_on(request),
            "now": now,
        },
    )


def _tabs(choices: list[Any]) -> list[dict[str, object]]:
    names = ("", *worklist.GROUPS)
    return [
        {
            "url": choice.url,
            "text": choice.text,
            "count": choice.count,
            "current": choice.current,
            "urgent": name == worklist.OVERDUE,
        }
        for name, choice in zip(names, choices, strict=True)
    ]


def _rows(found: QuerySet[Any]) -> QuerySet[Any]:
    return found.select_related("person", "cohort").order_by(*worklist.ORDER)


def _columns() -> list[Column]:
    policy = Programme.in_force().policy.queue
    answers = ("program", "department", "registration_number", "employee_number")
    return [
        Column(_("Reference"), lambda row: row.reference),
        Column(_("Applicant"), lambda row: row.person.full_name),
        Column(_("CNIC or passport number"), lambda row: row.person.written_identity),
        Column(_("E-mail address"), lambda row: row.person.email),
        Column(_("Applies as"), lambda row: row.get_category_display()),
        Column(
            _("Program, department, number"),
            lambda row: ", ".join(str(row.answers[a]) for a in answers if row.answers.get(a)),
        ),
        Column(_("Cohort"), lambda row: row.cohort.name),
        Column(_("Priority"), lambda row: f"P{row.priority}" if row.priority else ""),
        Column(_("Submitted"), lambda row: row.submitted_at),
        Column(_("Decide by"), lambda row: turn.due_at(row.submitted_at, policy)),
        Column(_("Urgency"), lambda row: worklist.LABELS[worklist.GROUPS[row.group]]),
        Column(_("Looked at"), lambda row: _("Yes") if row.seen else _("No")),
    ]
