"""Coursera's reports: fetched or uploaded, matched, merged, and what follows for clocks and flags (R17, R21).

A report is first put into a temporary table, batch by batch (no network inside a transaction, bounded
memory), and then merged set-based in one transaction.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from dlsei.history import Actor
from dlsei.models import User
from dlsei.policy.calendar_days import end_of_day
from dlsei.policy.states import CaseState
from dlsei.verbs import COHORT, lock, verb
from licensing import staging
from licensing.coursera.port import Coursera, Membership, RowError
from licensing.invitations import coursera, is_reached
from licensing.models import Cohort, CohortMember, License, Report, RevocationCase
from licensing.program_slugs import ProgramSlugs
from licensing.staging import (
    FLAG,
    KEEP_UNMATCHED,
    LEARN,
    MERGE,
    NEWS,
    OF_LEARNER,
    PROGRAMS,
    SAMPLE,
    Progress,
    Row,
    Staged,
)

logger = logging.getLogger(__name__)

# What a preview shows: figures of the whole file, and where its programs belong.
FIGURES = f"""
SELECT (SELECT count(*) FROM reported), (SELECT count(joined_at) FROM reported),
       (SELECT count(DISTINCT lower(email)) FROM learner),
       (SELECT count(DISTINCT license_id) FROM learner),
       (SELECT count(*) FROM {OF_LEARNER} WHERE license_id IS NULL),
       (SELECT count(DISTINCT (p.cohort_id, lower(p.email))) FROM learner p
        LEFT JOIN licensing_cohortmember m
          ON m.cohort_id = p.cohort_id AND lower(m.email) = lower(p.email)
        WHERE p.license_id IS NULL AND p.cohort_id IS NOT NULL AND p.email <> '' AND m.id IS NULL),
       count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new),
       (SELECT max(greatest(joined_at, enrolled_at, last_activity_at, completed_at)) FROM reported)
FROM ({NEWS}) news
"""
FIGURE_NAMES = (
    "rows",
    "members",
    "learners",
    "licenses",
    "unmatched",
    "new_flags",
    "new_enrollments",
    "changed_enrollments",
    "newest",
)

# Asked at every tick of what is owed for each report.
NEWEST = """
SELECT DISTINCT n.report_id FROM licensing_cohort c
CROSS JOIN LATERAL (
  SELECT rc.report_id FROM licensing_report_cohorts rc JOIN licensing_report r ON r.id = rc.report_id
  WHERE rc.cohort_id = c.id ORDER BY r.as_of DESC, r.id DESC LIMIT 1
) n ORDER BY n.report_id
"""


def latest_report(cohort: Cohort | None = None, until: date | None = None) -> Report | None:
    """The newest data there is, by what it is of; of `cohort` if one is given: its evidence (R17).

    `until` leaves out what was not here yet when that day ended in Karachi.
    """
    reports = Report.objects.filter(cohorts=cohort) if cohort else Report.objects.all()
    if until:
        reports = reports.filter(imported_at__lt=end_of_day(until))
    return reports.order_by("-as_of", "-id").first()


def newest_of_each_cohort() -> list[int]:
    """The reports (ids) that are some cohort's newest evidence, in the order of their import."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST)
        return [report for (report,) in cursor.fetchall()]


def fetch(*, by: Actor, now: datetime, port: Coursera | None = None) -> dict[str, Any]:
    """Fetches Coursera's report of every program in use and imports it (02:00, R17).

    As-of is the moment the fetch began, less `COURSERA_REPORT_LAG_HOURS`. Raises what the port
    raises: the slot stays due and the next tick tries again. In CSV mode there is nothing to fetch:
    HEC uploads the exports.
    """
    if port is None and not is_reached():
        return {"rows": 0}
    port = port or coursera()
    programs = list(
        Cohort.objects.exclude(licenses=None).values_list("coursera_program", flat=True).distinct()
    )
    as_of = now - timedelta(hours=settings.COURSERA_REPORT_LAG_HOURS)

    def rows() -> Iterator[Row]:
        for program in programs:
            yield from port.memberships(program)
            yield from port.enrollments(program)

    report = take(rows(), source=Report.Source.API, as_of=as_of, programs=programs, by=by, now=now)
    return {"report": report.pk, "rows": report.rows, "unmatched": report.unmatched}


