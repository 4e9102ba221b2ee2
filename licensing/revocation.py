"""Section 5: the nightly sweep, cases for HEC, revocation by hand, warnings, the brake (R14–R17, R22)."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db import connection

from dlsei import outbox, schedule
from dlsei.history import Actor, acting
from dlsei.models import User
from dlsei.permissions import require_hec
from dlsei.policy import clocks
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.refusals import Refused, refuse
from dlsei.policy.states import CaseState, LicenseState
from dlsei.verbs import COHORT, lock, verb
from licensing import clock, ending
from licensing.activity import latest_report
from licensing.models import (
    Cohort,
    License,
    Programme,
    Report,
    RevocationCase,
    RevocationRule,
    RevocationRun,
)

BATCH = 1000

# Evidence is what the rule looked at: frozen with the case, whatever later reports say.
OPEN_CASES = """
INSERT INTO licensing_revocationcase
  (license_id, clause, stage, base_on, deadline, state, evidence, report_id, evidence_on, programme_id,
   opened_at, closed_at, note)
SELECT l.id, l.next_clause, l.next_stage, l.next_base, l.next_deadline, %(state)s,
  jsonb_build_object('invited_on', l.invited_on, 'activated_at', l.activated_at,
    'enrolled_at', l.enrolled_at, 'completed_at', l.completed_at,
    'last_activity_at', l.last_activity_at),
  %(report)s, %(evidence_on)s, %(programme)s, %(now)s, %(closed_at)s, ''
FROM licensing_license l WHERE l.id = ANY(%(ids)s) ORDER BY l.id
RETURNING id, license_id, clause
"""
TELL_CASE = """
SELECT l.person_id, 'case:' || k.id || ':opened',
  jsonb_build_object('reference', l.reference, 'clause', k.clause, 'deadline', k.deadline,
                     'days', k.deadline - k.base_on)
FROM licensing_revocationcase k JOIN licensing_license l ON l.id = k.license_id
WHERE k.id = ANY(%(ids)s) ORDER BY k.license_id, k.id
"""
TELL_REVOKED = """
SELECT l.person_id, 'license:' || l.id || ':revoked',
  jsonb_build_object('reference', l.reference, 'clause', l.end_clause, 'deadline', k.deadline,
                     'note', k.note)
FROM licensing_license l JOIN licensing_revocationcase k ON k.license_id = l.id AND k.state = 'revoked'
WHERE l.id = ANY(%(ids)s) ORDER BY l.id
"""
WARN = """
SELECT l.person_id, 'license:' || l.id || ':warning:' || l.next_deadline || ':' || d.days,
  jsonb_build_object('reference', l.reference, 'deadline', l.next_deadline, 'clause', l.next_clause,
    'days_left', l.next_deadline - %(today)s::date, 'ends_on', l.ends_on)
FROM licensing_license l
CROSS JOIN LATERAL (
  SELECT min(days) AS days FROM unnest(%(days)s::int[]) AS days WHERE l.next_deadline - days <= %(today)s
) d
WHERE l.next_deadline >= %(today)s AND l.next_deadline <= %(last)s AND l.next_deadline < l.ends_on
  AND l.ended_at IS NULL AND d.days IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM dlsei_mail m
                  WHERE m.key = 'license:' || l.id || ':warning:' || l.next_deadline || ':' || d.days)
ORDER BY l.id
"""

# Cohorts with a report, and by its day something due, or a stopped run that may have come to its end.
TO_SWEEP = """
SELECT c.* FROM licensing_cohort c JOIN LATERAL (
  SELECT (r.as_of AT TIME ZONE 'Asia/Karachi')::date AS evidence_on
  FROM licensing_report r JOIN licensing_report_cohorts s ON s.report_id = r.id
  WHERE s.cohort_id = c.id ORDER BY r.as_of DESC, r.id DESC LIMIT 1
) newest ON true
WHERE (SELECT l.id FROM licensing_license l
       WHERE l.cohort_id = c.id AND l.ended_at IS NULL
         AND l.next_deadline < least(%(today)s, newest.evidence_on)
       ORDER BY l.next_deadline, l.id LIMIT 1) IS NOT NULL
   OR EXISTS (SELECT FROM licensing_revocationrun n WHERE n.cohort_id = c.id AND n.finished_at IS NULL)
