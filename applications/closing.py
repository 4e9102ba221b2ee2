"""The close of a cohort, whole: licensing's part, then the applications (R19, R24)."""

from datetime import datetime
from typing import Any

from django.db.models import Q

from applications import submission
from applications.models import Application
from dlsei import outbox
from dlsei.history import Actor
from dlsei.policy import carry_over
from dlsei.policy.states import ApplicationState
from dlsei.verbs import verb
from licensing import closing
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
    return {c.name: close(c, by=by, now=now) for c in closing.to_close(now)}


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
