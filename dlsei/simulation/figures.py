"""What came of a year: figures asked of the database by SQL, for people, as JSON and as a chart."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from dlsei import charts

HOURS = 3600.0

APPLICATIONS = """
SELECT c.name, a.status, count(*) FROM applications_application a
LEFT JOIN licensing_cohort c ON c.id = a.cohort_id
WHERE a.status <> 'draft' GROUP BY 1, 2 ORDER BY 1, 2
"""
ENDED = """
SELECT c.name, l.end_clause, count(*) FROM licensing_license l JOIN licensing_cohort c ON c.id = l.cohort_id
WHERE l.state = %(state)s GROUP BY 1, 2 ORDER BY 1, 2
"""
# Line: from the approval to the license. Decisions: from the submission that was decided.
COHORTS = """
SELECT c.name, c.seats_total,
  (SELECT count(*) FROM licensing_license l WHERE l.cohort_id = c.id AND l.source = 'bucket'),
  (SELECT count(*) FROM licensing_license l WHERE l.cohort_id = c.id AND l.source <> 'bucket'),
  (SELECT count(*) FROM licensing_license l WHERE l.cohort_id = c.id AND l.ended_at IS NULL),
  (SELECT count(*) FROM licensing_license l WHERE l.cohort_id = c.id AND l.extended),
  line.median, line.p90, decided.n, decided.in_time, decided.by_hec
FROM licensing_cohort c
LEFT JOIN LATERAL (
  SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) AS median,
         percentile_cont(0.9) WITHIN GROUP (ORDER BY waited) AS p90
  FROM (SELECT extract(epoch FROM p.served_at - p.entered_at)::float AS waited
        FROM licensing_place p WHERE p.cohort_id = c.id AND p.state = 'served') w) line ON true
LEFT JOIN LATERAL (
  SELECT count(*) AS n, count(*) FILTER (WHERE d.at - a.submitted_at <= interval '24 hours') AS in_time,
         count(d.on_behalf_of_id) AS by_hec
  FROM verification_decision d JOIN applications_application a ON a.id = d.application_id
  WHERE a.cohort_id = c.id) decided ON true
ORDER BY c.starts, c.id
"""
# At the end of each day in Karachi.
SEATS = """
SELECT c.name, d.day::date, count(l.id)
FROM licensing_cohort c
CROSS JOIN LATERAL generate_series(c.starts::timestamp, least(c.ends::timestamp, %(until)s::timestamp),
                                   interval '1 day') AS d (day)
LEFT JOIN licensing_license l ON l.cohort_id = c.id AND l.source = 'bucket'
  AND l.issued_at < (d.day + interval '1 day') AT TIME ZONE 'Asia/Karachi'
  AND (l.ended_at IS NULL OR l.ended_at >= (d.day + interval '1 day') AT TIME ZONE 'Asia/Karachi')
