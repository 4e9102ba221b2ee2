"""Reported rows in a temporary table, and the set-based statements that match and merge them (R21).

`staged` puts rows into the table `reported` of this session, a batch at a time and each batch in a
transaction of its own, so that nothing is held in memory, progress is seen, and no network is waited
for inside a transaction. `match` and the statements below belong to the transaction that follows.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError, connection

from licensing import clock
from licensing.coursera.port import EnrollmentRow, Membership, RowError
from licensing.coursera.sheets import PlainRows

Row = EnrollmentRow | Membership | RowError | PlainRows
Progress = Callable[[int], None]
"""Told now and then how many rows have been read."""
ERRORS_KEPT = 1000
BATCH = 1000
"""Rows read one by one that are copied at a time."""
TOLD_EVERY = 20_000
"""Rows copied as they stand between two words of progress."""
FEW = 1000
"""Learners for whom the planner needs no statistics."""

COLUMNS = (
    *("external_id", "email", "full_name", "program", "content_id", "content_kind", "content_name"),
    *("enrolled_at", "last_activity_at", "completed_at", "progress"),
    *("courses_completed", "courses_total", "joined_at"),
)
TEXTS = ("external_id", "email", "full_name", "program", "content_name")
# No DROP: after one the driver has to have every statement of the session planned anew.
UNSTAGE = "DISCARD TEMP"
STAGE = """
CREATE TEMPORARY TABLE reported (
  external_id text DEFAULT '', email text DEFAULT '', full_name text DEFAULT '', program text DEFAULT '',
  content_id text, content_kind text, content_name text DEFAULT '', enrolled_at timestamptz,
  last_activity_at timestamptz, completed_at timestamptz, progress numeric, courses_completed integer,
  courses_total integer, joined_at timestamptz,
  who text GENERATED ALWAYS AS (external_id || E'\\x1f' || email || E'\\x1f' || program) STORED
)
"""
# R21: by our license reference, then by e-mail; an address names the person's newest license there.
# What HEC has matched by hand stays matched. A file names programs by slugs: it says which is which.
MATCH = """
CREATE TEMPORARY TABLE learner ON COMMIT DROP AS
SELECT r.who, r.email, r.program, r.named, coalesce(l.cohort_id, h.cohort_id, c.id) AS cohort_id,
       coalesce(l.id, h.license_id, x.license_id) AS license_id
FROM (SELECT d.who, d.email, coalesce(nullif(d.external_id, ''), d.email) AS named,
             coalesce(s.program, d.program) AS program
      FROM (SELECT who, min(external_id) AS external_id, min(email) AS email, min(program) AS program
            FROM reported GROUP BY who) d
      LEFT JOIN unnest(%(slugs)s::text[], %(programs)s::text[]) AS s (slug, program)
        ON s.slug = d.program) r
LEFT JOIN licensing_license l ON l.reference = r.named
LEFT JOIN (SELECT DISTINCT ON (lower(u.external_id), lower(u.email))
                  lower(u.external_id) AS external_id, lower(u.email) AS email, u.license_id, k.cohort_id
           FROM licensing_unmatchedrow u JOIN licensing_license k ON k.id = u.license_id
           ORDER BY lower(u.external_id), lower(u.email), u.id DESC) h
  ON h.external_id = lower(r.named) AND h.email = lower(r.email)
LEFT JOIN (SELECT DISTINCT ON (coursera_program) id, coursera_program
           FROM licensing_cohort ORDER BY coursera_program, starts) c
  ON l.id IS NULL AND c.coursera_program = r.program
LEFT JOIN (SELECT DISTINCT ON (lower(u.email), k.cohort_id)
                  lower(u.email) AS email, k.cohort_id, k.id AS license_id
           FROM dlsei_user u JOIN licensing_license k ON k.person_id = u.id
           ORDER BY lower(u.email), k.cohort_id, k.id DESC) x
  ON x.email = lower(r.email) AND x.cohort_id = c.id
"""
OF_LEARNER = "reported r JOIN learner p USING (who)"
# What the report says of each enrollment that is new or says more than is known; a file may name one twice.
NEWS = f"""
SELECT p.license_id, r.content_kind, r.content_id, left(max(r.content_name), 300) AS content_name,
       min(r.enrolled_at) AS enrolled_at, min(r.completed_at) AS completed_at,
       max(r.last_activity_at) AS last_activity_at, max(r.progress)::numeric(5, 2) AS progress,
       max(r.courses_completed) AS courses_completed, max(r.courses_total) AS courses_total,
       bool_and(e.license_id IS NULL) AS is_new
FROM {OF_LEARNER} LEFT JOIN licensing_enrollment e USING (license_id, content_kind, content_id)
WHERE p.license_id IS NOT NULL AND r.content_id IS NOT NULL
  AND (e.license_id IS NULL
       OR (least(e.enrolled_at, r.enrolled_at), least(e.completed_at, r.completed_at),
           greatest(e.last_activity_at, r.last_activity_at),
           greatest(e.progress, r.progress::numeric(5, 2)),
           greatest(e.courses_completed, r.courses_completed))
          IS DISTINCT FROM
          (e.enrolled_at, e.completed_at, e.last_activity_at, e.progress, e.courses_completed))
