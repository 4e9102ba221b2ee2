"""What loading a programme changes, and for whom: asked before anybody agrees to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from dlsei.policy import programme as policy
from dlsei.policy.expiry import is_over
from dlsei.policy.figures import LICENSES, LINE, Difference, differences
from licensing.models import License, Place, RevocationRule

DEADLINE, LAST_DAY = "deadline", "last day"


@dataclass(frozen=True)
class Change:
    """A figure that becomes another; `people` of this app whom it concerns, None if others know."""

    difference: Difference
    people: int | None


@dataclass(frozen=True)
class Earlier:
    """A person who gets less time: their license's deadline or last day moves from `before` to `on`.

    `before` is None where there was no deadline. `at_once`: the next nightly run ends the license.
    """

    license: str
    what: str
    clause: str
    before: date | None
    on: date
    at_once: bool


@dataclass(frozen=True)
class Clock:
    """A live license's deadline by rule, if any, and its last day."""

    reference: str
    deadline: date | None
    clause: str
    mode: str
    ends_on: date


@dataclass(frozen=True)
class Effects:
    """All that would change; `later` counts licenses that get more time and none that is shorter."""

    version: int
    is_new: bool
    changes: list[Change]
    earlier: list[Earlier]
    later: int


def changes(before: policy.Programme | None, after: policy.Programme) -> list[Change]:
    """What `after` says otherwise than the programme in force; nothing when it is the first."""
    if before is None:
        return []
    return [Change(one, _people(one)) for one in differences(before, after)]


def _people(difference: Difference) -> int | None:
    figure = difference.figure
    if figure.concerns == LICENSES:
        licenses = License.objects.live()
        return (licenses.filter(cohort__name=figure.cohort) if figure.cohort else licenses).count()
    if figure.concerns == LINE:
        places = Place.objects.waiting().filter(cohort__name=figure.cohort)
        if figure.part.startswith("P"):
            places = places.filter(priority=int(figure.part.removeprefix("P")))
        return places.count()
    return None


def clocks() -> dict[int, Clock]:
    """The clocks of all live licenses as they stand, by id."""
    columns = ("reference", "next_deadline", "next_clause", "next_mode", "ends_on")
    return {row[0]: Clock(*row[1:]) for row in License.objects.live().values_list("pk", *columns)}


def moved(
    before: Mapping[int, Clock], after: Mapping[int, Clock], today: date
) -> tuple[list[Earlier], int]:
    """Who gets less time by `after`, the earliest first, and how many only more."""
    earlier: list[Earlier] = []
    later = 0
    for id, now in after.items():
        was = before[id]
        shorter = []
        if now.deadline and (was.deadline is None or now.deadline < was.deadline):
            at_once = now.mode == RevocationRule.Mode.AUTOMATIC and is_over(now.deadline, today)
            shorter.append(
                Earlier(now.reference, DEADLINE, now.clause, was.deadline, now.deadline, at_once)
            )
        if now.ends_on < was.ends_on:
            shorter.append(
                Earlier(
                    now.reference,
                    LAST_DAY,
                    "",
                    was.ends_on,
                    now.ends_on,
                    is_over(now.ends_on, today),
                )
            )
        earlier += shorter
        later += not shorter and (was.deadline, was.ends_on) != (now.deadline, now.ends_on)
    return sorted(earlier, key=lambda one: (one.on, one.license)), later
