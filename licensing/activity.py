"""Coursera's reports: fetched or uploaded, matched, merged, and what follows for clocks and flags (R17, R21).

A report is first written to a spool file (no network inside a transaction, bounded memory), then
copied into a temporary table and merged set-based in one transaction.
"""

import csv
import logging
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, TextIO

from django.conf import settings
from django.db import connection

from dlsei.history import Actor
from dlsei.models import User
from dlsei.policy.states import CaseState
from dlsei.verbs import COHORT, lock, verb
from licensing import clock
from licensing.coursera.port import Coursera, EnrollmentRow, Membership, RowError
from licensing.invitations import coursera
from licensing.models import Cohort, CohortMember, License, Report, RevocationCase

logger = logging.getLogger(__name__)

Row = EnrollmentRow | Membership | RowError
ERRORS_KEPT = 1000
COLUMNS = [
    "line",
    "external_id",
    "email",
    "full_name",
    "program",
    "content_id",
    "content_kind",
    "content_name",
    "joined_at",
    "enrolled_at",
    "last_activity_at",
    "completed_at",
    "progress",
    "courses_completed",
    "courses_total",
]

STAGE = """
CREATE TEMPORARY TABLE reported (
  line integer, external_id text, email text, full_name text, program text, content_id text,
  content_kind text, content_name text, joined_at timestamptz, enrolled_at timestamptz,
  last_activity_at timestamptz, completed_at timestamptz, progress numeric, courses_completed integer,
  courses_total integer, license_id bigint, cohort_id bigint
) ON COMMIT DROP
"""
# R21: by our license reference, then by e-mail; an address names the person's newest license there.
MATCH_REFERENCE = """
UPDATE reported r SET license_id = l.id, cohort_id = l.cohort_id
FROM licensing_license l WHERE l.reference = r.external_id
"""
MATCH_COHORT = """
UPDATE reported r SET cohort_id = c.id FROM licensing_cohort c
WHERE r.cohort_id IS NULL AND c.coursera_program = r.program
"""
MATCH_EMAIL = """
UPDATE reported r SET license_id = x.license_id
FROM (SELECT DISTINCT ON (lower(u.email), l.cohort_id)
             lower(u.email) AS email, l.cohort_id, l.id AS license_id
      FROM dlsei_user u JOIN licensing_license l ON l.person_id = u.id
      WHERE lower(u.email) IN (SELECT lower(email) FROM reported WHERE license_id IS NULL)
      ORDER BY lower(u.email), l.cohort_id, l.id DESC) x
WHERE r.license_id IS NULL AND lower(r.email) = x.email AND r.cohort_id = x.cohort_id
"""
# A later report never erases: the earliest beginning, the latest activity, the furthest progress.
MERGE = """
INSERT INTO licensing_enrollment AS e
  (license_id, content_id, content_kind, content_name, enrolled_at, completed_at, last_activity_at,
   progress, courses_completed, courses_total, report_id)
SELECT license_id, content_id, content_kind, max(content_name), min(enrolled_at), min(completed_at),
       max(last_activity_at), max(progress), max(courses_completed), max(courses_total), %(report)s
FROM reported WHERE license_id IS NOT NULL AND content_id IS NOT NULL
GROUP BY license_id, content_kind, content_id
ORDER BY license_id, content_kind, content_id
ON CONFLICT (license_id, content_kind, content_id) DO UPDATE SET
  enrolled_at = least(e.enrolled_at, excluded.enrolled_at),
  completed_at = least(e.completed_at, excluded.completed_at),
  last_activity_at = greatest(e.last_activity_at, excluded.last_activity_at),
  progress = greatest(e.progress, excluded.progress),
  courses_completed = greatest(e.courses_completed, excluded.courses_completed),
  courses_total = coalesce(excluded.courses_total, e.courses_total),
  report_id = excluded.report_id
WHERE (least(e.enrolled_at, excluded.enrolled_at), least(e.completed_at, excluded.completed_at),
       greatest(e.last_activity_at, excluded.last_activity_at), greatest(e.progress, excluded.progress),
       greatest(e.courses_completed, excluded.courses_completed))
  IS DISTINCT FROM (e.enrolled_at, e.completed_at, e.last_activity_at, e.progress, e.courses_completed)
"""
# Being a member or enrolled makes a license active at that time (R9); enrollment, progress and completion are activity.
FACTS = """
UPDATE licensing_license l
SET activated_at = x.activated_at, enrolled_at = x.enrolled_at, completed_at = x.completed_at,
    last_activity_at = x.last_activity_at,
    state = CASE WHEN l.state = 'invited' AND x.activated_at IS NOT NULL THEN 'active' ELSE l.state END
FROM (
  SELECT t.id, least(t.activated_at, min(r.joined_at), min(r.enrolled_at)) AS activated_at,
    least(t.enrolled_at, min(r.enrolled_at), min(r.completed_at)) AS enrolled_at,
    least(t.completed_at, min(r.completed_at)) AS completed_at,
    greatest(t.last_activity_at, max(r.last_activity_at), max(r.enrolled_at), max(r.completed_at))
      AS last_activity_at
  FROM licensing_license t JOIN reported r ON r.license_id = t.id
  WHERE t.ended_at IS NULL GROUP BY t.id
) x
WHERE l.id = x.id AND (l.activated_at, l.enrolled_at, l.completed_at, l.last_activity_at)
  IS DISTINCT FROM (x.activated_at, x.enrolled_at, x.completed_at, x.last_activity_at)
RETURNING l.id
"""
# A.1, R18: named by a cohort's data without a license of ours there; R4: a paid license sets no flag.
FLAG = """
INSERT INTO licensing_cohortmember (cohort_id, email, external_id, full_name, person_id, flagged_at, report_id)
SELECT DISTINCT ON (r.cohort_id, lower(r.email))
       r.cohort_id, r.email, r.external_id, r.full_name, u.id, %(now)s, %(report)s
FROM reported r LEFT JOIN dlsei_user u ON lower(u.email) = lower(r.email)
WHERE r.license_id IS NULL AND r.cohort_id IS NOT NULL AND r.email <> ''
ORDER BY r.cohort_id, lower(r.email), r.line
ON CONFLICT (cohort_id, lower(email)) DO NOTHING
"""
KEEP_UNMATCHED = """
INSERT INTO licensing_unmatchedrow (report_id, external_id, email, full_name, content_name)
SELECT %(report)s, coalesce(external_id, ''), coalesce(email, ''), coalesce(full_name, ''),
       coalesce(content_name, '')
FROM reported WHERE license_id IS NULL ORDER BY line
"""