def take(
    rows: Iterable[Row],
    *,
    source: str,
    as_of: datetime,
    by: Actor,
    now: datetime,
    programs: Sequence[str] = (),
    sha256: str = "",
    slugs: ProgramSlugs | None = None,
    progress: Progress | None = None,
) -> Report:
    """Imports rows from either route; what cannot be read is listed on the report, never blocks.

    `as_of` is aware: up to when the rows speak. `programs` were asked for whole, whether or not
    they have rows. `slugs` says which program is meant where the rows have slugs. A file imported
    before (`sha256`) is not imported again: its report is returned.
    """
    if sha256 and (known := Report.objects.filter(sha256=sha256).first()):
        return known
    with staging.staged(rows, progress) as staged:
        return merge(
            staged,
            slugs,
            source=source,
            as_of=as_of,
            programs=programs,
            sha256=sha256,
            by=by,
            now=now,
        )


def outlook(
    rows: Iterable[Row], slugs: ProgramSlugs | None = None, progress: Progress | None = None
) -> tuple[dict[str, Any], list[RowError]]:
    """What importing these rows would find and change, by figure, and the rows that cannot be read.

    Changes nothing. Of the errors the first `ERRORS_KEPT` are given; the figure `errors` has all.
    `sample` has the first rows, `programs` how many each program has.
    """
    with (
        staging.staged(rows, progress) as staged,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(PROGRAMS)
        seen = {program: count for program, count, _ in cursor.fetchall()}
        cursor.execute(SAMPLE)
        sample = cursor.fetchall()
        staging.match(cursor, slugs.programs(seen) if slugs else {})
        cursor.execute(FIGURES)
        figures = dict(zip(FIGURE_NAMES, cursor.fetchone(), strict=True))
    more = {"errors": staged.error_count, "programs": seen, "sample": sample}
    return figures | more, staged.errors


@verb
def merge(
    staged: Staged,
    slugs: ProgramSlugs | None = None,
    *,
    source: str,
    as_of: datetime,
    programs: Sequence[str],
    sha256: str,
    by: Actor,
    now: datetime,
) -> Report:
    """Merges a staged report in one transaction: enrollments, facts, clocks, flags, cases."""
    lock(COHORT, *Cohort.objects.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(PROGRAMS)
        seen = cursor.fetchall()
    meant = slugs.programs(slug for slug, _, _ in seen) if slugs else {}
    report = Report.objects.create(
        source=source,
        as_of=as_of,
        imported_at=now,
        imported_by=by if isinstance(by, User) else None,
        sha256=sha256,
        rows=sum(rows for _, rows, _ in seen),
        members=sum(members for _, _, members in seen),
        errors=[{"line": e.line, "column": e.column, "message": e.message} for e in staged.errors],
    )
    # Beside MATCH, which tells a program's first cohort: here all that are taught in it count.
    spoken_of = {*programs, *(meant.get(slug, slug) for slug, _, _ in seen)}
    report.cohorts.set(Cohort.objects.filter(coursera_program__in=spoken_of))
    if not report.rows:
        return report
    params: dict[str, Any] = {"report": report.pk, "now": now}
    with connection.cursor() as cursor:
        staging.match(cursor, meant)
        cursor.execute(MERGE, params)
        cursor.execute(LEARN)
        changed = [row[0] for row in cursor.fetchall()]
        cursor.execute(FLAG, params)
        cursor.execute(KEEP_UNMATCHED, params)
        report.unmatched = cursor.rowcount
    if report.unmatched:
        report.save(update_fields=["unmatched"])
    close_groundless(changed, now)
    return report


def close_groundless(licenses: list[int], now: datetime) -> int:
    """Closes open cases whose ground newer activity, or activity in time, has taken away (R16)."""
    # Of a million changed licenses few have a case: compared here, not sent there.
    open_cases = RevocationCase.objects.open()
    affected = set(licenses).intersection(open_cases.values_list("license_id", flat=True))
    groundless = [
        case.pk
        for case in open_cases.filter(license__in=affected).select_related("license")
        if not case.stands
    ]
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


def flag_users(rows: Iterable[Membership], *, by: Actor, now: datetime) -> int:
    """Notes everybody whom a file names as a user of a cohort (A.1, R18); returns how many are new.

    `program_id` of the rows is the cohort's. It is no report: it says nothing of anybody's activity.
    """
    with staging.staged(rows):
        return _flag_staged(by=by, now=now)


@verb
def _flag_staged(*, by: Actor, now: datetime) -> int:
    with connection.cursor() as cursor:
        staging.match(cursor)
        cursor.execute(FLAG, {"report": None, "now": now})
        count: int = cursor.rowcount
        return count
