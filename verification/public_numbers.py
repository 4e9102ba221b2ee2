"""What everybody may know: licenses left, applications a day, and how long each university takes.

Medians and sums alone, nothing of a person: a university of which fewer than `FEWEST` decisions are known is listed
without figures. Computed once in `KEPT_SECONDS`, whoever asks.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.cache import cache
from django.db.models import Count, DurationField, ExpressionWrapper, F
from django.db.models.functions import TruncDate

from applications.models import Application, University
from dlsei.policy.calendar_days import KARACHI, karachi_date
from licensing import buckets
from licensing.models import Cohort
from verification.models import Decision
from verification.numbers import Median

FEWEST = 5
DAYS = 90
KEPT_SECONDS = 600


@dataclass(frozen=True)
class CohortLeft:
    """A cohort that is not over: `left` licenses are neither held nor promised to somebody in line."""

    name: str
    left: int
    capacity: int
    intake_open: bool
    intake_from: date
    intake_until: date


@dataclass(frozen=True)
class Turnaround:
    """How long a university takes: `median` of its `decisions`, None when too few are known."""

    name: str
    city: str
    domains: str
    decisions: int
    median: timedelta | None

    def has(self, words: list[str]) -> bool:
        """Whether name, city or web address hold every one of these words."""
        text = f"{self.name} {self.city} {self.domains}".casefold()
        return all(word.casefold() in text for word in words)


@dataclass(frozen=True)
class PublicNumbers:
    """All that the page shows, and when it was counted."""

    cohorts: list[CohortLeft]
    universities: list[Turnaround]
    everywhere: Turnaround
    a_day: list[tuple[date, int]]
    counted_at: datetime

    def found(self, words: str) -> list[Turnaround]:
        """The universities that a search for `words` finds, all of them without words."""
        return [one for one in self.universities if one.has(words.split())]


def numbers(now: datetime) -> PublicNumbers:
    """The figures of the last `DAYS` days, at most `KEPT_SECONDS` old."""
    key = f"public-numbers:{karachi_date(now)}"
    kept = cache.get(key)
    if not isinstance(kept, PublicNumbers) or kept.counted_at > now:
        kept = count(now)
        cache.set(key, kept, KEPT_SECONDS)
    return kept


def count(now: datetime) -> PublicNumbers:
    """Counts anew, whatever is kept."""
    today = karachi_date(now)
    since = now - timedelta(days=DAYS)
    timed = Decision.objects.filter(at__gte=since, at__lte=now).annotate(
        took=ExpressionWrapper(F("at") - F("application__submitted_at"), DurationField())
    )
    figures = {
        row["application__university"]: (row["decisions"], row["median"])
        for row in timed.order_by()
        .values("application__university")
        .annotate(decisions=Count("pk"), median=Median("took"))
    }
    everywhere = timed.aggregate(decisions=Count("pk"), median=Median("took"))
    universities = [
        _turnaround(one.name, one.city, " ".join(one.domains), *figures.get(one.pk, (0, None)))
        for one in University.objects.recognized().filter(is_hec=False).order_by("name")
    ]
    # Those with a figure first: whoever looks for one that has none still finds it.
    universities.sort(key=lambda one: one.median is None)
    a_day = (
        Application.objects.submitted()
        .filter(submitted_at__gte=since, submitted_at__lte=now)
        .order_by()
        .annotate(day=TruncDate("submitted_at", tzinfo=KARACHI))
        .values("day")
        .annotate(applications=Count("pk"))
        .order_by("day")
    )
    return PublicNumbers(
        cohorts=[
            _left(cohort, bucket)
            for cohort, bucket in buckets.of(Cohort.objects.filter(ends__gte=today), today)
        ],
        universities=universities,
        everywhere=_turnaround("", "", "", everywhere["decisions"], everywhere["median"]),
        a_day=[(row["day"], row["applications"]) for row in a_day],
        counted_at=now,
    )


def _left(cohort: Cohort, bucket: buckets.Bucket) -> CohortLeft:
    return CohortLeft(
        cohort.name,
        max(bucket.free - bucket.waiting, 0),
        bucket.capacity,
        bucket.intake_open,
        cohort.intake_from,
        min(cohort.intake_until, cohort.ends),
    )


def _turnaround(
    name: str, city: str, domains: str, decisions: int, median: timedelta | None
) -> Turnaround:
    if decisions < FEWEST:
        return Turnaround(name, city, domains, 0, None)
    return Turnaround(name, city, domains, decisions, median)
