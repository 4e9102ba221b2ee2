"""What other figures would do to licenses and to the line: read from live data, written nowhere.

Every reading is a transaction in which the database itself refuses to write.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

from dlsei.policy import allocation, clocks, extension
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.programme import AUTOMATIC, Programme
from licensing import clock
from licensing.activity import latest_report
from licensing.models import Cohort, Enrollment, License, Place, Tranche

BATCH = 2000
REVOKED, CASE, SPARED, EARLIER, LATER = "revoked", "case", "spared", "earlier", "later"
ENDS_EARLIER, ENDS_LATER = "ends-earlier", "ends-later"
EXTENDED, NOT_EXTENDED, SERVED, NOT_SERVED = "extended", "not-extended", "served", "not-served"


@contextmanager
def reading() -> Iterator[None]:
    """A transaction that can only read: any write in it is an error of the database."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        yield


@dataclass(frozen=True)
class Effect:
    """Somebody for whom it would be otherwise: `group` says how, days and clauses from what to what."""

    group: str
    reference: str
    person: int
    before: date | None = None
    before_clause: str = ""
    after: date | None = None
    after_clause: str = ""


@dataclass(frozen=True)
class Brake:
    """How many licenses of a cohort the next run would revoke, and whether that run would stop (R22)."""

    cohort: str
    would_revoke: int
    stops: bool


def licenses(
    cohort: Cohort, before: Programme, after: Programme, today: date
) -> Iterator[list[Effect]]:
    """The effects on a cohort's live licenses, a batch of them at a time, an empty list for none."""
    policy = after.cohorts[cohort.name]
    report = latest_report(cohort)
    due_before = min(today, karachi_date(report.as_of)) if report else date.min
    last = 0
    while True:
        with reading():
            rows = clock.would_be(cohort.pk, policy.revocation.rules, after=last, limit=BATCH)
        if not rows:
            return
        last = rows[-1].id
        effects: list[Effect] = []
        for row in rows:
            effects += _of_clock(row, due_before)
            effects += _of_last_day(row, _ends(row, cohort, before, after))
        yield effects


def _of_clock(row: clock.WouldBe, due_before: date) -> Iterator[Effect]:
    """`due_before`: what has its last day before this is due now (R15, R17)."""
    if (row.deadline, row.clause, row.mode) == (
        row.other_deadline,
        row.other_clause,
        row.other_mode,
    ):
        return
    was_due = row.deadline is not None and row.deadline < due_before
    is_due = row.other_deadline is not None and row.other_deadline < due_before
    if is_due and not (was_due and row.mode == row.other_mode):
        group = REVOKED if row.other_mode == AUTOMATIC else CASE
    elif was_due and not is_due:
        group = SPARED
    else:
        longest = date.max
        earlier = (row.other_deadline or longest) <= (row.deadline or longest)
        group = EARLIER if earlier else LATER
    yield Effect(
        group,
        row.reference,
        row.person,
        row.deadline,
        row.clause,
        row.other_deadline,
        row.other_clause,
    )


def _ends(row: clock.WouldBe, cohort: Cohort, before: Programme, after: Programme) -> date:
    """The license's last day by `after`: as loading that programme would set it."""
    policy = after.cohorts[cohort.name]
    rule = after.extension
    if row.extended:
        of_this = rule is not None and rule.cohort == cohort.name
        return max(rule.until, policy.ends) if rule and of_this else row.ends_on
    return policy.ends if before.cohorts[cohort.name].ends != policy.ends else row.ends_on


def _of_last_day(row: clock.WouldBe, ends: date) -> Iterator[Effect]:
    if ends != row.ends_on:
        group = ENDS_EARLIER if ends < row.ends_on else ENDS_LATER
        yield Effect(group, row.reference, row.person, before=row.ends_on, after=ends)


def brake(cohort: Cohort, after: Programme, revoked: int, today: date) -> Brake:
    """What the brake would say to the next run, if `revoked` more were due than now."""
    figures = after.cohorts[cohort.name].revocation.brake
    stops = clocks.stopped_by_brake(revoked, cohort.seats_held, figures)
    return Brake(cohort.name, revoked, stops)


def extensions(before: Programme, after: Programme) -> list[Effect]:
    """Who would be extended by the newest data under one programme and not under the other (A.6)."""
    with reading():
        now, then = _extended(before), _extended(after)
    return [
        *(Effect(EXTENDED, *then[pk], after_clause="A.6") for pk in then.keys() - now.keys()),
        *(Effect(NOT_EXTENDED, *now[pk], before_clause="A.6") for pk in now.keys() - then.keys()),
    ]


def _extended(programme: Programme) -> dict[int, tuple[str, int]]:
    """License id to (reference, person) of those that the rule would extend now."""
    rule = programme.extension
    cohort = Cohort.objects.filter(name=rule.cohort).first() if rule else None
    report = latest_report(cohort, until=cohort.ends) if cohort else None
    if rule is None or cohort is None or report is None:
        return {}
    over = cohort.closed_at is not None or rule.until <= cohort.ends
    if not extension.in_season(rule, karachi_date(report.as_of), over):
        return {}
    rows = Enrollment.objects.filter(
        content_kind="Specialization",
        license__cohort=cohort,
        license__extended=False,
        license__ended_at=None,
        license__ends_on=cohort.ends,
    ).values_list(
        "license_id",
        "license__reference",
        "license__person_id",
        "progress",
        "courses_completed",
        "courses_total",
    )
    return {
        pk: (reference, person)
        for pk, reference, person, progress, completed, total in rows
        if extension.qualifies(progress, completed, total, rule.percent)
    }


def line(cohort: Cohort, before: Programme, after: Programme, today: date) -> list[Effect]:
    """Who in the cohort's line would get a license now under one programme and not under the other (R19)."""
    with reading():
        now, then = _served(cohort, before, today), _served(cohort, after, today)
    return [
        *(Effect(SERVED, *then[pk], after_clause="4.1.k") for pk in then if pk not in now),
        *(Effect(NOT_SERVED, *now[pk], before_clause="4.1.k") for pk in now if pk not in then),
    ]


def capacity(cohort: Cohort, programme: Programme, today: date) -> int:
    """The seats of a cohort by a programme, with those that HEC has added beside it (R3)."""
    policy = programme.cohorts[cohort.name]
    by_hand = cohort.tranches.filter(number__gte=Tranche.BY_HAND)
    tranches = [(t.size, t.from_) for t in policy.tranches]
    tranches += [(t.size, t.available_from) for t in by_hand]
    return allocation.capacity(policy.starts, tranches, today)


def _served(cohort: Cohort, programme: Programme, today: date) -> dict[int, tuple[str, int]]:
    priorities = allocation.open_priorities(programme.cohorts[cohort.name], today)
    free = capacity(cohort, programme, today) - cohort.seats_held
    if cohort.closed_at or free <= 0 or not priorities:
        return {}
    holding = License.objects.live().values("person")
    waiting = Place.objects.waiting().filter(cohort=cohort, priority__in=priorities)
    rows = waiting.exclude(person__in=holding).in_order()
    return {
        pk: (reference, person)
        for pk, reference, person in rows.values_list("pk", "reference", "person_id")[:free]
    }
