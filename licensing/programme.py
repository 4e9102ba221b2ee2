"""Loading the programme file into the database: repeatable, versioned, and what it would change."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Min

from dlsei.history import Actor
from dlsei.models import User
from dlsei.policy import programme as policy
from dlsei.policy.calendar_days import karachi_date
from dlsei.verbs import COHORT, lock, verb
from licensing import buckets, clock
from licensing.models import Cohort, Programme, RevocationRule, Tranche

BATCH = 10_000
_DATES = ["starts", "ends", "intake_from", "intake_until", "decide_carried_by"]


@dataclass(frozen=True)
class Change:
    """One thing that loading would change in what is loaded: where, and from what to what."""

    cohort: str
    key: str
    before: str
    after: str
    people: int = 0
    """Live licenses of the cohort: whom it may concern."""


def changes(text: str, source: str) -> list[Change]:
    """What loading `text` would change in the cohorts that exist. Raises `ProgrammeError`."""
    found = []
    for name, cohort in policy.read(text, source).cohorts.items():
        row = Cohort.objects.filter(name=name).first()
        if row is None:
            found.append(Change(name, "cohort", "–", f"{cohort.starts} to {cohort.ends}"))
            continue
        people = row.licenses.live().count()
        found += [
            Change(name, key, str(getattr(row, key)), str(getattr(cohort, key)), people)
            for key in _DATES
            if getattr(row, key) != getattr(cohort, key)
        ]
        rules = [(r.clause, r.stage, r.days, r.mode) for r in row.rules.all()]
        wanted = [(r.clause, r.stage, r.days, r.mode) for r in cohort.revocation.rules]
        if rules != wanted:
            found.append(Change(name, "revocation", _words(rules), _words(wanted), people))
        tranches = [(t.size, t.available_from) for t in row.tranches.order_by("number")]
        if tranches[: len(cohort.tranches)] != [tuple(t) for t in cohort.tranches]:
            found.append(
                Change(name, "tranches", str(tranches), str(list(cohort.tranches)), people)
            )
    return found


def _words(rules: list[tuple[str, int, int, str]]) -> str:
    return ", ".join(f"{clause} {days} days {mode}" for clause, _, days, mode in rules)


@verb
def load(text: str, source: str, *, by: Actor, now: datetime) -> Programme:
    """Puts a programme file in force; the same file again changes nothing.

    Cohorts are matched by name and keep their people; clocks of running cohorts are recomputed in
    batches. Raises `ProgrammeError` and then changes nothing.
    """
    programme = policy.read(text, source)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    latest = Programme.objects.order_by("-version").first()
    if latest and latest.sha256 == sha256:
        return latest
    lock(COHORT, *Cohort.objects.values_list("pk", flat=True))
    loaded = Programme.objects.create(
        version=latest.version + 1 if latest else 1,
        sha256=sha256,
        text=text,
        loaded_at=now,
        loaded_by=by if isinstance(by, User) else None,
    )
    for cohort in programme.cohorts.values():
        _load_cohort(cohort, source, now)
    buckets.open_tranches(by=by, now=now)
    return loaded


def _load_cohort(cohort: policy.CohortPolicy, source: str, now: datetime) -> None:
    follows = Cohort.objects.get(name=cohort.follows) if cohort.follows else None
    row, _ = Cohort.objects.update_or_create(
        name=cohort.name,
        defaults={key: getattr(cohort, key) for key in _DATES} | {"follows": follows},
        create_defaults={key: getattr(cohort, key) for key in _DATES}
        | {"follows": follows, "coursera_program": _stand_in(Cohort.objects.count() + 1)},
    )
    for number, tranche in enumerate(cohort.tranches, start=1):
        opened = row.tranches.filter(number=number, opened_at__isnull=False).first()
        if opened is None:
            Tranche.objects.update_or_create(
                cohort=row,
                number=number,
                defaults={"size": tranche.size, "available_from": tranche.from_},
            )
        elif not buckets.resize(opened, tranche.size):
            raise policy.ProgrammeError(
                source,
                f'cohorts."{cohort.name}".tranches[{number - 1}].size',
                f"{row.seats_held} seats of the cohort are held, so that it cannot shrink that far",
            )
    wanted = [
        RevocationRule(
            cohort=row, clause=r.clause, stage=r.stage, days=r.days, mode=r.mode, rank=rank
        )
        for rank, r in enumerate(cohort.revocation.rules)
    ]
    row.rules.all().delete()
    RevocationRule.objects.bulk_create(wanted)
    if karachi_date(now) >= cohort.starts:
        ids = row.licenses.live().aggregate(first=Min("pk"), last=Max("pk"))
        if ids["first"]:
            for first in range(ids["first"], ids["last"] + 1, BATCH):
                clock.recompute_between(row.pk, first, first + BATCH - 1)


def _stand_in(number: int) -> str:
    """The sandbox's id of a program, until HEC types in Coursera's own: no API tells it."""
    return f"dlsei-cohort-{number}-sandbox"
