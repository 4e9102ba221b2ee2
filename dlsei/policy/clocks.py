"""The clocks of section 5: which rule falls due next, when, on what evidence (R14-R17, R22)."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dlsei.policy.calendar_days import end_of_day, karachi_date
from dlsei.policy.programme import Brake, Rule


@dataclass(frozen=True)
class Ground:
    """What a deadline or case rests on: the clause, its stage (5.iv) and the day it counts from."""

    clause: str
    stage: int
    base_on: date


@dataclass(frozen=True)
class Deadline:
    """A rule's deadline: `on` is the last day, the rule falls due when that day is over (R15)."""

    clause: str
    stage: int
    mode: str
    base_on: date
    on: date

    @property
    def ground(self) -> Ground:
        """What the deadline rests on, as `LicenseFacts.handled` names it."""
        return Ground(self.clause, self.stage, self.base_on)


@dataclass(frozen=True)
class LicenseFacts:
    """What is known of a license now; moments are aware, by their own time stamp (R15).

    `exempt`: paid (R4). `extended`: kept by A.6, under 5.iv alone (R20). `handled`: grounds on
    which a case was opened already, whatever became of it.
    """

    invited_on: date | None
    activated_at: datetime | None = None
    enrolled_at: datetime | None = None
    completed_at: datetime | None = None
    last_activity_at: datetime | None = None
    extended: bool = False
    exempt: bool = False
    handled: AbstractSet[Ground] = frozenset()


def next_deadline(facts: LicenseFacts, rules: Iterable[Rule]) -> Deadline | None:
    """Return the first of `rules` (in clause order) to fall due as far as known, if any (R16).

    On one day the earlier clause comes first. None for a license that is exempt or not invited.
    """
    deadlines = [
        deadline
        for rule in rules
        if (deadline := _deadline(facts, rule)) is not None
        and deadline.ground not in facts.handled
        and _stands(deadline.clause, deadline.on, facts)
    ]
    return min(deadlines, key=lambda deadline: deadline.on, default=None)


def due(deadline: Deadline, today: date, evidence_as_of: datetime | None) -> bool:
    """Say whether `deadline` has passed on `today` and a report proves it (R15, R17).

    `evidence_as_of` is the as-of moment of the newest report imported, by whichever route.
    """
    return (
        today > deadline.on
        and evidence_as_of is not None
        and evidence_as_of >= evidence_needed_from(deadline)
    )


def evidence_needed_from(deadline: Deadline) -> datetime:
    """Return the moment as of which, or later, a report must be for `deadline` to count (R17)."""
    return end_of_day(deadline.on)


def warnings_due(
    deadline: Deadline,
    today: date,
    days_before: Iterable[int],
    ends_on: date,
    sent: AbstractSet[int],
) -> int | None:
    """Return which warning before `deadline`, in days, is to go out on `today`, if any (R17).

    `sent` are those that went out for this deadline. One that was missed is not made up for once
    the next is due. None when the license ends first: the rule can never fall due then.
    """
    if ends_on <= deadline.on or today > deadline.on:
        return None
    reached = [days for days in days_before if deadline.on - timedelta(days) <= today]
    nearest = min(reached, default=None)
    return None if nearest in sent else nearest


def stands(case: Deadline, facts: LicenseFacts) -> bool:
    """Say whether the ground of an open case still stands on what is known now (R16).

    Newer activity takes it away from 5.iv, for the other rules only what happened in time does.
    """
    base_on = _base_on(case.clause, facts)
    return base_on == case.base_on and _stands(case.clause, case.on, facts)


def stopped_by_brake(licenses: int, live: int, brake: Brake) -> bool:
    """Say whether a run that would revoke `licenses` of a cohort's `live` ones must wait (R22)."""
    return licenses > brake.licenses and licenses > brake.share * live


def _deadline(facts: LicenseFacts, rule: Rule) -> Deadline | None:
    base_on = _base_on(rule.clause, facts)
    if base_on is None:
        return None
    on = base_on + timedelta(days=rule.days)
    return Deadline(rule.clause, rule.stage, rule.mode, base_on, on)


def _base_on(clause: str, facts: LicenseFacts) -> date | None:
    if facts.exempt or facts.invited_on is None:
        return None
    if clause == "5.iv" and facts.last_activity_at is not None:
        return karachi_date(facts.last_activity_at)
    return facts.invited_on


def _stands(clause: str, on: date, facts: LicenseFacts) -> bool:
    if clause == "5.iv":
        return True
    if facts.extended:
        return False
    over = end_of_day(on)
    completed = _before(over, facts.completed_at)
    enrolled = completed or _before(over, facts.enrolled_at)
    active = enrolled or _before(over, facts.activated_at)
    return {"5.i": not active, "5.ii": active and not enrolled, "5.iii": not completed}[clause]


def _before(moment: datetime, happened_at: datetime | None) -> bool:
    return happened_at is not None and happened_at < moment