GROUP BY c.starts, c.id, d.day ORDER BY c.starts, c.id, d.day
"""
COUNTS = {
    "drafts": "SELECT count(*) FROM applications_application WHERE status = 'draft'",
    "people": "SELECT count(*) FROM dlsei_user u WHERE NOT u.is_hec AND NOT EXISTS"
    " (SELECT 1 FROM verification_focalperson f WHERE f.person_id = u.id)",
    "questions": "SELECT count(*) FROM applications_question",
    "mails": "SELECT count(*) FROM dlsei_mail WHERE sent_at IS NOT NULL",
    "events": "SELECT count(*) FROM dlsei_event",
    "reports": "SELECT count(*) FROM licensing_report",
    "stopped_runs": "SELECT count(*) FROM licensing_revocationrun",
    "cases_opened": "SELECT count(*) FROM dlsei_mail WHERE kind = 'case-opened'",
    "cases_confirmed": "SELECT count(*) FROM licensing_revocationcase WHERE state = 'revoked'"
    " AND decided_by_id IS NOT NULL AND clause <> '5.z'",
    "cases_dismissed": "SELECT count(*) FROM licensing_revocationcase WHERE state = 'dismissed'",
    "flagged": "SELECT count(*) FROM licensing_cohortmember",
}


@dataclass(frozen=True)
class CohortFigures:
    """One cohort's year. Times in line are hours; `seats` is its bucket in use at each day's end."""

    seats_total: int
    applications: dict[str, int]
    issued: int
    paid: int
    live: int
    extended: int
    revoked: dict[str, int]
    expired: dict[str, int]
    line_median_hours: float | None
    line_p90_hours: float | None
    decisions: int
    decisions_within_24_hours: int
    decisions_by_hec: int
    seats_peak: int
    seats_mean: float
    seats: list[tuple[date, int]]


@dataclass(frozen=True)
class Figures:
    """A whole year. `refused` counts what was refused at submitting, `breaches` what the audit found."""

    applicants: int
    seed: int
    scale: str
    ended: datetime
    cohorts: dict[str, CohortFigures]
    refused: dict[str, int]
    counts: dict[str, int]
    breaches: list[str]

    def as_json(self) -> str:
        return json.dumps(asdict(self), default=_plain, ensure_ascii=False)

    def as_lines(self) -> list[str]:
        """For a terminal."""
        lines = [
            f"{self.applicants:,} applicants, seed {self.seed}, until {self.ended:%Y-%m-%d};"
            f" buckets and brake scaled: {self.scale}",
        ]
        for name, of in self.cohorts.items():
            lines += ["", f"{name}: {of.seats_total:,} seats", *_table(_rows(of))]
        rows = [(key.replace("_", " "), f"{n:,}") for key, n in self.counts.items()]
        rows += [("refused at submitting", _words(self.refused))]
        lines += ["", "Both", *_table(rows), ""]
        found = [f"BROKEN {breach}" for breach in self.breaches]
        return [*lines, *(found or ["audit: nothing is broken"])]


def figures(
    *,
    applicants: int,
    seed: int,
    scale: str,
    ended: datetime,
    refused: Mapping[str, int],
    breaches: list[str],
) -> Figures:
    """Asks the database that is connected."""
    outcomes = _by_cohort(APPLICATIONS)
    revoked, expired = (_by_cohort(ENDED, state=state) for state in ("revoked", "expired"))
    seats: dict[str, list[tuple[date, int]]] = {}
    for name, day, used in _rows_of(SEATS, until=ended.date()):
        seats.setdefault(name, []).append((day, used))
    cohorts = {}
    for name, total, issued, paid, live, extended, median, p90, n, in_time, by_hec in _rows_of(
        COHORTS
    ):
        used = [count for _, count in seats.get(name, [])] or [0]
        cohorts[name] = CohortFigures(
            seats_total=total,
            applications=outcomes.get(name, {}),
            issued=issued,
            paid=paid,
            live=live,
            extended=extended,
            revoked=revoked.get(name, {}),
            expired=expired.get(name, {}),
            line_median_hours=_hours(median),
            line_p90_hours=_hours(p90),
            decisions=n,
            decisions_within_24_hours=in_time,
            decisions_by_hec=by_hec,
            seats_peak=max(used),
            seats_mean=round(sum(used) / len(used), 1),
            seats=seats.get(name, []),
        )
    return Figures(
        applicants=applicants,
        seed=seed,
        scale=scale,
        ended=ended,
        cohorts=cohorts,
        refused=dict(refused),
        counts={key: _rows_of(sql)[0][0] for key, sql in COUNTS.items()},
        breaches=breaches,
    )


def chart(of: Figures) -> charts.Chart:
    """Seats in use at each day's end, a line for each cohort."""
    said = [
        f"{name}: at most {one.seats_peak} of {one.seats_total} seats, {one.seats_mean:.0f} on average"
        for name, one in of.cohorts.items()
    ]
    return charts.line(
        "seats",
        "Seats in use",
        f"{of.applicants} applicants, seed {of.seed}. {'. '.join(said)}.",
        {name: one.seats for name, one in of.cohorts.items()},
        step=True,
    )


def _rows(of: CohortFigures) -> list[tuple[str, str]]:
    share = f"{of.decisions_within_24_hours / of.decisions:.0%}" if of.decisions else "–"
    return [
        ("applications", _words(of.applications)),
        (
            "decisions within 24 hours",
            f"{share} of {of.decisions:,} ({of.decisions_by_hec:,} by HEC)",
        ),
        ("licenses issued", f"{of.issued:,}, and {of.paid:,} paid ones taken over"),
        ("revoked", _words(of.revoked)),
        ("expired", _words(of.expired)),
        ("extended, still live", f"{of.extended:,}, {of.live:,}"),
        (
            "hours in line",
            f"median {_figure(of.line_median_hours)}, p90 {_figure(of.line_p90_hours)}",
        ),
        ("seats in use", f"peak {of.seats_peak:,}, mean {of.seats_mean:,}"),
    ]


def _table(rows: list[tuple[str, str]]) -> list[str]:
    width = max(len(label) for label, _ in rows)
    return [f"  {label:<{width}}  {value}" for label, value in rows]


def _words(counts: Mapping[str, int]) -> str:
    total = sum(counts.values())
    parts = ", ".join(f"{key} {n:,}" for key, n in counts.items())
    return f"{total:,} ({parts})" if parts else "0"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}"


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / HOURS, 2)


def _by_cohort(sql: str, **params: Any) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name, key, count in _rows_of(sql, **params):
        found.setdefault(name, {})[key] = count
    return found


def _rows_of(sql: str, **params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        return cursor.fetchall()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
