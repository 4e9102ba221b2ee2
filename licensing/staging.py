"""Reported rows in temporary tables, and the set-based statements that match and merge them (R21).

`spool` writes rows to a file, so that nothing is held in memory and no network is waited for inside
a transaction; `copy` and `match` put them into the tables `reported` and `learner` of a transaction.
"""

import csv
from collections.abc import Callable, Iterable
from typing import Any, TextIO

from licensing.coursera.port import EnrollmentRow, Membership, RowError

Row = EnrollmentRow | Membership | RowError
Progress = Callable[[int], None]
"""Told now and then how many rows have been read."""
ERRORS_KEPT = 1000
TOLD_EVERY = 1000

STAGE = """
DROP TABLE IF EXISTS pg_temp.reported, pg_temp.learner;
CREATE TEMPORARY TABLE reported (
  line integer, external_id text, email text, full_name text, program text, content_id text,
  content_kind text, content_name text, membership_state text, enrolled_at timestamptz,
  last_activity_at timestamptz, completed_at timestamptz, is_completed boolean, progress numeric,
  courses_completed integer, courses_total integer, joined_at timestamptz
) ON COMMIT DROP
"""
COPY = """
COPY reported FROM STDIN (FORMAT csv, FORCE_NOT_NULL (external_id, email, full_name, program, content_name))
"""
# R21: by our license reference, then by e-mail; an address names the person's newest license there.
# What HEC has matched by hand stays matched.
MATCH = """
CREATE TEMPORARY TABLE learner ON COMMIT DROP AS
SELECT r.external_id, r.email, r.program, coalesce(l.cohort_id, h.cohort_id, c.id) AS cohort_id,
       coalesce(l.id, h.license_id, x.license_id) AS license_id
FROM (SELECT DISTINCT external_id, email, program FROM reported) r
LEFT JOIN licensing_license l ON l.reference = r.external_id
LEFT JOIN (SELECT DISTINCT ON (lower(u.external_id), lower(u.email))
                  lower(u.external_id) AS external_id, lower(u.email) AS email, u.license_id, k.cohort_id
           FROM licensing_unmatchedrow u JOIN licensing_license k ON k.id = u.license_id
           ORDER BY lower(u.external_id), lower(u.email), u.id DESC) h
  ON h.external_id = lower(r.external_id) AND h.email = lower(r.email)
LEFT JOIN (SELECT DISTINCT ON (coursera_program) id, coursera_program
           FROM licensing_cohort ORDER BY coursera_program, starts) c
  ON l.id IS NULL AND c.coursera_program = r.program
LEFT JOIN (SELECT DISTINCT ON (lower(u.email), k.cohort_id)
                  lower(u.email) AS email, k.cohort_id, k.id AS license_id
           FROM dlsei_user u JOIN licensing_license k ON k.person_id = u.id
           ORDER BY lower(u.email), k.cohort_id, k.id DESC) x
  ON x.email = lower(r.email) AND x.cohort_id = c.id
"""
# What the report says of each enrollment that is new or says more than is known.
NEWS = """
SELECT n.*, e.id IS NULL AS is_new
FROM (SELECT p.license_id, r.content_kind, r.content_id, left(max(r.content_name), 300) AS content_name,
             min(r.enrolled_at) AS enrolled_at, min(r.completed_at) AS completed_at,
             max(r.last_activity_at) AS last_activity_at, max(r.progress)::numeric(5, 2) AS progress,
             max(r.courses_completed) AS courses_completed, max(r.courses_total) AS courses_total
      FROM reported r JOIN learner p USING (external_id, email, program)
      WHERE p.license_id IS NOT NULL AND r.content_id IS NOT NULL
      GROUP BY p.license_id, r.content_kind, r.content_id) n
LEFT JOIN licensing_enrollment e USING (license_id, content_kind, content_id)
WHERE e.id IS NULL
   OR (least(e.enrolled_at, n.enrolled_at), least(e.completed_at, n.completed_at),
       greatest(e.last_activity_at, n.last_activity_at), greatest(e.progress, n.progress),
       greatest(e.courses_completed, n.courses_completed))
      IS DISTINCT FROM (e.enrolled_at, e.completed_at, e.last_activity_at, e.progress, e.courses_completed)
"""
# A later report never erases: the earliest beginning, the latest activity, the furthest progress.
MERGE = f"""
INSERT INTO licensing_enrollment AS e
  (license_id, content_id, content_kind, content_name, enrolled_at, completed_at, last_activity_at,
   progress, courses_completed, courses_total, report_id)
SELECT license_id, content_id, content_kind, content_name, enrolled_at, completed_at, last_activity_at,
       progress, courses_completed, courses_total, %(report)s
FROM ({NEWS}) news ORDER BY license_id, content_kind, content_id
ON CONFLICT (license_id, content_kind, content_id) DO UPDATE SET
  enrolled_at = least(e.enrolled_at, excluded.enrolled_at),
  completed_at = least(e.completed_at, excluded.completed_at),
  last_activity_at = greatest(e.last_activity_at, excluded.last_activity_at),
  progress = greatest(e.progress, excluded.progress),
  courses_completed = greatest(e.courses_completed, excluded.courses_completed),
  courses_total = coalesce(excluded.courses_total, e.courses_total),
  report_id = excluded.report_id
"""
# Being a member or enrolled makes a license active at that time (R9); enrollment, progress and completion are activity.
FACTS = """
UPDATE licensing_license l
SET activated_at = x.activated_at, enrolled_at = x.enrolled_at, completed_at = x.completed_at,
    last_activity_at = x.last_activity_at,
    state = CASE WHEN l.state = 'invited' AND x.activated_at IS NOT NULL THEN 'active' ELSE l.state END
FROM (
  SELECT t.id, least(t.activated_at, r.joined_at, r.enrolled_at) AS activated_at,
    least(t.enrolled_at, r.enrolled_at, r.completed_at) AS enrolled_at,
    least(t.completed_at, r.completed_at) AS completed_at,
    greatest(t.last_activity_at, r.last_activity_at, r.last_enrolled_at, r.last_completed_at)
      AS last_activity_at
  FROM licensing_license t JOIN (
    SELECT p.license_id, min(joined_at) AS joined_at, min(enrolled_at) AS enrolled_at,
           min(completed_at) AS completed_at, max(last_activity_at) AS last_activity_at,
           max(enrolled_at) AS last_enrolled_at, max(completed_at) AS last_completed_at
    FROM reported JOIN learner p USING (external_id, email, program)
    WHERE p.license_id IS NOT NULL GROUP BY p.license_id) r ON r.license_id = t.id
  WHERE t.ended_at IS NULL
) x
WHERE l.id = x.id AND (l.activated_at, l.enrolled_at, l.completed_at, l.last_activity_at)
  IS DISTINCT FROM (x.activated_at, x.enrolled_at, x.completed_at, x.last_activity_at)
RETURNING l.id
"""
# A.1, R18: named by a cohort's data without a license of ours there; R4: a paid license sets no flag.
FLAG = """
INSERT INTO licensing_cohortmember (cohort_id, email, external_id, full_name, person_id, flagged_at, report_id)
SELECT DISTINCT ON (p.cohort_id, lower(p.email))
       p.cohort_id, p.email, p.external_id, left(r.full_name, 200), u.id, %(now)s, %(report)s
FROM learner p JOIN reported r USING (external_id, email, program)
LEFT JOIN dlsei_user u ON lower(u.email) = lower(p.email)
WHERE p.license_id IS NULL AND p.cohort_id IS NOT NULL AND p.email <> ''
ORDER BY p.cohort_id, lower(p.email), r.line
ON CONFLICT (cohort_id, lower(email)) DO NOTHING
"""
KEEP_UNMATCHED = """
INSERT INTO licensing_unmatchedrow (report_id, external_id, email, full_name, content_name, row)
SELECT %(report)s, r.external_id, r.email, left(r.full_name, 200), left(r.content_name, 300), to_jsonb(r)
FROM reported r JOIN learner p USING (external_id, email, program)
WHERE p.license_id IS NULL ORDER BY r.line
"""


