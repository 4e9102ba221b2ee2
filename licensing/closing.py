"""Licensing's part of a cohort's close: its licenses expire, its line moves on or ends (R19, R24)."""

from dataclasses import dataclass
from datetime import datetime

from dlsei import schedule
from dlsei.history import Actor
from dlsei.policy import carry_over
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.refusals import Refused, refuse
from dlsei.policy.states import PlaceState
from dlsei.verbs import COHORT, lock, verb
from licensing import expiry
from licensing.models import Cohort, Place, Programme


@dataclass(frozen=True)
class Closed:
    """What a close did here: how many licenses expired and whose places moved on or ended."""

    cohort: Cohort
    successor: Cohort | None
    expired: int
    carried: list[int]
    ended: list[int]


def to_close(now: datetime) -> list[Cohort]:
    """Cohorts whose last day is over and that are not closed, the earliest first."""
    return list(Cohort.objects.to_close(karachi_date(now)))


@verb
def close(cohort: Cohort, *, by: Actor, now: datetime) -> Closed:
    """Closes a cohort that is over: inside the caller's transaction, which carries the rest over.

    Takes both cohorts' locks, and the cohort's row so that no approval can enter its line any more.
    Licenses extended past the end are not touched.
    """
    successor = Cohort.objects.filter(follows=cohort).first()
    lock(COHORT, cohort.pk, *([successor.pk] if successor else []))
    cohort = Cohort.objects.select_for_update(of=("self",)).get(pk=cohort.pk)
    today = karachi_date(now)
    if cohort.closed_at or today <= cohort.ends:
        raise Refused(refuse("not-allowed"))
    ids = list(cohort.licenses.past_last_day(today).values_list("pk", flat=True))
    expired = expiry.end(cohort, ids, today, by=by, now=now)
    programme = Programme.in_force().policy
    moved = carry_over.of_waiting_place(programme.cohorts[successor.name] if successor else None)
    waiting = Place.objects.waiting().filter(cohort=cohort)
    places = list(waiting.in_order().values_list("pk", flat=True))
    if successor and moved:
        waiting.update(cohort=successor, priority=moved.priority)
        schedule.nudge("issue")
    else:
        waiting.update(state=PlaceState.ENDED, ended_at=now)
    Cohort.objects.filter(pk=cohort.pk).update(closed_at=now)
    return Closed(
        cohort=cohort,
        successor=successor,
        expired=expired,
        carried=places if successor else [],
        ended=[] if successor else places,
    )


def hold_open(cohort_id: int) -> Cohort:
    """The cohort as it is now, kept from closing until the caller's transaction ends.

    A share of the row's key: entries do not wait for each other, only a close waits for them.
    """
    return Cohort.objects.raw(
        "SELECT * FROM licensing_cohort WHERE id = %s FOR KEY SHARE", [cohort_id]
    )[0]
