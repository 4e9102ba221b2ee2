"""A university in numbers: what is open, and how its decisions were made (R12)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import TruncWeek

from applications.models import University
from dlsei.policy.calendar_days import KARACHI
from licensing.models import Programme
from verification import queue
from verification.models import Decision

WEEKS, REASONS = 26, 10


class Median(Aggregate):
    """The middle value, as Postgres finds it."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    name = "Median"


@dataclass(frozen=True)
class Decided:
    """Some decisions: how many, how many in time, and the median time from submission to decision."""

    approved: int = 0
    rejected: int = 0
    in_time: int = 0
    median: timedelta | None = None

    @property
    def all(self) -> int:
        return self.approved + self.rejected

    @property
    def late(self) -> int:
        return self.all - self.in_time

    @property
    def percent_in_time(self) -> int | None:
        """Rounded down: 100 means all."""
        return self.in_time * 100 // self.all if self.all else None

    @property
    def median_hours(self) -> float | None:
        return None if self.median is None else round(self.median.total_seconds() / 3600, 1)


@dataclass(frozen=True)
class Week:
    """The decisions of the seven days from a Monday on."""

    monday: date
    decided: Decided


@dataclass(frozen=True)
class Numbers:
    """All that the page shows. `weeks` end with the newest decision's, none left out between."""

    left: queue.Left
    asked: int
    total: Decided
    weeks: list[Week]
    reasons: list[tuple[str, int]]
    on_behalf: int
    out_of_turn: int


def of(university: University, decisions: QuerySet[Decision], now: datetime) -> Numbers:
    """The numbers of a university from `decisions`, those of it that count."""
    due = timedelta(hours=Programme.in_force().policy.queue.due_hours)
    timed = decisions.order_by().annotate(
        took=ExpressionWrapper(F("at") - F("application__submitted_at"), DurationField())
    )
    figures = {
        "approved": Count("pk", filter=Q(outcome="approved")),
        "rejected": Count("pk", filter=Q(outcome="rejected")),
        "in_time": Count("pk", filter=Q(took__lte=due)),
        "median": Median("took", output_field=DurationField()),
    }
    besides = timed.aggregate(
        **figures,
        on_behalf=Count("pk", filter=~Q(on_behalf_of=None)),
        out_of_turn=Count("pk", filter=~Q(turn_reason="")),
    )
    on_behalf, out_of_turn = besides.pop("on_behalf"), besides.pop("out_of_turn")
    by_week = timed.values_list(TruncWeek("at", tzinfo=KARACHI)).annotate(**figures)
    weeks = {
        monday.astimezone(KARACHI).date(): Decided(**dict(zip(figures, row, strict=True)))
        for monday, *row in by_week
    }
    reasons = (
        timed.exclude(reason="")
        .values_list("reason")
        .annotate(n=Count("pk"))
        .order_by("-n", "reason")
    )
    return Numbers(
        left=queue.left(university, now),
        asked=queue.in_turn(university).filter(queue.asked()).count(),
        total=Decided(**besides),
        weeks=_without_gaps(weeks),
        reasons=list(reasons[:REASONS]),
        on_behalf=on_behalf,
        out_of_turn=out_of_turn,
    )


def _without_gaps(weeks: dict[date, Decided]) -> list[Week]:
    if not weeks:
        return []
    newest, oldest = max(weeks), min(weeks)
    mondays = [newest - timedelta(weeks=back) for back in range(WEEKS)][::-1]
    return [Week(monday, weeks.get(monday, Decided())) for monday in mondays if monday >= oldest]
