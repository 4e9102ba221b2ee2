"""Loading the programme file into the database: repeatable, versioned, one transaction."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, Max, Min

from dlsei import schedule
from dlsei.history import Actor
from dlsei.models import User
from dlsei.policy import programme as policy
from dlsei.policy.calendar_days import karachi_date
from dlsei.verbs import COHORT, lock, verb
from licensing import clock
from licensing import programme_effects as effects
from licensing.models import Cohort, Programme, RevocationRule, Tranche
from licensing.programme_effects import Effects

BATCH = 10_000
ALL_COHORTS = 0
"""The lock of who loads, before those of the cohorts, of which there may be none yet."""
_DATES = ["starts", "ends", "intake_from", "intake_until", "decide_carried_by"]
# By `decide_carried_by` focal persons work in the cohort before, whatever becomes of this one.
_FROZEN = [key for key in _DATES if key != "decide_carried_by"]


@verb
def load(text: str, source: str, *, by: Actor, now: datetime, onto: int | None = None) -> Programme:
    """Puts a programme file in force; the same file again changes nothing.

    Cohorts are matched by name and keep their people; clocks and last days of their licenses follow
    the file, in batches. `onto` is the version in force that was looked at, if any was. Raises
    `ProgrammeError`, and then changes nothing: for a wrong file, for one that takes away what has
    been given, and when another version than `onto` is in force by now.
    """
    _lock_cohorts()
    return _put_in_force(text, source, by, now, onto)


def preview(text: str, source: str, *, by: Actor, now: datetime) -> Effects:
    """What `load` would do, found out by doing it and undoing it. Raises what `load` raises."""
    try:
        _rehearse(text, source, by=by, now=now)
    except _Rehearsed as rehearsed:
        return rehearsed.effects
    raise AssertionError("unreachable")


class _Rehearsed(Exception):
    def __init__(self, found: Effects) -> None:
        super().__init__(found)
        self.effects = found


@verb
def _rehearse(text: str, source: str, *, by: Actor, now: datetime) -> None:
    _lock_cohorts()
    before, clocks_before = Programme.latest(), effects.clocks()
    loaded = _put_in_force(text, source, by, now)
    earlier, later = effects.moved(clocks_before, effects.clocks(), karachi_date(now))
    raise _Rehearsed(
        Effects(
            version=before.version if before else 0,
            is_new=loaded != before,
            changes=effects.changes(before.policy if before else None, loaded.policy),
            earlier=earlier,
            later=later,
        )
    )


def _lock_cohorts() -> None:
    lock(COHORT, ALL_COHORTS)
    lock(COHORT, *Cohort.objects.values_list("pk", flat=True))


def _put_in_force(
    text: str, source: str, by: Actor, now: datetime, onto: int | None = None
) -> Programme:
    read = policy.read(text, source)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    latest = Programme.latest()
    version = latest.version if latest else 0
    if onto is not None and onto != version:
        raise policy.ProgrammeError(
            source, "", f"version {version} was loaded meanwhile: look at the changes once more"
        )
    if latest and latest.sha256 == sha256:
        return latest
    _refuse_lost_cohorts(read, source)
    loading = _Loading(source, latest.policy if latest else None, read, karachi_date(now), now)
    # Earliest first, so that a cohort exists before the one that follows it.
    for cohort in sorted(read.cohorts.values(), key=lambda cohort: cohort.starts):
        _load_cohort(cohort, loading)
    return Programme.objects.create(
        version=version + 1,
        sha256=sha256,
        text=text,
        loaded_at=now,
        loaded_by=by if isinstance(by, User) else None,
    )


@dataclass(frozen=True)
class _Loading:
    source: str
    before: policy.Programme | None
    after: policy.Programme
    today: date
    now: datetime

    def error(self, cohort: str, key: str, message: str) -> policy.ProgrammeError:
        return policy.ProgrammeError(self.source, f'cohorts."{cohort}".{key}', message)


def _refuse_lost_cohorts(read: policy.Programme, source: str) -> None:
    for name in Cohort.objects.exclude(name__in=read.cohorts).values_list("name", flat=True):
        raise policy.ProgrammeError(
            source,
            f'cohorts."{name}"',
            "is missing, but people hold places and licenses by this name: "
            "a cohort once loaded can be neither removed nor renamed",
        )


def _load_cohort(cohort: policy.CohortPolicy, loading: _Loading) -> None:
    follows = Cohort.objects.get(name=cohort.follows) if cohort.follows else None
    fields: dict[str, Any] = {key: getattr(cohort, key) for key in _DATES} | {"follows": follows}
    row = Cohort.objects.filter(name=cohort.name).first()
    if follows:
        # A cohort may come between two: its follower is the other's no more.
        Cohort.objects.filter(follows=follows).exclude(name=cohort.name).update(follows=None)
    if row is None:
        program = _stand_in(Cohort.objects.count() + 1)
        row = Cohort.objects.create(name=cohort.name, coursera_program=program, **fields)
    else:
        if row.closed_at:
            _refuse_new_dates(row, cohort, loading)
        _move_last_days(row, cohort, loading)
        Cohort.objects.filter(pk=row.pk).update(**fields)
    _load_tranches(row, cohort, loading)
    _load_rules(row, cohort)


def _refuse_new_dates(row: Cohort, cohort: policy.CohortPolicy, loading: _Loading) -> None:
    for key in _FROZEN:
        before, after = getattr(row, key), getattr(cohort, key)
        if before != after:
            raise loading.error(
                row.name,
                key,
                f"{after} is not allowed: the cohort is closed, and its dates stay; this is {before}",
            )


def _move_last_days(row: Cohort, cohort: policy.CohortPolicy, loading: _Loading) -> None:
    """Live licenses end when the programme now says; extended ones never before their cohort."""
    licenses = row.licenses.live()
    if row.ends != cohort.ends:
        licenses.filter(extended=False).update(ends_on=cohort.ends)
    extension = loading.after.extension
    if extension and extension.cohort == row.name:
        until = max(extension.until, cohort.ends)
        licenses.filter(extended=True).exclude(ends_on=until).update(ends_on=until)


def _load_tranches(row: Cohort, cohort: policy.CohortPolicy, loading: _Loading) -> None:
    """The file's tranches by their place in it; a tranche whose day has come is open."""
    known = {t.number: t for t in row.tranches.filter(number__lt=Tranche.BY_HAND)}
    seats = 0
    for number, (size, from_) in enumerate(cohort.tranches, start=1):
        tranche = known.pop(number, None) or Tranche(cohort=row, number=number, size=0)
        was_open = tranche.opened_at is not None
        opens = from_ <= loading.today
        seats += (size if opens else 0) - (tranche.size if was_open else 0)
        tranche.size, tranche.available_from = size, from_
        tranche.opened_at = (tranche.opened_at or loading.now) if opens else None
        tranche.save()
    for gone in known.values():
        seats -= gone.size if gone.opened_at else 0
        gone.delete()
    if row.seats_total + seats < row.seats_held:
        raise loading.error(
            row.name,
            "tranches",
            f"leave {row.seats_total + seats} seats, but {row.seats_held} seats of the cohort are held: "
            "an open tranche may shrink only as far as its seats are free",
        )
    if seats:
        Cohort.objects.filter(pk=row.pk).update(seats_total=F("seats_total") + seats)
        schedule.nudge("issue")


def _load_rules(row: Cohort, cohort: policy.CohortPolicy) -> None:
    rules = cohort.revocation.rules
    wanted = [(rule.clause, rule.stage, rule.days, rule.mode) for rule in rules]
    if wanted == list(row.rules.order_by("rank").values_list("clause", "stage", "days", "mode")):
        return
    row.rules.all().delete()
    RevocationRule.objects.bulk_create(
        RevocationRule(cohort=row, clause=r.clause, stage=r.stage, days=r.days, mode=r.mode, rank=n)
        for n, r in enumerate(rules)
    )
    ids = row.licenses.live().aggregate(first=Min("pk"), last=Max("pk"))
    if ids["first"]:
        for first in range(ids["first"], ids["last"] + 1, BATCH):
            clock.recompute_between(row.pk, first, first + BATCH - 1)


def _stand_in(number: int) -> str:
    """The sandbox's id of a program, until HEC types in Coursera's own: no API tells it."""
    return f"dlsei-cohort-{number}-sandbox"
