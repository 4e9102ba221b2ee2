"""The allocator: free seats meet the line, in order, in one set-based batch a cohort (R11, R19, I3)."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F

from dlsei import outbox, schedule
from dlsei.history import Actor, citing
from dlsei.policy.calendar_days import karachi_date
from dlsei.verbs import COHORT, lock, verb
from licensing import buckets
from licensing.models import Allocation, Cohort

# Stands beside `dlsei.policy.allocation.match`; a property test holds them equal.
SERVE = """
UPDATE licensing_place p SET state = 'served', served_at = %(now)s, allocation_id = %(run)s
FROM (SELECT w.id FROM licensing_place w
      WHERE w.cohort_id = %(cohort)s AND w.state = 'waiting' AND w.priority = ANY(%(priorities)s)
        AND NOT EXISTS (SELECT 1 FROM licensing_license l WHERE l.person_id = w.person_id
                        AND l.state IN ('issued', 'invited', 'active'))
      ORDER BY w.priority, w.submitted_at, w.number LIMIT %(free)s) next
WHERE p.id = next.id
"""
ISSUE = """
INSERT INTO licensing_license
  (id, reference, person_id, cohort_id, place_id, source, state, issued_at, ends_on, extended,
   end_clause, next_clause, next_stage, next_mode)
SELECT n.id, 'L-' || lpad(n.id::text, 6, '0'), n.person_id, %(cohort)s, n.place_id, 'bucket', 'issued',
       %(now)s, %(ends)s, false, '', '', 0, ''
FROM (SELECT nextval(pg_get_serial_sequence('licensing_license', 'id')) AS id, o.*
      FROM (SELECT p.id AS place_id, p.person_id FROM licensing_place p WHERE p.allocation_id = %(run)s
            ORDER BY p.priority, p.submitted_at, p.number) o) n
"""
INVITE = """
INSERT INTO licensing_courserajob
  (license_id, kind, generation, email, created_at, due_at, attempts, error, file, outcome)
SELECT l.id, 'invite', 1, u.email, %(now)s, %(now)s, 0, '', '', ''
FROM licensing_license l JOIN licensing_place p ON p.id = l.place_id JOIN dlsei_user u ON u.id = l.person_id
WHERE p.allocation_id = %(run)s ORDER BY l.id
"""
# Between the first and the last who is new each place is read; those before the first are only counted,
# and that once, and those behind the last not at all.
UNTOLD = """
WITH line AS NOT MATERIALIZED (
  SELECT id, person_id, reference, cohort_id, told_waiting_at, priority, submitted_at, number
  FROM licensing_place WHERE cohort_id = %(cohort)s AND state = 'waiting'
), first AS (
  SELECT priority, submitted_at, number FROM line WHERE told_waiting_at IS NULL
  ORDER BY priority, submitted_at, number LIMIT 1
), last AS (
  SELECT priority, submitted_at, number FROM line WHERE told_waiting_at IS NULL
  ORDER BY priority DESC, submitted_at DESC, number DESC LIMIT 1
), ahead AS MATERIALIZED (
  SELECT count(*) AS people FROM line b, first f
  WHERE (b.priority, b.submitted_at, b.number) < (f.priority, f.submitted_at, f.number)
)
SELECT w.person_id, 'place:' || w.id || ':waiting',
       jsonb_build_object('reference', w.reference, 'cohort', c.name, 'position', w.position, 'clause', '4.1.k')
FROM (SELECT l.id, l.person_id, l.reference, l.cohort_id, l.told_waiting_at,
             a.people + row_number() OVER (ORDER BY l.priority, l.submitted_at, l.number) AS position
      FROM line l, first f, last t, ahead a
      WHERE (l.priority, l.submitted_at, l.number) >= (f.priority, f.submitted_at, f.number)
        AND (l.priority, l.submitted_at, l.number) <= (t.priority, t.submitted_at, t.number)) w
JOIN licensing_cohort c ON c.id = w.cohort_id
WHERE w.told_waiting_at IS NULL ORDER BY w.position
"""


_IN_LINE = "SELECT FROM licensing_place w WHERE w.cohort_id = c.id AND w.state = 'waiting'"
# Two questions, each of one row of an index, however long the line is: without OFFSET the server may read
# the whole line once for all cohorts. With a free seat somebody may be waiting for a window to open: then
# the verb finds nobody to serve.
_TO_SERVE = f"""
FROM licensing_cohort c
WHERE c.closed_at IS NULL AND (c.seats_held < c.seats_total AND EXISTS ({_IN_LINE} OFFSET 0)
                               OR EXISTS ({_IN_LINE} AND w.told_waiting_at IS NULL OFFSET 0))
"""
WAITING = f"SELECT {_TO_SERVE}"
TO_SERVE = f"""
SELECT c.*, EXISTS (SELECT FROM licensing_tranche t WHERE t.cohort_id = c.id AND t.opened_at IS NULL
                    AND t.available_from <= %(today)s) AS opens {_TO_SERVE} ORDER BY c.id
"""


def waiting(now: datetime) -> schedule.Question:
    """Whether anybody in an open cohort waits for a seat that is free, or to be told."""
    return WAITING, {}


def issue_all(*, by: Actor, now: datetime) -> dict[str, int]:
    """Issues what every open cohort's bucket and line allow now.

    A tranche counts from its day on (R3): who comes that day does not wait for the job that opens it.
    """
    issued = 0
    # A cohort in which nobody waits for a free seat, or to be told, is left alone.
    for cohort in Cohort.objects.raw(TO_SERVE, {"today": karachi_date(now)}):
        if cohort.opens:
            buckets.open_tranches(by=by, now=now)
        issued += issue(cohort, by=by, now=now)
    return {"issued": issued}


@verb
def issue(cohort: Cohort, *, by: Actor, now: datetime) -> int:
    """Serves the first in line whose window is open, one license a free seat; returns how many.

    One at a time a cohort: the lock is taken in a statement of its own, so that the match sees all
    that its last holder committed. Whoever stays unserved is told so once.
    """
    lock(COHORT, cohort.pk)
    cohort = Cohort.objects.get(pk=cohort.pk)
    today = karachi_date(now)
    served = 0
    free = cohort.seats_total - cohort.seats_held
    priorities = [] if cohort.closed_at else cohort.open_priorities(today)
    if free > 0 and priorities:
        served = _serve(cohort, free, priorities, now)
    if cohort.places.waiting().filter(told_waiting_at=None).exists():
        outbox.enqueue_each("application-waiting", UNTOLD, {"cohort": cohort.pk}, now=now)
        cohort.places.waiting().filter(told_waiting_at=None).update(told_waiting_at=now)
    return served


def _serve(cohort: Cohort, free: int, priorities: list[int], now: datetime) -> int:
    run = Allocation.objects.create(cohort=cohort, at=now, free=free, served=0)
    params: dict[str, Any] = {
        "now": now,
        "run": run.pk,
        "cohort": cohort.pk,
        "priorities": priorities,
        "free": free,
        "ends": cohort.ends,
    }
    with connection.cursor() as cursor:
        cursor.execute(SERVE, params)
        served = cursor.rowcount
        if not served:
            run.delete()
            return 0
        cursor.execute(ISSUE, params)
        cursor.execute(INVITE, params)
    Allocation.objects.filter(pk=run.pk).update(served=served)
    with citing("4.1.k"):
        Cohort.objects.filter(pk=cohort.pk).update(seats_held=F("seats_held") + served)
    schedule.nudge("deliver_coursera")
    return served