ORDER BY c.id
"""
# As `LicenseQuerySet.due` says; there each of a thousand ids would be a value of its own.
STILL_DUE = """
SELECT id FROM licensing_license
WHERE id = ANY(%(ids)s::bigint[]) AND next_mode = %(mode)s AND next_deadline < %(before)s AND ended_at IS NULL
ORDER BY id FOR UPDATE
"""
CONFIRMED = (
    "SELECT FROM licensing_revocationrun WHERE confirmed_at IS NOT NULL AND finished_at IS NULL"
)


def sweep(*, by: Actor, now: datetime) -> dict[str, Any]:
    """Applies section 5 to every license whose rule has fallen due on good evidence (R15–R17, R23).

    Cohort by cohort, in batches, each one transaction. A cohort over the brake's figures stops
    before its first change until HEC confirms that run (R22).
    """
    result: dict[str, Any] = {"revoked": 0, "cases": 0, "stopped": []}
    for cohort in Cohort.objects.raw(TO_SWEEP, {"today": karachi_date(now)}):
        report = latest_report(cohort)
        assert report is not None
        done = sweep_cohort(cohort, report, by=by, now=now)
        result["revoked"] += done["revoked"]
        result["cases"] += done["cases"]
        result["stopped"] += done["stopped"]
    return result


def sweep_cohort(cohort: Cohort, report: Report, *, by: Actor, now: datetime) -> dict[str, Any]:
    """The sweep of one cohort, by the newest report that speaks of its learners; see `sweep`."""
    today, evidence_on = karachi_date(now), karachi_date(report.as_of)
    result: dict[str, Any] = {"revoked": 0, "cases": 0, "stopped": []}
    anything_due = License.objects.due(today, evidence_on).filter(cohort=cohort).exists()
    for mode in (RevocationRule.Mode.REVIEW, RevocationRule.Mode.AUTOMATIC) if anything_due else ():
        if not brake(cohort, evidence_on, by=by, now=now):
            return result | {"stopped": [cohort.name]}
        # A stage that opens a case may uncover the next one of the same licenses, so batches repeat
        # until none is due. What somebody else is at does not go away: it is left to the next run.
        for ids in _due(cohort, mode, today, evidence_on):
            if mode == RevocationRule.Mode.REVIEW:
                handled = open_cases(cohort, ids, report, by=by, now=now)
                result["cases"] += handled
            else:
                handled = revoke_due(cohort, ids, report, by=by, now=now)
                result["revoked"] += handled
            if not handled:
                break
    if cohort.stopped_runs.filter(finished_at=None).exists():
        finish_run(cohort, by=by, now=now)
    return result


@verb
def finish_run(cohort: Cohort, *, by: Actor, now: datetime) -> None:
    """Ends a cohort's stopped run: confirmed and done, or no longer too large to go on (R22)."""
    lock(COHORT, cohort.pk)
    cohort.stopped_runs.filter(finished_at=None).update(finished_at=now)


def _due(cohort: Cohort, mode: str, today: date, evidence_on: date) -> Iterator[list[int]]:
    """Ids of what is due, a batch at a time; what a batch handled is not due any more."""
    due = (
        License.objects.due(today, evidence_on)
        .filter(cohort=cohort, next_mode=mode)
        .order_by("next_deadline", "id")
        .values_list("pk", flat=True)
    )
    while ids := list(due[:BATCH]):
        yield ids


@verb
def brake(cohort: Cohort, evidence_on: date, *, by: Actor, now: datetime) -> bool:
    """Says whether the cohort's run may go on; stops it and tells HEC when it is too large (R22).

    `evidence_on` is the Karachi day that the cohort's newest report speaks of.
    """
    due = License.objects.due(karachi_date(now), evidence_on).filter(
        cohort=cohort, next_mode=RevocationRule.Mode.AUTOMATIC
    )
    would_revoke = due.count()
    live = Cohort.objects.values_list("seats_held", flat=True).get(pk=cohort.pk)
    if not clocks.stopped_by_brake(would_revoke, live, cohort.policy.revocation.brake):
        return True
    lock(COHORT, cohort.pk)
    run = RevocationRun.objects.filter(cohort=cohort, finished_at=None).first()
    if run is None:
        run = RevocationRun.objects.create(
            cohort=cohort, would_revoke=would_revoke, live=live, stopped_at=now
        )
        for person in User.objects.hec_staff():
            outbox.enqueue(
                "run-stopped",
                to=person,
                key=f"run:{run.pk}:stopped:{person.pk}",
                values={
                    "cohort": cohort.name,
                    "licenses": would_revoke,
                    "live": live,
                    "link": outbox.link("/admin/hec/runs/"),
                    "clause": "5.z",
                },
                now=now,
            )
    elif run.confirmed_at is None:
        RevocationRun.objects.filter(pk=run.pk).update(would_revoke=would_revoke, live=live)
    return run.confirmed_at is not None


