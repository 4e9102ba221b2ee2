"""Licenses that outlast their cohort for half a specialization (A.6, R20)."""

from datetime import datetime

from django.db import connection

from dlsei import outbox
from dlsei.history import Actor
from dlsei.policy import extension as policy
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.states import CaseState
from dlsei.verbs import COHORT, lock, verb
from licensing import clock
from licensing.activity import latest_report
from licensing.models import Cohort, License, Programme, RevocationCase

# Beside `dlsei.policy.extension.qualifies`: the row's own progress, else completed ÷ total × 100.
EXTEND = """
WITH reached AS (
  SELECT DISTINCT ON (l.id) l.id, l.ends_on, e.content_name, f.progress
  FROM licensing_license l
  JOIN licensing_enrollment e ON e.license_id = l.id AND e.content_kind = 'Specialization'
  CROSS JOIN LATERAL (SELECT coalesce(e.progress,
    e.courses_completed * 100.0 / nullif(e.courses_total, 0)) AS progress) f
  WHERE l.cohort_id = %(cohort)s AND l.ended_at IS NULL AND l.ends_on = %(ends)s AND NOT l.extended
    AND f.progress >= %(percent)s
  ORDER BY l.id, f.progress DESC
), extended AS (
  UPDATE licensing_license l SET ends_on = %(until)s, extended = true
  FROM reached r WHERE r.id = l.id RETURNING l.id
)
INSERT INTO licensing_extension
  (license_id, ended_before_on, ends_on, content_name, progress, report_id, at)
SELECT r.id, r.ends_on, %(until)s, r.content_name, round(r.progress, 2), %(report)s, %(now)s
FROM reached r JOIN extended x USING (id) ORDER BY r.id
RETURNING license_id
"""
TELL = """
SELECT l.person_id, 'license:' || l.id || ':extended',
       jsonb_build_object('reference', l.reference, 'ends_on', l.ends_on, 'clause', %(clause)s::text)
FROM licensing_license l WHERE l.id = ANY(%(ids)s) ORDER BY l.id
"""


@verb
def extend(*, by: Actor, now: datetime) -> dict[str, int]:
    """Extends every license of the cohort whose holder has got far enough by the newest report.

    Paid licenses that end with the cohort are included; nothing happens outside the season (R20).
    """
    rule = Programme.in_force().policy.extension
    if rule is None:
        return {"extended": 0}
    cohort = Cohort.objects.named(rule.cohort)
    # What came in time is checked, however late this runs (R23).
    report = latest_report(cohort, until=cohort.ends)
    if report is None or not policy.in_season(rule, karachi_date(report.as_of), False):
        return {"extended": 0}
    lock(COHORT, cohort.pk)
    cohort.refresh_from_db()
    # Nothing to give when the cohort itself lasts longer.
    over = cohort.closed_at is not None or rule.until <= cohort.ends
    if not policy.in_season(rule, karachi_date(report.as_of), over):
        return {"extended": 0}
    with connection.cursor() as cursor:
        cursor.execute(
            EXTEND,
            {
                "cohort": cohort.pk,
                "ends": cohort.ends,
                "percent": rule.percent,
                "until": rule.until,
                "report": report.pk,
                "now": now,
            },
        )
        ids = [row[0] for row in cursor.fetchall()]
    # An extended license stays under 5.iv alone.
    RevocationCase.objects.open().filter(license__in=ids).exclude(clause="5.iv").update(
        state=CaseState.CLOSED, closed_at=now
    )
    clock.recompute(ids)
    outbox.enqueue_each("license-extended", TELL, {"ids": ids, "clause": rule.clause}, now=now)
    return {"extended": len(ids)}


def extended() -> list[License]:
    """For HEC: who was extended, on which progress, newest first."""
    return list(
        License.objects.filter(extended=True)
        .select_related("extension", "person")
        .order_by("-extension__at", "-id")
    )
