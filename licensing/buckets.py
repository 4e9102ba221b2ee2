"""The bucket of a cohort: tranches that open on their date, and whether intake is open (R3, R13)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, F, QuerySet, Sum

from dlsei import schedule
from dlsei.history import Actor
from dlsei.models import User
from dlsei.permissions import require_hec
from dlsei.policy import allocation, eligibility
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.refusals import Refused, refuse
from dlsei.policy.wording import gettext_noop
from dlsei.verbs import COHORT, lock, verb
from licensing.models import Cohort, Place, Programme, Tranche

OVER = gettext_noop("The cohort is over by then, so no seats can be added to it.")


@dataclass(frozen=True)
class Bucket:
    """A cohort's figures on a day. `free` = capacity − held; intake also leaves out what is promised."""

    capacity: int
    held: int
    waiting: int
    intake_open: bool

    @property
    def free(self) -> int:
        return self.capacity - self.held


def bucket(cohort: Cohort, today: date) -> Bucket:
    return _bucket(cohort, cohort.places.waiting().count(), today)


def of(cohorts: QuerySet[Cohort], today: date) -> list[tuple[Cohort, Bucket]]:
    """Several cohorts with their buckets, however many in three statements."""
    lines = Place.objects.waiting().values_list("cohort").annotate(n=Count("pk")).order_by()
    waiting = dict(lines)
    return [
        (cohort, _bucket(cohort, waiting.get(cohort.pk, 0), today))
        for cohort in cohorts.prefetch_related("tranches")
    ]


def _bucket(cohort: Cohort, waiting: int, today: date) -> Bucket:
    capacity = cohort.capacity(today)
    return Bucket(
        capacity=capacity,
        held=cohort.seats_held,
        waiting=waiting,
        intake_open=allocation.intake_open(
            cohort.policy, capacity=capacity, held=cohort.seats_held, waiting=waiting, today=today
        ),
    )


def cohort_named(name: str) -> Cohort:
    """The cohort of this name, its figures as they are now."""
    return Cohort.objects.named(name)


def target_cohort(today: date) -> Cohort:
    """The cohort that an application made today would be for."""
    programme = Programme.in_force().policy
    return Cohort.objects.get(name=eligibility.target_cohort(programme, today).name)


@verb
def add_tranche(
    cohort: Cohort, size: int, available_from: date, *, by: Actor, now: datetime
) -> Tranche:
    """Adds `size` seats to a cohort from a day on; opened at once when that day has come (R3).

    Raises `Refused` with not-yours for a person who is not of HEC, not-allowed once the cohort is over.
    """
    if isinstance(by, User):
        require_hec(by)
    lock(COHORT, cohort.pk)
    cohort = Cohort.objects.get(pk=cohort.pk)
    if cohort.is_over(karachi_date(now)) or available_from > cohort.ends:
        raise Refused(refuse("not-allowed", clause=cohort.policy.clause, sentence=OVER))
    number = Tranche.BY_HAND + cohort.tranches.filter(number__gte=Tranche.BY_HAND).count()
    tranche = Tranche.objects.create(
        cohort=cohort, number=number, size=size, available_from=available_from
    )
    _open(cohort, now)
    return tranche


@dataclass(frozen=True)
class Addition:
    """What another tranche would come to: whether it opens at once, and the seats day by day."""

    size: int
    available_from: date
    opens_at_once: bool
    capacities: list[tuple[date, int, int]]
    """Each day on which the capacity changes from now on, with the capacity before and after."""


def with_tranche(cohort: Cohort, size: int, available_from: date, today: date) -> Addition:
    """What `add_tranche` would do; nothing is written."""
    known = [(t.size, t.available_from) for t in cohort.tranches.order_by("number")]
    added = [*known, (size, available_from)]
    days = {max(today, day) for _, day in added}
    return Addition(
        size=size,
        available_from=available_from,
        opens_at_once=available_from <= today,
        capacities=[
            (
                day,
                allocation.capacity(cohort.starts, known, day),
                allocation.capacity(cohort.starts, added, day),
            )
            for day in sorted(days)
        ],
    )


@verb
def open_tranches(*, by: Actor, now: datetime) -> dict[str, int]:
    """Opens every tranche whose day has come and that is not open yet, and wakes the allocator."""
    due = Tranche.objects.due(karachi_date(now))
    cohorts = Cohort.objects.filter(pk__in=due.values("cohort")).order_by("pk")
    opened = 0
    for cohort in cohorts:
        lock(COHORT, cohort.pk)
        opened += _open(cohort, now)
    return {"opened": opened}


def _open(cohort: Cohort, now: datetime) -> int:
    due = cohort.tranches.due(karachi_date(now))
    seats = due.aggregate(seats=Sum("size"))["seats"]
    opened = due.update(opened_at=now)
    if opened:
        Cohort.objects.filter(pk=cohort.pk).update(seats_total=F("seats_total") + seats)
        schedule.nudge("issue")
    return opened
