"""A university's queue as it is worked through: overdue, due today, later, waiting for the applicant."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Case, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications.models import Application, Question
from applications.models.applications import ApplicationQuerySet
from dlsei.history import Actor
from dlsei.models import User
from dlsei.policy import turn
from dlsei.policy.calendar_days import end_of_day, karachi_date
from licensing.models import Cohort, Programme
from verification import queue
from verification.filters import Facet
from verification.models import Sighting

OVERDUE, TODAY, LATER, ASKED = "overdue", "due-today", "later", "asked"
LABELS = {
    OVERDUE: _("Overdue"),
    TODAY: _("Due today"),
    LATER: _("Due later"),
    ASKED: _("Waiting for the applicant"),
}
GROUPS = tuple(LABELS)
ORDER = ("group", "priority", "submitted_at", "id")
"""By group, and in turn within each (R10)."""


@dataclass(frozen=True)
class Item:
    """One application of the queue, with what its row says besides."""

    application: Application
    due_at: datetime
    late: bool
    looking: list[User]


def grouped(applications: ApplicationQuerySet, now: datetime) -> QuerySet[Any]:
    """Pending applications with the number of their group (R12): what waits for an answer is no one's to act on."""
    return _seen(applications).annotate(
        group=Case(
            When(queue.asked(), then=Value(GROUPS.index(ASKED))),
            When(submitted_at__lt=queue.overdue_before(now), then=Value(GROUPS.index(OVERDUE))),
            When(submitted_at__lt=_due_tomorrow_from(now), then=Value(GROUPS.index(TODAY))),
            default=Value(GROUPS.index(LATER)),
        ),
    )


def parts(applications: ApplicationQuerySet, now: datetime) -> list[QuerySet[Any]]:
    """The rows of `grouped`, group by group: each is in order by the index `queue`, where all together are sorted."""
    late, tomorrow = queue.overdue_before(now), _due_tomorrow_from(now)
    to_act_on = _seen(applications).exclude(queue.asked())
    of = {
        OVERDUE: to_act_on.filter(submitted_at__lt=late),
        TODAY: to_act_on.filter(submitted_at__gte=late, submitted_at__lt=tomorrow),
        LATER: to_act_on.filter(submitted_at__gte=tomorrow),
        ASKED: _seen(applications).filter(queue.asked()),
    }
    return [of[name].annotate(group=Value(number)) for number, name in enumerate(GROUPS)]


def _seen(applications: ApplicationQuerySet) -> QuerySet[Any]:
    sightings = Sighting.objects.filter(application=OuterRef("pk"))
    return applications.pending().annotate(seen=Exists(sightings))


def _due_tomorrow_from(now: datetime) -> datetime:
    """What was submitted from then on is due tomorrow or later."""
    tonight = end_of_day(karachi_date(now))
    return tonight - timedelta(hours=Programme.in_force().policy.queue.due_hours)


def facets() -> list[Facet]:
    """What a queue is filtered by: urgency, category, priority class, cohort, whether anybody opened it."""
    groups = [(number, name, str(words)) for number, (name, words) in enumerate(LABELS.items())]
    return [
        Facet("group", gettext("Urgency"), "group", groups, always=True),
        *application_facets(),
        Facet(
            "seen",
            gettext("Looked at"),
            "seen",
            [(False, "no", gettext("Not yet")), (True, "yes", gettext("Opened, not decided"))],
        ),
    ]


def application_facets(prefix: str = "") -> list[Facet]:
    """What lists of applications are filtered by; `prefix` leads to the application."""
    classes = [(0, "0", gettext("None")), *((n, str(n), f"P{n}") for n in range(1, 5))]
    cohorts = [(cohort.pk, str(cohort.pk), cohort.name) for cohort in Cohort.objects.all()]
    categories = [(value, value, str(words)) for value, words in Application.Category.choices]
    return [
        Facet("category", gettext("Applies as"), f"{prefix}category", categories),
        Facet("priority", gettext("Priority"), f"{prefix}priority", classes),
        Facet("cohort", gettext("Cohort"), f"{prefix}cohort", cohorts),
    ]


def search(applications: QuerySet[Any], words: str, person: str = "person__") -> QuerySet[Any]:
    """Those whose reference, applicant's name, CNIC, passport number or e-mail holds `words`.

    Dashes and spaces in a number do not matter, nor whether its digits are Urdu's.
    """
    words = " ".join(words.split())
    if not words:
        return applications
    number = "".join(
        str(unicodedata.decimal(character, character))
        for character in words
        if character not in "- "
    )
    found = (
        Q(reference__icontains=words)
        | Q(**{f"{person}full_name__icontains": words})
        | Q(**{f"{person}email__icontains": words})
        | Q(**{f"{person}identity_number__istartswith": number})
    )
    return applications.filter(found)


def looking(by: Actor, now: datetime) -> QuerySet[Sighting]:
    """Who else has something open on screen now, the latest first (R10)."""
    minutes = Programme.in_force().policy.queue.seen_minutes
    since = now - timedelta(minutes=minutes)
    others = Sighting.objects.filter(last_seen_at__gte=since, left_at=None)
    if isinstance(by, User):
        others = others.exclude(person=by)
    return others.select_related("person").order_by("-last_seen_at", "id")


def with_lookers(
    applications: QuerySet[Application], by: Actor, now: datetime
) -> QuerySet[Application]:
    """With who else has each open, in one more query, and since when its applicant has been asked."""
    asked = Question.objects.open().filter(application=OuterRef("pk")).values("asked_at")
    applications = applications.annotate(asked_at=Subquery(asked))
    return applications.select_related("person").prefetch_related(
        Prefetch("sightings", queryset=looking(by, now), to_attr="open_elsewhere")
    )


def items(applications: Sequence[Any], now: datetime) -> Iterator[tuple[str, list[Item]]]:
    """The rows of one page, by group."""
    policy = Programme.in_force().policy.queue
    for group, rows in groupby(applications, key=lambda row: row.group):
        yield (
            GROUPS[group],
            [
                Item(
                    application=row,
                    due_at=turn.due_at(row.submitted_at, policy),
                    late=group != GROUPS.index(ASKED)
                    and turn.is_overdue(row.submitted_at, now, policy),
                    looking=[sighting.person for sighting in row.open_elsewhere],
                )
                for row in rows
            ],
        )
