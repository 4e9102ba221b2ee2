"""What the end of a license takes with it: the seat, what Coursera is owed, open cases (5.z, I1, I7)."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F

from dlsei import schedule
from dlsei.history import citing
from dlsei.policy.expiry import BUCKET
from licensing.models import Cohort

_END = """
UPDATE licensing_license l
SET state = %(state)s, ended_at = %(now)s, end_clause = e.clause,
    next_deadline = NULL, next_clause = '', next_stage = 0, next_mode = '', next_base = NULL
FROM unnest(%(ids)s::bigint[], %(clauses)s::varchar[]) AS e (id, clause)
WHERE l.id = e.id AND l.ended_at IS NULL
RETURNING l.id, l.source, l.end_clause
"""
_CLOSE_CASES = """
UPDATE licensing_revocationcase SET state = 'closed', closed_at = %(now)s
WHERE license_id = ANY(%(ids)s::bigint[]) AND state = 'open'
"""
# Nobody has begun to send it, nor is about to.
_CANCEL = """
UPDATE licensing_courserajob SET outcome = 'cancelled', done_at = %(now)s
WHERE license_id = ANY(%(ids)s::bigint[]) AND kind = 'invite' AND done_at IS NULL AND leased_until IS NULL
"""
_REMOVE = """
INSERT INTO licensing_courserajob
  (license_id, kind, generation, email, created_at, due_at, attempts, error, file, outcome)
SELECT l.id, 'remove', coalesce(j.generation, 1), coalesce(j.email, u.email), %(now)s, %(now)s, 0, '', '', ''
FROM licensing_license l JOIN dlsei_user u ON u.id = l.person_id
LEFT JOIN LATERAL (SELECT generation, email FROM licensing_courserajob
                   WHERE license_id = l.id AND kind = 'invite' ORDER BY generation DESC LIMIT 1) j ON true
WHERE l.id = ANY(%(ids)s::bigint[])
  AND (l.source <> 'bucket'
       OR EXISTS (SELECT FROM licensing_courserajob s WHERE s.license_id = l.id AND s.kind = 'invite'
                  AND (s.outcome = 'done' OR s.attempts > 0)))
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
        for statement in (_CLOSE_CASES, _CANCEL, _REMOVE):
            cursor.execute(statement, {"now": now, "ids": ids})
    # Clause by clause, so that the bucket's ledger says why each seat came back.
    seats = Counter(clause for _, source, clause in ended if source == BUCKET)
    for clause, count in sorted(seats.items()):
        with citing(clause):
            Cohort.objects.filter(pk=cohort.pk).update(seats_held=F("seats_held") - count)
    if seats:
        schedule.nudge("issue")
    schedule.nudge("deliver_coursera")
    return ids
