"""Entering a cohort's line, and where in it somebody stands (R11)."""

from datetime import datetime

from dlsei import schedule
from dlsei.history import Actor
from dlsei.models import User
from dlsei.policy.states import PlaceState
from dlsei.verbs import verb
from licensing.models import Cohort, Place


@verb
def enter(
    person: User,
    cohort: Cohort,
    *,
    priority: int,
    submitted_at: datetime,
    number: int,
    reference: str,
    by: Actor,
    now: datetime,
) -> Place:
    """Gives `person` a place; the allocator, woken after the commit, serves it when its turn comes.

    `submitted_at`, `number` (its id) and `reference` are the application's.
    """
    place = Place.objects.create(
        person=person,
        cohort=cohort,
        priority=priority,
        submitted_at=submitted_at,
        number=number,
        reference=reference,
        entered_at=now,
        state=PlaceState.WAITING,
    )
    schedule.nudge("issue")
    return place


def position(place: Place) -> int | None:
    """1 for the next to be served, None when it no longer waits."""
    if place.state != PlaceState.WAITING:
        return None
    return Place.objects.waiting().before(place).count() + 1
