"""Licenses whose last day is over (1.a, 1.c, 2.a, 2.b, A.6, R1)."""

from datetime import date, datetime

from dlsei import outbox
from dlsei.history import Actor
from dlsei.policy import expiry as policy
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.states import LicenseState
from dlsei.verbs import COHORT, lock, verb
from licensing import ending, extension, revocation
from licensing.activity import latest_report
from licensing.models import Cohort, License, Programme

BATCH = 1000
TELL = """
SELECT l.person_id, 'license:' || l.id || ':expired',
       jsonb_build_object('reference', l.reference, 'clause', l.end_clause, 'ends_on', l.ends_on)
FROM licensing_license l WHERE l.id = ANY(%(ids)s) ORDER BY l.id
"""


def expire(*, by: Actor, now: datetime) -> dict[str, int]:
    """Ends every license that is past its last day, by the clause that set that day.

    Goes last, however late it runs: what was to happen to them while they lasted happens first.
    """
    expired = 0
    today = karachi_date(now)
    over = License.objects.past_last_day(today)
    if over.exists():
        catch_up(today, by=by, now=now)
    for cohort in Cohort.objects.filter(pk__in=over.values("cohort")).order_by("pk"):
        while ids := list(
            cohort.licenses.past_last_day(today).order_by("pk").values_list("pk", flat=True)[:BATCH]
        ):
            expired += end(cohort, ids, today, by=by, now=now)
    return {"expired": expired}


def catch_up(today: date, *, by: Actor, now: datetime) -> None:
    """Extends and revokes what is past its last day by the reports that were here by then (R15, R20, R23)."""
    extension.extend(by=by, now=now)
    last_days = License.objects.past_last_day(today).values_list("ends_on", "cohort").distinct()
    for ends_on, cohort_id in list(last_days.order_by("ends_on", "cohort")):
        cohort = Cohort.objects.get(pk=cohort_id)
        if report := latest_report(cohort, until=ends_on):
            revocation.sweep_cohort(cohort, report, by=by, now=now)


@verb
def end(cohort: Cohort, ids: list[int], today: date, *, by: Actor, now: datetime) -> int:
    """Expires those of `ids` whose last day is before `today`, and tells their holders."""
    lock(COHORT, cohort.pk)
    extension = Programme.in_force().policy.extension
    licenses = License.objects.past_last_day(today).filter(pk__in=ids).order_by("pk")
    clauses = {
        license.pk: policy.end_clause(
            license.source, cohort.policy, extension if license.extended else None
        )
        for license in licenses.select_for_update(of=("self",))
    }
    ended = ending.end(cohort, clauses, LicenseState.EXPIRED, now=now)
    outbox.enqueue_each("license-expired", TELL, {"ids": ended}, now=now)
    return len(ended)
