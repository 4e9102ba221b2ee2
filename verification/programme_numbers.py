"""How the programme goes, in numbers: applications, decisions, revocations (4.1.k, 4.1.l, section 5)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

DECIDED = """
SELECT u.name, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY d.hours),
  100.0 * count(*) FILTER (WHERE d.hours <= %(due)s) / count(*)
FROM (SELECT a.university_id, extract(epoch FROM a.decided_at - a.submitted_at) / 3600 AS hours
      FROM applications_application a
      WHERE a.decided_at IS NOT NULL AND a.decided_at > %(since)s) d
JOIN applications_university u ON u.id = d.university_id
GROUP BY u.id ORDER BY 3 DESC, u.name
"""
SUBMITTED = """
SELECT (submitted_at AT TIME ZONE 'Asia/Karachi')::date, count(*) FROM applications_application
WHERE submitted_at IS NOT NULL AND status <> 'draft' GROUP BY 1 ORDER BY 1
"""
REVOKED = """
SELECT end_clause, (ended_at AT TIME ZONE 'Asia/Karachi')::date, count(*) FROM licensing_license
WHERE state = 'revoked' GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Decided:
    """How long decisions of one university took: median hours, and the percent made in time."""

    university: str
    count: int
    median_hours: float
    in_time_percent: float


def _rows(sql: str, **params: datetime | int) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def decided(now: datetime, days: int, due_hours: int) -> list[Decided]:
    """Each university that decided in the last `days`, the slowest first (4.1.l, R12)."""
    rows = _rows(DECIDED, since=now - timedelta(days=days), due=due_hours)
    return [Decided(name, n, float(median), float(share)) for name, n, median, share in rows]


def submitted() -> list[tuple[date, int]]:
    """How many applications were submitted on each Karachi day that saw any."""
    return _rows(SUBMITTED)


def revoked() -> dict[str, list[tuple[date, int]]]:
    """By clause: how many licenses were revoked on each day that saw any."""
    found: dict[str, list[tuple[date, int]]] = {}
    for clause, day, count in _rows(REVOKED):
        found.setdefault(clause, []).append((day, count))
    return found


def every_day(points: list[tuple[date, int]]) -> list[tuple[date, int]]:
    """The same with zeros for the days between; weeks' sums instead when there are more than 90 days."""
    if not points:
        return []
    known, first, last = dict(points), points[0][0], points[-1][0]
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    if len(days) <= 90:
        return [(day, known.get(day, 0)) for day in days]
    weeks: dict[date, int] = {}
    for day in days:
        monday = day - timedelta(days=day.weekday())
        weeks[monday] = weeks.get(monday, 0) + known.get(day, 0)
    return list(weeks.items())