@verb
def open_cases(cohort: Cohort, ids: list[int], report: Report, *, by: Actor, now: datetime) -> int:
    """Opens a case for each of these licenses' due review stage and tells the learner (R16)."""
    lock(COHORT, cohort.pk)
    ids = _still_due(ids, RevocationRule.Mode.REVIEW, report, now)
    cases = _insert_cases(ids, CaseState.OPEN, report, now)
    # The next stage of the same inactivity takes over from the one before.
    RevocationCase.objects.open().filter(license__in=ids, clause="5.iv").exclude(
        pk__in=[case for case, _, _ in cases]
    ).filter(license__in=[license for _, license, clause in cases if clause == "5.iv"]).update(
        state=CaseState.CLOSED, closed_at=now
    )
    outbox.enqueue_each("case-opened", TELL_CASE, {"ids": [case for case, _, _ in cases]}, now=now)
    clock.recompute(ids)
    return len(cases)


@verb
def revoke_due(cohort: Cohort, ids: list[int], report: Report, *, by: Actor, now: datetime) -> int:
    """Revokes these licenses by the rule that has fallen due on each, evidence kept (5.i–5.iv)."""
    lock(COHORT, cohort.pk)
    ids = _still_due(ids, RevocationRule.Mode.AUTOMATIC, report, now)
    cases = _insert_cases(ids, CaseState.REVOKED, report, now)
    clauses = {license: clause for _, license, clause in cases}
    ended = ending.end(cohort, clauses, LicenseState.REVOKED, now=now)
    outbox.enqueue_each("license-revoked", TELL_REVOKED, {"ids": ended}, now=now)
    return len(ended)


def _still_due(ids: list[int], mode: str, report: Report, now: datetime) -> list[int]:
    """Locks the licenses, by id, and keeps those that nothing has taken off the list meanwhile."""
    before = min(karachi_date(now), karachi_date(report.as_of))
    with connection.cursor() as cursor:
        cursor.execute(STILL_DUE, {"ids": ids, "mode": mode, "before": before})
        return [pk for (pk,) in cursor.fetchall()]


