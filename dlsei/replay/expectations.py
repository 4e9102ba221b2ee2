"""What must be true: reads what the product shows of a person, a cohort or a member of staff."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from applications import queries
from dlsei import outbox
from dlsei.policy.calendar_days import karachi_date
from dlsei.replay.scenario import Expectation
from dlsei.replay.world import World
from licensing import buckets

if TYPE_CHECKING:
    from dlsei.models import User

Values = dict[str, Any]


def actual(expectation: Expectation, world: World, now: datetime) -> Values:
    """What the product shows under the keys of the expectation; `count` is how many match."""
    keys = tuple(expectation.expected)
    if expectation.cohort:
        return _cohort(expectation.cohort, keys, now)
    if expectation.staff:
        return {"mails": _mails(world.staff[expectation.staff])}
    if expectation.count is None and len(expectation.people) == 1:
        return _person(expectation.people[0], keys, world, now)
    shown = [_person(name, keys, world, now) for name in expectation.people]
    others = [values for values in shown if values != expectation.expected]
    if expectation.count is None:
        return others[0] if others else dict(expectation.expected)
    return {**expectation.expected, "count": len(shown) - len(others)}


def wanted(expectation: Expectation) -> Values:
    """What the expectation asks for, under the same keys."""
    count = {} if expectation.count is None else {"count": expectation.count}
    return {**expectation.expected, **count}


def _person(name: str, keys: tuple[str, ...], world: World, now: datetime) -> Values:
    person = world.people[name]
    standing = queries.standing(person, now)
    shown: dict[str, Callable[[], Any]] = {
        "status": lambda: standing.status,
        "clause": lambda: standing.clause or None,
        "cohort": lambda: standing.cohort or None,
        "priority": lambda: f"P{standing.priority}" if standing.priority else None,
        "position": lambda: standing.position,
        "ends": lambda: standing.ends,
        "deadline": lambda: standing.deadline,
        "next_clause": lambda: standing.next_clause or None,
        "case": lambda: "open" if standing.has_open_case else "none",
        "may_apply": lambda: _may_apply(name, world, now),
        "history": lambda: queries.history(person),
        "mails": lambda: _mails(person),
        "overdue": lambda: standing.overdue,
    }
    return {key: shown[key]() for key in keys}


def _may_apply(name: str, world: World, now: datetime) -> bool | str:
    answers = world.answers[name]
    refusal = queries.may_apply(
        world.people[name],
        now,
        category=answers.category,
        university=world.university_of(name),
        documents=list(answers.documents),
        first_semester=answers.first_semester,
    )
    return refusal.code if refusal else True


def _mails(person: "User") -> list[str]:
    return [mail.kind for mail in outbox.sent_to(person)]


def _cohort(name: str, keys: tuple[str, ...], now: datetime) -> Values:
    cohort = buckets.cohort_named(name)
    bucket = buckets.bucket(cohort, karachi_date(now))
    shown: Values = {
        "capacity": bucket.capacity,
        "held": bucket.held,
        "free": bucket.free,
        "waiting": bucket.waiting,
        "pending": queries.pending_in(cohort),
        "intake": "open" if bucket.intake_open else "closed",
    }
    return {key: shown[key] for key in keys}