GROUP BY p.license_id, r.content_kind, r.content_id
"""
# A later report never erases: the earliest beginning, the latest activity, the furthest progress.
# In the order of the key, so that a million rows fill one page of its index after the other. The
# cohorts' locks keep a second merge away.
MERGE = f"""
MERGE INTO licensing_enrollment e
USING ({NEWS} ORDER BY p.license_id, r.content_kind, r.content_id) n
ON e.license_id = n.license_id AND e.content_kind = n.content_kind AND e.content_id = n.content_id
WHEN MATCHED THEN UPDATE SET
  enrolled_at = least(e.enrolled_at, n.enrolled_at),
  completed_at = least(e.completed_at, n.completed_at),
  last_activity_at = greatest(e.last_activity_at, n.last_activity_at),
  progress = greatest(e.progress, n.progress),
  courses_completed = greatest(e.courses_completed, n.courses_completed),
  courses_total = coalesce(n.courses_total, e.courses_total),
  report_id = %(report)s
WHEN NOT MATCHED THEN INSERT
  (license_id, content_id, content_kind, content_name, enrolled_at, completed_at, last_activity_at,
   progress, courses_completed, courses_total, report_id)
VALUES (n.license_id, n.content_id, n.content_kind, n.content_name, n.enrolled_at, n.completed_at,
        n.last_activity_at, n.progress, n.courses_completed, n.courses_total, %(report)s)
"""
# Being a member or enrolled makes a license active at that time (R9); enrollment, progress and completion are
# activity. The clock follows from the same facts: set with them, each license is written once.
LEARN = f"""
UPDATE licensing_license l
SET activated_at = x.activated_at, enrolled_at = x.enrolled_at, completed_at = x.completed_at,
    last_activity_at = x.last_activity_at,
    state = CASE WHEN l.state = 'invited' AND x.activated_at IS NOT NULL THEN 'active' ELSE l.state END,
    {clock.SET}
FROM (
  SELECT t.*, c.* FROM (
    SELECT t.id, t.cohort_id, t.source, t.invited_on, t.ended_at, t.extended,
      least(t.activated_at, r.joined_at, r.enrolled_at) AS activated_at,
      least(t.enrolled_at, r.enrolled_at, r.completed_at) AS enrolled_at,
      least(t.completed_at, r.completed_at) AS completed_at,
      greatest(t.last_activity_at, r.last_activity_at, r.last_enrolled_at, r.last_completed_at)
        AS last_activity_at,
      t.activated_at AS a, t.enrolled_at AS e, t.completed_at AS c, t.last_activity_at AS l
    FROM licensing_license t JOIN (
      SELECT p.license_id, min(joined_at) AS joined_at, min(enrolled_at) AS enrolled_at,
             min(completed_at) AS completed_at, max(last_activity_at) AS last_activity_at,
             max(enrolled_at) AS last_enrolled_at, max(completed_at) AS last_completed_at
      FROM {OF_LEARNER}
      WHERE p.license_id IS NOT NULL GROUP BY p.license_id) r ON r.license_id = t.id
    WHERE t.ended_at IS NULL
  ) t LEFT JOIN LATERAL ({clock.NEXT}) c ON true
  WHERE (a, e, c, l) IS DISTINCT FROM (activated_at, enrolled_at, completed_at, last_activity_at)
) x
WHERE l.id = x.id
RETURNING l.id
"""
# A.1, R18: named by a cohort's data without a license of ours there; R4: a paid license sets no flag.
FLAG = f"""
INSERT INTO licensing_cohortmember (cohort_id, email, external_id, full_name, person_id, flagged_at, report_id)
SELECT DISTINCT ON (p.cohort_id, lower(p.email))
       p.cohort_id, p.email, p.named, left(r.full_name, 200), u.id, %(now)s, %(report)s
FROM {OF_LEARNER} LEFT JOIN dlsei_user u ON lower(u.email) = lower(p.email)
WHERE p.license_id IS NULL AND p.cohort_id IS NOT NULL AND p.email <> ''
ORDER BY p.cohort_id, lower(p.email), r.full_name DESC
ON CONFLICT (cohort_id, lower(email)) DO NOTHING
"""
_AS_KEPT = ", ".join(
    f"'{name}', r.{name}" for name in COLUMNS if name not in ("external_id", "program")
)
KEEP_UNMATCHED = f"""
INSERT INTO licensing_unmatchedrow (report_id, external_id, email, full_name, content_name, row)
SELECT %(report)s, p.named, r.email, left(r.full_name, 200), left(r.content_name, 300),
       jsonb_build_object('external_id', p.named, 'program', p.program, {_AS_KEPT})
