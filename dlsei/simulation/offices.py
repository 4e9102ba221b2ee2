"""The universities: how large each is, and how soon its focal person gets to an application."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from applications import universities
from dlsei.simulation.calendar import Calendar
from dlsei.simulation.people import drawn

QUICK, DAILY, SLOW, ON_LEAVE, NEVER = "quick", "daily", "slow", "on leave", "never"
MANNERS: Mapping[str, float] = {QUICK: 34, DAILY: 38, SLOW: 16, ON_LEAVE: 6, NEVER: 6}
LARGEST_HAVE_TWO = 12
PUBLIC_IS_LARGER = 3.0
SITTING = timedelta(hours=3)


@dataclass
class Office:
    """One university's desk; `sits_at` is when somebody next sits down to its queue, if planned."""

    university: str
    size: float
    manner: str
    staff: tuple[str, ...]
    rng: Random
    back_from_leave: datetime | None = None
    sits_at: datetime | None = None
    rises_at: datetime | None = None

    def next_sitting(self, now: datetime, calendar: Calendar) -> datetime | None:
        """When the focal person gets to what has just come; None for one who never does."""
        if self.back_from_leave and now < self.back_from_leave:
            return calendar.office_hour(self.back_from_leave, self.rng)
        match self.manner:
            case "never":
                return None
            case "quick":
                return calendar.office_hour(now + timedelta(minutes=30), self.rng)
            case "slow":
                return calendar.office_hour(now, self.rng, days=self.rng.randint(2, 5))
            case _:
                return calendar.office_hour(now, self.rng, days=1)

    def takes_leave(self, now: datetime, calendar: Calendar) -> None:
        """Now and then somebody is away for weeks, and nobody stands in."""
        if self.manner == ON_LEAVE and self.back_from_leave is None and self.rng.random() < 0.1:
            days = self.rng.randint(10, 25)
            self.back_from_leave = calendar.office_hour(now + timedelta(days), self.rng)


def offices(seed: int) -> dict[str, Office]:
    """Every university of the shipped list, the largest first: a few are huge, most are small."""
    rng = Random(f"{seed}:universities")
    with universities.SHIPPED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    sizes = {
        row["name"].strip(): rng.lognormvariate(0, 1.1)
        * (PUBLIC_IS_LARGER if row["sector"].strip() == "public" else 1.0)
        for row in rows
    }
    made: dict[str, Office] = {}
    for rank, name in enumerate(sorted(sizes, key=lambda name: (-sizes[name], name))):
        # The largest are worked by somebody, whoever it is.
        manner = (
            drawn(MANNERS, rng) if rank >= LARGEST_HAVE_TWO else drawn({QUICK: 2, DAILY: 3}, rng)
        )
        desks = 2 if rank < LARGEST_HAVE_TWO else 1
        made[name] = Office(
            university=name,
            size=sizes[name],
            manner=manner,
            staff=tuple(f"focal: {name}" + (f" {n + 1}" if n else "") for n in range(desks)),
            rng=Random(f"{seed}:{name}"),
        )
    return made
