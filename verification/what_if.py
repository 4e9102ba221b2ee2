"""What if: HEC asks, a worker finds out from live data without touching it, and says who would be affected."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from applications import what_if as applying
from applications.models import Application
from dlsei import schedule
from dlsei.history import Actor
from dlsei.permissions import require_hec
from dlsei.policy import programme as policy
from dlsei.policy import turn
from dlsei.policy.calendar_days import karachi_date
from dlsei.verbs import verb
from licensing import what_if as licensing
from licensing.models import Cohort, License, Programme
from verification import queue, scenario_play
from verification.models import Affected, WhatIf

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
ATTEMPTS = 2
KEPT = timedelta(days=30)
WAITING = """
SELECT FROM verification_whatif
WHERE ended_at IS NULL AND (leased_until IS NULL OR leased_until <= %(now)s) OR asked_at < %(forgotten)s
"""
Progress = Callable[[float], None]


@verb
def ask_figures(title: str, overrides: Mapping[str, Any], *, by: Actor, now: datetime) -> WhatIf:
    """Asks what `overrides`, laid over the programme in force, would do now.

    Raises `Refused(not-yours)`, and `ProgrammeError` when no such programme is allowed.
    """
    person = require_hec(by)
    with_overrides(overrides)
    asked = WhatIf.objects.create(
        kind=WhatIf.Kind.FIGURES, title=title, overrides=overrides, asked_by=person, asked_at=now
    )
    schedule.nudge("run_what_ifs")
    return asked


@verb
def ask_scenario(title: str, scenario: str, *, by: Actor, now: datetime) -> WhatIf:
    """Asks what comes of a scenario file, played on the programme in force. Raises `Refused(not-yours)`."""
    person = require_hec(by)
    asked = WhatIf.objects.create(
        kind=WhatIf.Kind.SCENARIO, title=title, scenario=scenario, asked_by=person, asked_at=now
    )
    schedule.nudge("run_what_ifs")
    return asked


def with_overrides(overrides: Mapping[str, Any]) -> policy.Programme:
    """The programme in force with `overrides` laid over it. Raises `ProgrammeError`."""
    tables = policy.parse(Programme.in_force().text, "programme")
    return policy.read(policy.overlay(tables, overrides), "programme")


def waiting(now: datetime) -> schedule.Question:
    """Whether a question waits for its answer, or is to be forgotten."""
    return WAITING, {"now": now, "forgotten": now - KEPT}


def run(*, by: Actor, now: datetime) -> dict[str, int]:
    """Answers every question that waits, the oldest first, and forgets those of a month ago."""
    # Asked every minute: mostly nothing waits and nothing is old.
    if not schedule.answered({"what-if": waiting(now)}):
        return {"answered": 0, "failed": 0}
    WhatIf.objects.filter(asked_at__lt=now - KEPT).delete()
    done = failed = 0
    for pk in WhatIf.objects.due(now).order_by("pk").values_list("pk", flat=True):
        # Of two workers one gets the lease.
        taken = WhatIf.objects.due(now).filter(pk=pk)
        if taken.update(
            state=WhatIf.State.RUNNING, leased_until=now + LEASE, attempts=F("attempts") + 1
        ):
            if _answer(WhatIf.objects.get(pk=pk), now):
                done += 1
            else:
                failed += 1
    return {"answered": done, "failed": failed}


def _answer(asked: WhatIf, now: datetime) -> bool:
    began = time.monotonic()
    mine = WhatIf.objects.filter(pk=asked.pk, attempts=asked.attempts)

    def progress(share: float) -> None:
        lease = now + timedelta(seconds=time.monotonic() - began) + LEASE
        mine.update(percent=round(100 * share), leased_until=lease)

    try:
        if asked.kind == WhatIf.Kind.SCENARIO:
            result = scenario_play.play(asked.scenario, Programme.in_force().text, progress)
        else:
            result = _figures(asked, now, progress)
    except (scenario_play.Unplayable, policy.ProgrammeError) as error:
        mine.update(state=WhatIf.State.FAILED, failure=str(error), ended_at=now, leased_until=None)
        return False
    except Exception as error:
        logger.exception("what-if %s failed", asked.pk)
        mine.update(leased_until=None)
        if asked.attempts >= ATTEMPTS:
            said = f"{type(error).__name__}: {error}"[:2000]
            mine.update(state=WhatIf.State.FAILED, failure=said, ended_at=now)
        return False
    mine.update(
        state=WhatIf.State.DONE, result=result, percent=100, ended_at=now, leased_until=None
    )
    return True


def _figures(asked: WhatIf, now: datetime, progress: Progress) -> dict[str, Any]:
    """Who would be affected: rows of `Affected`, and the figures that the page begins with."""
    asked.affected.all().delete()
    before, after = Programme.in_force().policy, with_overrides(asked.overrides)
    today = karachi_date(now)
    counts: Counter[str] = Counter()
    brakes = []
    total, seen = License.objects.live().count() or 1, 0
    for cohort in Cohort.objects.order_by("pk"):
        revoked = 0
        of_cohort = cohort.licenses.live().count()
        for effects in licensing.licenses(cohort, before, after, today):
            _keep(asked, effects, counts)
            revoked += sum(effect.group == licensing.REVOKED for effect in effects)
            progress(0.9 * min(1, (seen + licensing.BATCH) / total))
        seen += of_cohort
        if revoked:
            brakes.append(asdict(licensing.brake(cohort, after, revoked, today)))
        _keep(asked, licensing.line(cohort, before, after, today), counts)
    _keep(asked, licensing.extensions(before, after), counts)
    return {
        "groups": dict(counts),
        "brakes": brakes,
        "applying": asdict(applying.applying(before, after, today)),
        "overdue": [_overdue(of, now) for of in (before, after)],
        "version": Programme.in_force().version,
    }


def _keep(asked: WhatIf, effects: Iterable[licensing.Effect], counts: Counter[str]) -> None:
    rows = [
        Affected(
            what_if=asked,
            group=effect.group,
            reference=effect.reference,
            person_id=effect.person,
            before=effect.before,
            before_clause=effect.before_clause,
            after=effect.after,
            after_clause=effect.after_clause,
        )
        for effect in effects
    ]
    counts.update(row.group for row in rows)
    with transaction.atomic():
        Affected.objects.bulk_create(rows, batch_size=1000)


def _overdue(programme: policy.Programme, now: datetime) -> int:
    """How many pending applications are later than the programme allows (R12)."""
    with licensing.reading():
        pending = Application.objects.pending().exclude(queue.asked())
        moments = pending.values_list("submitted_at", flat=True)
        return sum(turn.is_overdue(at, now, programme.queue) for at in moments if at)
