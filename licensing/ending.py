"""What the end of a license takes with it: the seat, what Coursera is owed, open cases (5.z, I1, I7)."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F

from dlsei import schedule
from dlsei.history import citing
from dlsei.policy.expiry import BUCKET
from dlsei.policy.states import CaseState
from licensing.models import Cohort, CourseraJob, RevocationCase

_END = """
UPDATE licensing_license l
SET state = %(state)s, ended_at = %(now)s, end_clause = e.clause,
    next_deadline = NULL, next_clause = '', next_stage = 0, next_mode = '', next_base = NULL
FROM unnest(%(ids)s::bigint[], %(clauses)s::varchar[]) AS e (id, clause)
WHERE l.id = e.id AND l.ended_at IS NULL
RETURNING l.id, l.source, l.end_clause
"""
_REMOVE = """
INSERT INTO licensing_courserajob
  (license_id, kind, generation, email, created_at, due_at, attempts, error, file, outcome)
SELECT l.id, 'remove', coalesce(max(j.generation), 1),
       coalesce((array_agg(j.email ORDER BY j.generation DESC) FILTER (WHERE j.email IS NOT NULL))[1], max(u.email)),
       %(now)s, %(now)s, 0, '', '', ''
FROM licensing_license l JOIN dlsei_user u ON u.id = l.person_id
LEFT JOIN licensing_courserajob j ON j.license_id = l.id AND j.kind = 'invite'
WHERE l.id = ANY(%(ids)s)
GROUP BY l.id, l.source
HAVING l.source <> 'bucket' OR bool_or(j.outcome = 'done' OR j.attempts > 0)
ORDER BY l.id
ON CONFLICT (license_id, kind, generation) DO NOTHING
"""


def end(cohort: Cohort, clauses: dict[int, str], state: str, *, now: datetime) -> list[int]:
    """Ends licenses of one cohort: `clauses` gives each id the clause that ended it.

    Its seats go back to the bucket and the allocator is woken. An invitation that nobody has begun
    to send is cancelled; whatever may have reached Coursera is followed by a removal. The caller
    holds the cohort's lock. Returns the ids that were live.
    """
    if not clauses:
        return []
    params: dict[str, Any] = {
        "state": state,
        "now": now,
        "ids": list(clauses),
        "clauses": list(clauses.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(_END, params)
        ended = cursor.fetchall()
        ids = [row[0] for row in ended]
        RevocationCase.objects.filter(license__in=ids, state=CaseState.OPEN).update(
            state=CaseState.CLOSED, closed_at=now
        )
        CourseraJob.objects.filter(
            license__in=ids, kind=CourseraJob.Kind.INVITE, done_at=None, leased_until=None
        ).update(done_at=now, outcome=CourseraJob.Outcome.CANCELLED)
        cursor.execute(_REMOVE, {"now": now, "ids": ids})
    # Clause by clause, so that the bucket's ledger says why each seat came back.
    seats = Counter(clause for _, source, clause in ended if source == BUCKET)
    for clause, count in sorted(seats.items()):
        with citing(clause):
            Cohort.objects.filter(pk=cohort.pk).update(seats_held=F("seats_held") - count)
    if seats:
        schedule.nudge("issue")
    schedule.nudge("deliver_coursera")
    return ids