FROM {OF_LEARNER} WHERE p.license_id IS NULL
"""
PROGRAMS = (
    "SELECT program, count(*), count(joined_at) FROM reported GROUP BY program ORDER BY program"
)
SAMPLE = """
SELECT full_name, email, external_id, program, content_name FROM reported LIMIT 20
"""


@dataclass
class Staged:
    """What was staged: the rows read, the first errors, and how many errors there are."""

    rows: int = 0
    errors: list[RowError] = field(default_factory=list)
    error_count: int = 0


def stage(cursor: Any) -> None:
    """Makes the table `reported` of this session anew, empty."""
    cursor.execute(UNSTAGE)
    cursor.execute(STAGE)


@contextmanager
def staged(rows: Iterable[Row], progress: Progress | None = None) -> Iterator[Staged]:
    """Has the rows in the table `reported` of this session, until the block ends."""
    with connection.cursor() as cursor:
        stage(cursor)
        try:
            yield _fill(cursor, rows, progress or (lambda rows: None))
        finally:
            # Of no use to anybody else, and gone with the session at the latest.
            with suppress(DatabaseError):
                cursor.execute(UNSTAGE)


def _fill(cursor: Any, rows: Iterable[Row], progress: Progress) -> Staged:
    done = Staged()
    read: list[tuple[object, ...]] = []
    source = iter(rows)
    row, told = next(source, None), 0
    while row is not None:
        if isinstance(row, PlainRows):
            row = _copy_plain(cursor, row, source, read, done)
        else:
            _take(row, read, done)
            row = next(source, None)
        if len(read) >= BATCH:
            _copy_read(cursor, read)
        if done.rows - told >= TOLD_EVERY:
            told = done.rows
            progress(told)
    _copy_read(cursor, read)
    progress(done.rows)
    return done


def _take(
    row: EnrollmentRow | Membership | RowError, read: list[tuple[object, ...]], done: Staged
) -> None:
    done.rows += 1
    if isinstance(row, EnrollmentRow):
        read.append((*row[:7], *row[8:11], *row[12:], None))
    elif isinstance(row, Membership):
        read.append((*row[:3], row.program_id, *[None] * 9, row.joined_at))
    else:
        done.error_count += 1
        if done.error_count <= ERRORS_KEPT:
            done.errors.append(row)


def _copy_read(cursor: Any, read: list[tuple[object, ...]]) -> None:
    """Copies rows that were read one by one, and forgets them."""
    if read:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(read)
        with cursor.copy(_copying(COLUMNS, ",")) as into:
            # What comes over the network may have the character NUL; no text of PostgreSQL does.
            into.write(out.getvalue().replace("\0", ""))
        read.clear()


def _copy_plain(
    cursor: Any,
    plain: PlainRows,
    source: Iterator[Row],
    read: list[tuple[object, ...]],
    done: Staged,
) -> Row | None:
    """Copies this run of rows and those after it, up to the next word of progress; returns what follows.

    What had to be read in between joins those read one by one.
    """
    numbers = iter(range(len(plain.columns)))
    columns = tuple(name or f"unused_{next(numbers)}" for name in plain.columns)
    cursor.execute(
        f"ALTER TABLE reported ALTER content_kind SET DEFAULT '{plain.kind}'"
        if plain.kind
        else "ALTER TABLE reported ALTER content_kind DROP DEFAULT"
    )
    for number in range(next(numbers)):
        cursor.execute(f"ALTER TABLE reported ADD COLUMN IF NOT EXISTS unused_{number} text")
    row: Row | None = plain
    until = done.rows + TOLD_EVERY
    with cursor.copy(_copying(columns, plain.delimiter)) as into:
        while row is not None and done.rows < until and len(read) < BATCH:
            if not isinstance(row, PlainRows):
                _take(row, read, done)
            elif row.columns is plain.columns:
                into.write(row.text)
                done.rows += row.text.count("\n")
            else:
                break
            row = next(source, None)
    return row


def _copying(columns: tuple[str, ...], delimiter: str) -> str:
    texts = ", ".join(name for name in columns if name in TEXTS)
    others = ", ".join(name for name in columns if name in COLUMNS and name not in TEXTS)
    nulls = f", FORCE_NULL ({others})" if others else ""
    return (
        f"COPY reported ({', '.join(columns)}) FROM STDIN"
        f" (FORMAT csv, DELIMITER E'{delimiter}', FORCE_NOT_NULL ({texts}){nulls})"
    )


def match(cursor: Any, programs: Mapping[str, str] | None = None) -> None:
    """Puts whom the rows speak of into the temporary table `learner`, each with their license.

    `programs` gives Coursera's id of a program for the slug by which the rows name it.
    """
    # Sorting and joining a million rows in memory; for this transaction only.
    cursor.execute("SET LOCAL work_mem = '128MB'")
    slugs = programs or {}
    cursor.execute(MATCH, {"slugs": list(slugs), "programs": list(slugs.values())})
    if cursor.rowcount > FEW:
        cursor.execute("ANALYZE learner (who, license_id)")
