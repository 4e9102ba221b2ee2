"""The close of a cohort, whole: licensing's part, then the applications (R19, R24)."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from applications import submission
from applications.models import Application
from dlsei import outbox
from dlsei.history import Actor
from dlsei.permissions import require_hec
from dlsei.policy import carry_over
from dlsei.policy.calendar_days import end_of_day
from dlsei.policy.states import ApplicationState, LicenseState, PlaceState
from dlsei.verbs import verb
from licensing import closing, expiry
from licensing.models import Cohort, Programme

CARRIED = """
SELECT a.person_id, 'application:' || a.id || ':carried:' || c.id,
       jsonb_build_object('reference', a.reference, 'cohort_from', %(cohort_from)s::text,
                          'cohort_to', c.name, 'priority', 'P' || a.priority, 'clause', 'A.3')
FROM applications_application a JOIN licensing_cohort c ON c.id = a.cohort_id
WHERE a.id = ANY(%(ids)s) ORDER BY a.priority, a.submitted_at, a.id
"""
LAPSED = """
SELECT a.person_id, 'application:' || a.id || ':lapsed',
       jsonb_build_object('reference', a.reference, 'cohort', %(cohort_from)s::text,
                          'clause', %(clause)s::text)
FROM applications_application a WHERE a.id = ANY(%(ids)s) ORDER BY a.priority, a.submitted_at, a.id
"""


def close_cohorts(*, by: Actor, now: datetime) -> dict[str, Any]:
    """Closes every cohort whose last day is over, the earliest first, each in one transaction."""
    cohorts = closing.to_close(now)
    if cohorts:
        # Another worker may not have come to its end with what goes before.
        expiry.expire(by=by, now=now)
    return {c.name: close(c, by=by, now=now) for c in cohorts}


@verb
def close(cohort: Cohort, *, by: Actor, now: datetime) -> dict[str, int]:
    """Closes one cohort: licenses expire, line and queue carry over with their times, or lapse.

    Returns how many expired, were carried over (waiting, pending) and lapsed.
    """
    closed = closing.close(cohort, by=by, now=now)
    pending = Application.objects.pending().filter(cohort=cohort)
    waiting = Application.objects.filter(place__in=closed.carried + closed.ended)
    ids = {
        "waiting": list(waiting.values_list("pk", flat=True)),
        "pending": list(pending.values_list("pk", flat=True)),
    }
    both = ids["waiting"] + ids["pending"]
    everybody = Application.objects.filter(pk__in=both)
    told = {
        "ids": both,
        "cohort_from": cohort.name,
        "clause": cohort.policy.clause,
    }
    figures = {key: len(of) for key, of in ids.items()} | {"expired": closed.expired}
    if closed.successor is None:
        submission.close_questions(Q(application__in=ids["pending"]), now)
        everybody.update(status=ApplicationState.LAPSED, closed_at=now)
        outbox.enqueue_each("application-lapsed", LAPSED, told, now=now)
        return figures | {"lapsed": len(both)}
    successor = Programme.in_force().policy.cohorts[closed.successor.name]
    for key, rule in (
        ("waiting", carry_over.of_waiting_place),
        ("pending", carry_over.of_pending_application),
    ):
        carried = rule(successor)
        assert carried is not None
        Application.objects.filter(pk__in=ids[key]).update(
            cohort=closed.successor, priority=carried.priority
        )
    outbox.enqueue_each("application-carried-over", CARRIED, told, now=now)
    return figures | {"lapsed": 0}


class _Rehearsed(Exception):
    def __init__(self, figures: dict[str, int]) -> None:
        super().__init__(figures)
        self.figures = figures


def rehearse(cohort: Cohort, *, by: Actor, now: datetime) -> dict[str, int]:
    """What `close` would come to with things as they are: found out by doing it and undoing it.

    A cohort that is not over yet is closed, for that moment, right after its last day. Raises `Busy`
    when somebody holds the cohort's lock, `Refused(not-yours)` for who is not of HEC.
    """
    require_hec(by)
    try:
        _rehearse(cohort, by=by, now=max(now, end_of_day(cohort.ends)))
    except _Rehearsed as rehearsed:
        return rehearsed.figures
    raise AssertionError("unreachable")


@verb
def _rehearse(cohort: Cohort, *, by: Actor, now: datetime) -> None:
    raise _Rehearsed(close(cohort, by=by, now=now))


def successor(cohort: Cohort) -> Cohort | None:
    """The cohort that people are carried over to, None after the last."""
    return Cohort.objects.filter(follows=cohort).first()


def who(cohort: Cohort) -> dict[str, Any]:
    """Behind each figure of a close: licenses that expire, applications carried over as P1 and P2
    or lapsed, None where nobody can be; of a closed cohort what became of them.
    """
    next_one = successor(cohort)
    if cohort.closed_at:
        carried = Application.objects.filter(cohort=next_one) if next_one else None
        lapsed = Application.objects.filter(
            cohort=cohort, status=ApplicationState.LAPSED, closed_at=cohort.closed_at
        )
        return {
            # By the close, or by the job that goes right before it.
            "expire": cohort.licenses.filter(
                state=LicenseState.EXPIRED, ends_on=cohort.ends, ended_at__lte=cohort.closed_at
            ),
            "P1": carried.filter(priority=1) if carried is not None else None,
            "P2": carried.filter(priority=2) if carried is not None else None,
            "lapse": lapsed if next_one is None else None,
        }
    waiting = Q(place__state=PlaceState.WAITING, place__cohort=cohort)
    pending = Q(status=ApplicationState.PENDING, cohort=cohort)
    applications = Application.objects.all()
    return {
        "expire": cohort.licenses.past_last_day(cohort.ends + timedelta(days=1)),
        "P1": applications.filter(waiting) if next_one else None,
        "P2": applications.filter(pending) if next_one else None,
        "lapse": None if next_one else applications.filter(waiting | pending),
    }


def result(cohort: Cohort) -> dict[str, int]:
    """How many each part of a close concerned, by the names of `who`."""
    return {name: rows.count() for name, rows in who(cohort).items() if rows is not None}
