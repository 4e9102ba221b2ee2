"""A license's own clock: the last day before the next rule of section 5 falls due (R14–R16)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from dlsei.policy.programme import Rule

# The set-based twin of `dlsei.policy.clocks.next_deadline`, of a license `t`; a property test holds them equal.
OF_COHORT = "licensing_revocationrule q WHERE q.cohort_id = t.cohort_id"
NEXT = f"""
SELECT r.clause, r.stage, r.mode, r.base, r.base + r.days AS deadline
FROM (
  SELECT q.*, CASE WHEN q.clause = '5.iv' AND t.last_activity_at IS NOT NULL
                   THEN (t.last_activity_at AT TIME ZONE 'Asia/Karachi')::date
                   ELSE t.invited_on END AS base
  FROM {OF_COHORT}
) r
CROSS JOIN LATERAL (
  SELECT (r.base + r.days + 1)::timestamp AT TIME ZONE 'Asia/Karachi' AS over
) m
CROSS JOIN LATERAL (
  SELECT least(t.activated_at, t.enrolled_at, t.completed_at) AS active_at,
         least(t.enrolled_at, t.completed_at) AS enrolled_at
) f
WHERE t.source = 'bucket' AND t.ended_at IS NULL AND t.invited_on IS NOT NULL
  AND CASE r.clause
        WHEN '5.i' THEN NOT t.extended AND (f.active_at IS NULL OR f.active_at >= m.over)
        WHEN '5.ii' THEN NOT t.extended AND f.active_at < m.over
                         AND (f.enrolled_at IS NULL OR f.enrolled_at >= m.over)
        WHEN '5.iii' THEN NOT t.extended AND (t.completed_at IS NULL OR t.completed_at >= m.over)
        ELSE true END
  AND NOT EXISTS (SELECT 1 FROM licensing_revocationcase k
                  WHERE k.license_id = t.id AND k.clause = r.clause AND k.stage = r.stage
                    AND k.base_on = r.base)
ORDER BY deadline, r.rank LIMIT 1
"""
SET = """
next_deadline = x.deadline, next_clause = coalesce(x.clause, ''), next_stage = coalesce(x.stage, 0),
next_mode = coalesce(x.mode, ''), next_base = x.base
"""
_RECOMPUTE = f"""
UPDATE licensing_license l SET {SET}
FROM (
  SELECT t.id, c.* FROM licensing_license t LEFT JOIN LATERAL ({NEXT}) c ON true
  WHERE {{chosen}}
) x
WHERE x.id = l.id AND (l.next_deadline, l.next_clause, l.next_stage, l.next_mode, l.next_base)
  IS DISTINCT FROM (x.deadline, coalesce(x.clause, '')::varchar, coalesce(x.stage, 0)::smallint,
                    coalesce(x.mode, '')::varchar, x.base)
"""


# The same by rules that are in force nowhere; nothing is written.
_WOULD_BE = f"""
WITH rules AS (
  SELECT * FROM unnest(%(clauses)s::varchar[], %(stages)s::int[], %(days)s::int[],
                       %(modes)s::varchar[], %(ranks)s::int[]) AS q (clause, stage, days, mode, rank))
SELECT t.id, t.reference, t.person_id, t.extended, t.ends_on,
  t.next_deadline, t.next_clause, t.next_mode,
  c.deadline, coalesce(c.clause, ''), coalesce(c.mode, '')
FROM licensing_license t
LEFT JOIN LATERAL ({NEXT.replace(OF_COHORT, "rules q")}) c ON true
WHERE t.cohort_id = %(cohort)s AND t.ended_at IS NULL AND t.id > %(after)s
ORDER BY t.id LIMIT %(limit)s
"""


@dataclass(frozen=True)
class WouldBe:
    """A live license's clock as it stands, and as other rules would set it."""

    id: int
    reference: str
    person: int
    extended: bool
    ends_on: date
    deadline: date | None
    clause: str
    mode: str
    other_deadline: date | None
    other_clause: str
    other_mode: str


def would_be(cohort: int, rules: Sequence[Rule], *, after: int, limit: int) -> list[WouldBe]:
    """The clocks of a cohort's live licenses by `rules` instead of its own; reads only.

    At most `limit` of them, in the order of their ids, those beyond the id `after`.
    """
    params: dict[str, Any] = {
        "cohort": cohort,
        "after": after,
        "limit": limit,
        "clauses": [rule.clause for rule in rules],
        "stages": [rule.stage for rule in rules],
        "days": [rule.days for rule in rules],
        "modes": [rule.mode for rule in rules],
        "ranks": list(range(len(rules))),
    }
    with connection.cursor() as cursor:
        cursor.execute(_WOULD_BE, params)
        return [WouldBe(*row) for row in cursor.fetchall()]


def recompute(licenses: Iterable[int]) -> int:
    """Sets the clocks of these licenses (ids) anew; returns how many changed."""
    ids = list(licenses)
    if not ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_RECOMPUTE.format(chosen="t.id = ANY(%s)"), [ids])
        return cursor.rowcount


def recompute_between(cohort: int, first: int, last: int) -> int:
    """The same for a cohort's live licenses with ids from `first` to `last`: a rule of it changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            _RECOMPUTE.format(
                chosen="t.cohort_id = %s AND t.id BETWEEN %s AND %s AND t.ended_at IS NULL"
            ),
            [cohort, first, last],
        )
        return cursor.rowcount