def latest_report() -> Report | None:
    """The newest evidence there is, by what it is of (R17)."""
    return Report.objects.order_by("-as_of", "-id").first()


def fetch(*, by: Actor, now: datetime, port: Coursera | None = None) -> dict[str, Any]:
    """Fetches Coursera's report of every program in use and imports it (02:00, R17).

    As-of is the moment the fetch began, less `COURSERA_REPORT_LAG_HOURS`. Raises what the port
    raises: the slot stays due and the next tick tries again.
    """
    port = port or coursera()
    programs = list(
        Cohort.objects.exclude(licenses=None).values_list("coursera_program", flat=True).distinct()
    )
    as_of = now - timedelta(hours=settings.COURSERA_REPORT_LAG_HOURS)

    def rows() -> Iterator[Row]:
        for program in programs:
            yield from port.memberships(program)
            yield from port.enrollments(program)

    report = take(rows(), source=Report.Source.API, as_of=as_of, by=by, now=now)
    return {"report": report.pk, "rows": report.rows, "unmatched": report.unmatched}


def take(
    rows: Iterable[Row],
    *,
    source: str,
    as_of: datetime,
    by: Actor,
    now: datetime,
    sha256: str = "",
) -> Report:
    """Imports rows from either route; what cannot be read is listed on the report, never blocks.

    `as_of` is aware: up to when the rows speak. A file imported before (`sha256`) is not imported
    again: its report is returned.
    """
    if sha256 and (known := Report.objects.filter(sha256=sha256).first()):
        return known
    with tempfile.TemporaryFile("w+", newline="", encoding="utf-8") as spool:
        errors = _spool(rows, spool)
        spool.seek(0)
        return merge(spool, errors, source=source, as_of=as_of, sha256=sha256, by=by, now=now)