def _insert_cases(
    ids: list[int], state: str, report: Report, now: datetime
) -> list[tuple[int, int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            OPEN_CASES,
            {
                "ids": ids,
                "state": state,
                "report": report.pk,
                "evidence_on": karachi_date(report.as_of),
                "programme": Programme.in_force().pk,
                "now": now,
                "closed_at": None if state == CaseState.OPEN else now,
            },
        )
        return cursor.fetchall()


def warn(*, by: Actor, now: datetime) -> dict[str, int]:
    """Warns of deadlines some days ahead, each stage once; of two missed ones the nearer (R17)."""
    days = list(Programme.in_force().policy.warnings_days_before)
    today = karachi_date(now)
    return {"warned": _warn(today, days, by=by, now=now)}


@verb
def _warn(today: date, days: list[int], *, by: Actor, now: datetime) -> int:
    last = date.fromordinal(today.toordinal() + max(days, default=0))
    params = {"today": today, "days": days, "last": last}
    return outbox.enqueue_each("license-warning", WARN, params, now=now)


def open_case(license: License) -> RevocationCase:
    """The case that HEC decides next: the first in clause order. Raises `Refused(no-open-case)`."""
    case = RevocationCase.objects.open().filter(license=license).order_by("clause", "stage").first()
    if case is None:
        raise Refused(refuse("no-open-case"))
    return case


@verb
def confirm(
    license: License, *, note: str, by: Actor, now: datetime, case: RevocationCase | None = None
) -> License:
    """HEC confirms the open case: the license is revoked by its clause (R16).

    `case` is the one that was looked at, if any was. Raises `Refused` with `not-yours`,
    `no-open-case` (also when another is to be decided by now) or `note-missing`.
    """
    person = require_hec(by)
    lock(COHORT, license.cohort_id)
    license = License.objects.select_for_update(of=("self",)).get(pk=license.pk)
    case = _the_open_case(license, case)
    require_note(note)
    RevocationCase.objects.filter(pk=case.pk).update(
        state=CaseState.REVOKED, closed_at=now, decided_by=person, note=note.strip()
    )
    return _end_by_person(license, case.clause, now)


def _the_open_case(license: License, seen: RevocationCase | None) -> RevocationCase:
    case = open_case(license)
    if seen is not None and seen.pk != case.pk:
        raise Refused(refuse("no-open-case"))
    return case


@verb
def dismiss(
    license: License, *, note: str, by: Actor, now: datetime, case: RevocationCase | None = None
) -> RevocationCase:
    """HEC dismisses the open case: this stage does not open again for the same inactivity (R16).

    Takes and raises what `confirm` does.
    """
    person = require_hec(by)
    lock(COHORT, license.cohort_id)
    case = _the_open_case(license, case)
    require_note(note)
    RevocationCase.objects.filter(pk=case.pk).update(
        state=CaseState.DISMISSED, closed_at=now, decided_by=person, note=note.strip()
    )
    clock.recompute([license.pk])
    return case


@verb
def revoke(license: License | None, *, note: str, by: Actor, now: datetime) -> License:
    """HEC revokes a live license by hand; actor and note stand in for evidence (5.z, I8).

    Raises `Refused` with `not-yours`, `no-live-license` or `note-missing`.
    """
    person = require_hec(by)
    if license is None:
        raise Refused(refuse("no-live-license"))
    lock(COHORT, license.cohort_id)
    license = License.objects.select_for_update(of=("self",)).get(pk=license.pk)
    if not license.is_live:
        raise Refused(refuse("no-live-license"))
    require_note(note)
    today = karachi_date(now)
    with acting(by=by, now=now, clause="5.z"):
        RevocationCase.objects.create(
            license=license,
            clause="5.z",
            base_on=today,
            deadline=today,
            state=CaseState.REVOKED,
            programme=Programme.in_force(),
            opened_at=now,
            closed_at=now,
            decided_by=person,
            note=note.strip(),
        )
    return _end_by_person(license, "5.z", now)


def require_note(note: str) -> None:
    """Raises `Refused(note-missing)` for a note that says nothing (I8)."""
    if not note.strip():
        raise Refused(refuse("note-missing"))


def _end_by_person(license: License, clause: str, now: datetime) -> License:
    ended = ending.end(license.cohort, {license.pk: clause}, LicenseState.REVOKED, now=now)
    outbox.enqueue_each("license-revoked", TELL_REVOKED, {"ids": ended}, now=now)
    license.refresh_from_db()
    return license


@verb
def confirm_run(run: RevocationRun | None = None, *, by: Actor, now: datetime) -> RevocationRun:
    """HEC lets a stopped run go on, the oldest unless one is given; the sweep is woken (R22).

    Raises `Refused` with `not-yours` or `no-stopped-run`.
    """
    person = require_hec(by)
    stopped = RevocationRun.objects.select_for_update().filter(confirmed_at=None, finished_at=None)
    if run is not None:
        stopped = stopped.filter(pk=run.pk)
    run = stopped.order_by("stopped_at", "id").first()
    if run is None:
        raise Refused(refuse("no-stopped-run"))
    run.confirmed_at, run.confirmed_by = now, person
    run.save(update_fields=["confirmed_at", "confirmed_by"])
    schedule.nudge("continue_runs")
    return run


def runs_to_continue(now: datetime) -> schedule.Question:
    """Whether HEC has confirmed a run that has not finished."""
    return CONFIRMED, {}


def continue_runs(*, by: Actor, now: datetime) -> dict[str, Any]:
    """Goes on with every run that HEC has confirmed and that has not finished (R22)."""
    confirmed = RevocationRun.objects.filter(confirmed_at__isnull=False, finished_at=None)
    revoked = 0
    for run in confirmed.select_related("cohort"):
        if report := latest_report(run.cohort):
            revoked += sweep_cohort(run.cohort, report, by=by, now=now)["revoked"]
    return {"revoked": revoked}
