"""Reminding focal persons of what is overdue, and HEC of what stays so (4.1.l, R12, R19)."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet

from applications.models import Application, University
from dlsei import outbox, schedule
from dlsei.history import Actor
from dlsei.models import User
from dlsei.policy import turn
from dlsei.policy.calendar_days import karachi_date
from dlsei.verbs import verb
from licensing.models import Cohort, Programme
from verification import queue
from verification.models import FocalPerson

# Beside `_to_remind` and `_to_escalate`; random histories hold that these miss none of theirs.
_ACTIVE = """
SELECT FROM verification_focalperson f JOIN dlsei_user p ON p.id = f.person_id
WHERE f.university_id = a.university_id AND p.is_active
  AND f.suspended_at IS NULL AND f.replaced_at IS NULL
  AND f.since <= %(today)s AND (f.until IS NULL OR f.until >= %(today)s)
"""
_PENDING = """
SELECT FROM applications_application a JOIN applications_university u ON u.id = a.university_id
WHERE a.status = 'pending'
  AND NOT EXISTS (SELECT FROM applications_question q
                  WHERE q.application_id = a.id AND q.answered_at IS NULL AND q.closed_at IS NULL)
"""
TO_REMIND = f"""
{_PENDING} AND a.submitted_at < %(overdue)s
AND EXISTS ({_ACTIVE} AND (f.reminded_at IS NULL OR f.reminded_at <= %(told)s))
"""
TO_ESCALATE = f"""
{_PENDING} AND (u.escalated_at IS NULL OR u.escalated_at <= %(told)s)
AND (a.submitted_at <= %(late)s OR NOT EXISTS ({_ACTIVE})
     OR EXISTS (SELECT FROM licensing_cohort c JOIN licensing_cohort n ON n.follows_id = c.id
                WHERE c.id = a.cohort_id AND c.closed_at IS NULL AND n.decide_carried_by < %(today)s))
AND (NOT EXISTS ({_ACTIVE})
     OR NOT EXISTS (SELECT FROM applications_university t WHERE t.escalated_at > %(told)s))
"""


def waiting(now: datetime) -> schedule.Question:
    """Whether a focal person is to be reminded, or HEC to be told of a queue."""
    return f"{TO_REMIND} UNION ALL {TO_ESCALATE}", _times(now)


def _times(now: datetime) -> dict[str, Any]:
    policy = Programme.in_force().policy.queue
    overdue = now - timedelta(hours=policy.due_hours)
    return {
        "told": now - turn.REMIND_EVERY,
        "today": karachi_date(now),
        "overdue": overdue,
        "late": overdue - timedelta(hours=policy.escalate_after_overdue_hours),
    }


def remind(*, by: Actor, now: datetime) -> dict[str, int]:
    """Reminds focal persons, then escalates to HEC; each at most once in 24 hours."""
    # Asked every quarter of an hour: mostly nobody is to be told, and nothing to be locked for it.
    times = _times(now)
    found = schedule.answered({"remind": (TO_REMIND, times), "escalate": (TO_ESCALATE, times)})
    return {
        "reminded": remind_focal_persons(by=by, now=now) if "remind" in found else 0,
        "escalated": escalate(by=by, now=now) if "escalate" in found else 0,
    }


def _overdue(now: datetime) -> QuerySet[Application]:
    """What waits for its applicant's answer is nobody's to act on, and not counted."""
    return Application.objects.overdue(queue.overdue_before(now)).exclude(queue.asked())


def _to_remind(now: datetime) -> QuerySet[FocalPerson]:
    """Whoever has something overdue and was not reminded within 24 hours (R12)."""
    return (
        FocalPerson.objects.active(karachi_date(now))
        .filter(university__in=_overdue(now).values("university"))
        .exclude(reminded_at__gt=now - turn.REMIND_EVERY)
    )


def _to_escalate(now: datetime) -> dict[int, Any]:
    """Queues that HEC must know of and was not told of within 24 hours, by university.

    Those are queues with something 48 hours overdue, queues that no active focal person works, and
    from the day after the work deadline all that is pending in the cohort that will carry it over
    (R12, R19). Only where nobody works the queue does it go out although HEC was told of another
    within 24 hours.
    """
    policy = Programme.in_force().policy.queue
    hours = policy.due_hours + policy.escalate_after_overdue_hours
    late = Q(submitted_at__lte=now - timedelta(hours=hours))
    for successor in Cohort.objects.filter(follows__closed_at=None, follows__isnull=False):
        if turn.counts_as_overdue_for_hec(now, successor.decide_carried_by):
            late |= Q(cohort=successor.follows_id)
    worked = Exists(
        FocalPerson.objects.active(karachi_date(now)).filter(university=OuterRef("university"))
    )
    found = (
        Application.objects.pending()
        .exclude(queue.asked())
        .filter(late | ~Q(worked))
        .exclude(university__escalated_at__gt=now - turn.REMIND_EVERY)
        .values("university")
        .annotate(pending=Count("id"), oldest=Min("submitted_at"), worked=worked)
    )
    figures: dict[int, Any] = {row["university"]: row for row in found}
    told = University.objects.aggregate(last=Max("escalated_at"))["last"]
    at_once = any(not row["worked"] for row in figures.values())
    return figures if at_once or turn.reminder_due(told, now) else {}


@verb
def remind_focal_persons(*, by: Actor, now: datetime) -> int:
    """One `queue-reminder` per person per 24 hours while anything of theirs is overdue (R12)."""
    due = (
        _to_remind(now)
        .select_related("person", "university")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("pk")
    )
    counted = _overdue(now).values("university").annotate(n=Count("id"))
    figures = {row["university"]: row["n"] for row in counted}
    reminded = 0
    for focal_person in due:
        FocalPerson.objects.filter(pk=focal_person.pk).update(reminded_at=now)
        outbox.enqueue(
            "queue-reminder",
            to=focal_person.person,
            key=f"focal:{focal_person.pk}:reminder:{now:%Y-%m-%dT%H:%M}",
            values={
                "university": focal_person.university.name,
                "overdue": figures[focal_person.university_id],
                "link": outbox.link(f"/admin/queue/{focal_person.university_id}/"),
            },
            now=now,
        )
        reminded += 1
    return reminded


@verb
def escalate(*, by: Actor, now: datetime) -> int:
    """One `queue-escalation` to HEC in 24 hours, naming the queues that it must know of (R12).

    A queue that nobody works is named at once; see `_to_escalate`.
    """
    figures = _to_escalate(now)
    due = list(
        University.objects.filter(pk__in=figures)
        .exclude(escalated_at__gt=now - turn.REMIND_EVERY)
        .select_for_update(of=("self",))
        .order_by("name")
    )
    if not due:
        return 0
    University.objects.filter(pk__in=[u.pk for u in due]).update(escalated_at=now)
    queues = [
        {
            "university": u.name,
            "pending": figures[u.pk]["pending"],
            "oldest_hours": int((now - figures[u.pk]["oldest"]).total_seconds() // 3600),
        }
        for u in due
    ]
    for person in User.objects.hec_staff():
        outbox.enqueue(
            "queue-escalation",
            to=person,
            key=f"escalation:{person.pk}:{due[0].pk}:{now:%Y-%m-%dT%H:%M}",
            values={"queues": queues, "link": outbox.link("/admin/hec/queues/")},
            now=now,
        )
    return len(due)