def _spool(rows: Iterable[Row], spool: TextIO) -> list[dict[str, Any]]:
    errors: list[dict[str, Any]] = []
    write = csv.DictWriter(spool, COLUMNS, restval="", lineterminator="\n").writerow
    for line, row in enumerate(rows, start=1):
        if isinstance(row, RowError):
            if len(errors) < ERRORS_KEPT:
                errors.append({"line": row.line, "column": row.column, "message": row.message})
            continue
        record: dict[str, Any] = {
            "line": line,
            "external_id": row.external_id,
            "email": row.email,
            "full_name": row.full_name[:200],
            "program": row.program_id,
        }
        if isinstance(row, Membership):
            record["joined_at"] = row.joined_at or ""
        else:
            record |= {
                "content_id": row.content_id,
                "content_kind": row.content_kind,
                "content_name": row.content_name[:300],
                "enrolled_at": row.enrolled_at,
                "last_activity_at": row.last_activity_at or "",
                "completed_at": row.completed_at or "",
                "progress": "" if row.progress is None else row.progress,
                "courses_completed": "" if row.courses_completed is None else row.courses_completed,
                "courses_total": "" if row.courses_total is None else row.courses_total,
            }
        write(record)
    return errors


@verb
def merge(
    spool: TextIO,
    errors: list[dict[str, Any]],
    *,
    source: str,
    as_of: datetime,
    sha256: str,
    by: Actor,
    now: datetime,
) -> Report:
    """Merges a spooled report in one transaction: enrollments, facts, clocks, flags, cases."""
    lock(COHORT, *Cohort.objects.values_list("pk", flat=True))
    report = Report.objects.create(
        source=source,
        as_of=as_of,
        imported_at=now,
        imported_by=by if isinstance(by, User) else None,
        sha256=sha256,
        errors=errors,
    )
    params: dict[str, Any] = {"report": report.pk, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy(f"COPY reported ({', '.join(COLUMNS)}) FROM STDIN (FORMAT csv)") as copy:
            while block := spool.read(1 << 16):
                copy.write(block)
        for statement in (MATCH_REFERENCE, MATCH_COHORT, MATCH_EMAIL):
            cursor.execute(statement)
        cursor.execute("ANALYZE reported")
        cursor.execute(MERGE, params)
        cursor.execute(FACTS)
        changed = [row[0] for row in cursor.fetchall()]
        cursor.execute(FLAG, params)
        cursor.execute(KEEP_UNMATCHED, params)
        report.unmatched = cursor.rowcount
        cursor.execute("SELECT count(*), count(joined_at) FROM reported")
        report.rows, report.members = cursor.fetchone()
    report.save(update_fields=["unmatched", "rows", "members"])
    clock.recompute(changed)
    close_groundless(changed, now)
    return report


def close_groundless(licenses: list[int], now: datetime) -> int:
    """Closes open cases whose ground newer activity, or activity in time, has taken away (R16)."""
    groundless = []
    for case in (
        RevocationCase.objects.open().filter(license__in=licenses).select_related("license")
    ):
        if not case.stands:
            groundless.append(case.pk)
    return RevocationCase.objects.filter(pk__in=groundless).update(
        state=CaseState.CLOSED, closed_at=now
    )


@verb
def flag(cohort: Cohort, email: str, *, full_name: str = "", by: Actor, now: datetime) -> None:
    """Notes that Coursera's data for a cohort names this address (A.1, R18); again changes nothing.

    A license of ours in that cohort speaks for itself, a paid one included (R4): no flag then.
    """
    person = User.objects.filter(email__iexact=email).first()
    if person and License.objects.filter(person=person, cohort=cohort).exists():
        return
    CohortMember.objects.bulk_create(
        [
            CohortMember(
                cohort=cohort, email=email, full_name=full_name, person=person, flagged_at=now
            )
        ],
        ignore_conflicts=True,
    )
