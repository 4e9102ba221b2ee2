"""When things happen in Pakistan: rushes and lulls of a year, working days, waking hours.

Days are those of the programme; a simulation may be moved, and then its real days are `moved` later.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from math import exp
from random import Random

from dlsei.policy.calendar_days import KARACHI, karachi_date

SATURDAY = 5
# Eids, Ashura and fixed days of 2023 and early 2024, when offices are closed.
HOLIDAYS = frozenset(
    date.fromisoformat(day)
    for day in [
        "2023-02-05",
        "2023-03-23",
        "2023-04-21",
        "2023-04-22",
        "2023-04-23",
        "2023-04-24",
        "2023-04-25",
        "2023-05-01",
        "2023-06-28",
        "2023-06-29",
        "2023-06-30",
        "2023-07-01",
        "2023-07-28",
        "2023-07-29",
        "2023-08-14",
        "2023-09-29",
        "2023-11-09",
        "2023-12-25",
        "2024-02-05",
        "2024-02-08",
    ]
)
# First day, how much larger than an ordinary day, and in how many days it dies down.
RUSHES = (
    (date(2023, 1, 2), 14.0, 4.0),  # launch
    (date(2023, 2, 14), 5.0, 3.0),  # the second tranche
    (date(2023, 7, 13), 9.0, 5.0),  # Cohort II takes applications
    (date(2023, 8, 1), 4.0, 4.0),  # Cohort II begins
)
# Examinations and holidays: from, until, share of an ordinary day.
LULLS = (
    (date(2023, 3, 24), date(2023, 4, 26), 0.6),  # Ramadan and Eid
    (date(2023, 5, 25), date(2023, 6, 30), 0.5),  # examinations
    (date(2023, 12, 20), date(2024, 1, 10), 0.4),
)
WEEK = (1.1, 1.1, 1.05, 1.0, 0.8, 0.6, 0.55)
# Of 24 hours: people apply at breaks and in the evening, and hardly at night.
AWAKE = (2, 1, 0.5, 0.2, 0.2, 0.5, 1, 2, 4, 7, 9, 9, 7, 6, 7, 7, 6, 5, 5, 6, 8, 9, 7, 4)
OFFICE = (0, 0, 0, 0, 0, 0, 0, 0, 2, 8, 9, 9, 5, 2, 7, 6, 3, 0.5, 0, 0, 0, 0, 0, 0)


class Calendar:
    """The programme's year, `moved` so many days later."""

    def __init__(self, moved: int = 0) -> None:
        self.moved = timedelta(moved)

    def day(self, programme_day: date) -> date:
        """The real day of a day of the programme."""
        return programme_day + self.moved

    def arrivals(self, first: date, last: date) -> Mapping[date, float]:
        """How many more or fewer people come on each real day of a span, an ordinary day being 1."""
        days = (first + timedelta(n) for n in range((last - first).days + 1))
        return {day: self._weight(day - self.moved) for day in days}

    def _weight(self, day: date) -> float:
        ordinary = WEEK[day.weekday()]
        for first, last, share in LULLS:
            if first <= day <= last:
                ordinary *= share
        rush = sum(
            height * exp(-(day - first).days / fades)
            for first, height, fades in RUSHES
            if day >= first
        )
        return ordinary + rush * WEEK[day.weekday()]

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < SATURDAY and day - self.moved not in HOLIDAYS

    def office_hour(self, after: datetime, rng: Random, *, days: int = 0) -> datetime:
        """A moment in office hours: `days` working days later, but not before `after`."""
        day = karachi_date(after)
        while days or not self.is_working_day(day) or _at(day, time(16)) <= after:
            day += timedelta(1)
            if self.is_working_day(day):
                days = max(days - 1, 0)
        return max(within(day, rng, OFFICE), after + timedelta(minutes=rng.randint(1, 20)))


def within(day: date, rng: Random, hours: tuple[float, ...] = AWAKE) -> datetime:
    """A moment of a day, the likelier the more of it happens in that hour."""
    hour = rng.choices(range(24), hours)[0]
    return _at(day, time(hour, rng.randrange(60), rng.randrange(60)))


def later(after: datetime, rng: Random, *, days: float) -> datetime:
    """A waking moment about `days` later (their median), often sooner and sometimes much later."""
    moment = after + timedelta(days=days * rng.lognormvariate(0, 0.6))
    if moment - after < timedelta(hours=6):
        return moment
    return max(within(karachi_date(moment), rng), after + timedelta(minutes=5))


def _at(day: date, when: time) -> datetime:
    return datetime.combine(day, when, KARACHI)