def spool(
    rows: Iterable[Row], file: TextIO, progress: Progress | None = None
) -> tuple[list[RowError], int]:
    """Writes rows to a temporary file as `copy` takes them; returns the first errors, and how many there are."""
    errors: list[RowError] = []
    count = 0
    write = csv.writer(file, lineterminator="\n").writerow
    for line, row in enumerate(rows, start=1):
        if isinstance(row, EnrollmentRow):
            write((line, *row, None))
        elif isinstance(row, Membership):
            who = (line, row.external_id, row.email, row.full_name, row.program_id)
            write((*who, *[None] * 11, row.joined_at))
        else:
            count += 1
            if count <= ERRORS_KEPT:
                errors.append(row)
        if progress and line % TOLD_EVERY == 0:
            progress(line)
    return errors, count


def copy(cursor: Any, file: TextIO) -> None:
    """Puts the spooled rows into the temporary table `reported`."""
    # Sorting and joining a million rows in memory; for this transaction only.
    cursor.execute("SET LOCAL work_mem = '128MB'")
    cursor.execute(STAGE)
    file.seek(0)
    with cursor.copy(COPY) as into:
        while block := file.read(1 << 16):
            # No text of PostgreSQL holds the character NUL.
            into.write(block.replace("\0", ""))
    cursor.execute("ANALYZE reported")


def match(cursor: Any) -> None:
    """Puts whom the rows speak of into the temporary table `learner`, each with their license."""
    cursor.execute(MATCH)
    cursor.execute("ANALYZE learner")
