"""Seats and the line for licenses: how many, for whom, in which order (R3, R10, R11, R13, R19)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from dlsei.policy.programme import PRIORITIES, CohortPolicy
from dlsei.policy.turn import order_key

NO_PRIORITY = 0


@dataclass(frozen=True)
class Waiting:
    """A place in a cohort's line; `priority` is 0 where the cohort has none."""

    id: int | UUID
    priority: int
    submitted_at: datetime


def capacity(starts: date, tranches: Sequence[tuple[int, date]], today: date) -> int:
    """Return how many seats a cohort's bucket has on `today` (R3, R13).

    `tranches` are (size, day from which it counts) in the order they were added. Before the
    cohort `starts` the first one alone counts; a cohort that has ended keeps what it had.
    """
    if today < starts:
        return tranches[0][0] if tranches else 0
    return sum(size for size, from_ in tranches if from_ <= today)


def window_open(cohort: CohortPolicy, priority: int, today: date) -> bool:
    """Say whether `cohort` issues licenses to `priority` (0: none) on `today` (R19)."""
    if not cohort.starts <= today <= cohort.ends:
        return False
    return cohort.issue_from.get(priority, cohort.starts) <= today


def open_priorities(cohort: CohortPolicy, today: date) -> tuple[int, ...]:
    """Return the priorities, 0 among them, to which `cohort` issues on `today` (R19)."""
    return tuple(p for p in (NO_PRIORITY, *PRIORITIES) if window_open(cohort, p, today))


def in_intake_window(cohort: CohortPolicy, today: date) -> bool:
    """Say whether `today` lies in the cohort's intake window; it never outlasts the cohort."""
    return cohort.intake_from <= today <= min(cohort.intake_until, cohort.ends)


def intake_open(cohort: CohortPolicy, capacity: int, held: int, waiting: int, today: date) -> bool:
    """Say whether applications may be submitted to `cohort` on `today` (4.1.m, R13).

    A seat must be left that is neither `held` nor promised to someone `waiting` in line.
    """
    return in_intake_window(cohort, today) and held + waiting < capacity


def match(places: Iterable[Waiting], free: int, cohort: CohortPolicy, today: date) -> list[Waiting]:
    """Return who of `places` gets the `free` seats on `today`, in the order served (R11, R19)."""
    line = sorted(places, key=lambda place: order_key(place.priority, place.submitted_at, place.id))
    return [place for place in line if window_open(cohort, place.priority, today)][: max(free, 0)]


def next_opening(cohort: CohortPolicy, today: date) -> date | None:
    """Return the next day after `today` on which a tranche or window opens, None if none will."""
    openings = {cohort.starts, *cohort.issue_from.values()}
    openings |= {tranche.from_ for tranche in cohort.tranches}
    return min(
        (
            day
            for day in openings
            if max(today, cohort.starts) <= day <= cohort.ends and day > today
        ),
        default=None,
    )
