"""Plays one scenario from its first day to its last item, in the database that is connected."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dlsei import schedule
from dlsei.policy.calendar_days import karachi_date, midnight
from dlsei.replay import expectations, world
from dlsei.replay.beat import Beat
from dlsei.replay.edges import edges
from dlsei.replay.events import Events
from dlsei.replay.scenario import Expectation, Scenario, Step
from dlsei.replay.vocabulary import AT_COURSERA
from licensing.coursera.port import CourseraFailure

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Happened:
    """A step with its real outcome."""

    step: Step
    outcome: str

    @property
    def passed(self) -> bool:
        """Whether it ended as the file says."""
        return self.outcome == self.step.outcome


@dataclass(frozen=True)
class Checked:
    """An expectation with what was really there."""

    expectation: Expectation
    expected: dict[str, Any]
    actual: dict[str, Any]

    @property
    def passed(self) -> bool:
        """Whether it was met."""
        return self.actual == self.expected


@dataclass
class Played:
    """A scenario and what came of it, in file order."""

    scenario: Scenario
    happened: list[Happened] = field(default_factory=list)
    checked: list[Checked] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether every event ended, and everything was, as the file says."""
        return all(one.passed for one in (*self.happened, *self.checked))


def play(
    scenario: Scenario,
    progress: Callable[[float], None] = lambda share: None,
    go_on: Callable[[], None] = lambda: None,
) -> Played:
    """Plays a scenario; `progress` is told from time to time which share of it is done.

    `go_on` is asked before every step and tick, where nothing is half done; it may raise to stop.
    """
    played = Played(scenario)
    items: dict[datetime, tuple[list[Step], list[Expectation]]] = defaultdict(lambda: ([], []))
    for step in scenario.steps:
        items[step.at][0].append(step)
    for expectation in scenario.expectations:
        items[expectation.at][1].append(expectation)
    if not items:
        return played
    moments = sorted(items)
    start, length = midnight(karachi_date(moments[0])), moments[-1] - moments[0]
    queue = scenario.policy.queue
    due = timedelta(hours=queue.due_hours)
    with as_expected(), edges(start, scenario.coursera) as made:
        beat = Beat(
            made,
            nightly_reports=scenario.nightly_reports,
            reminded_after=(due, due + timedelta(hours=queue.escalate_after_overdue_hours)),
            go_on=go_on,
        )
        with schedule.nudges_to(beat.nudge):
            events = Events(world.build(scenario, start), made, beat)
            made.sandbox.programs = world.programs(scenario)
            beat.work()
            for moment in moments:
                beat.run_until(moment, inclusive=False)
                made.at(moment)
                for step in items[moment][0]:
                    go_on()
                    played.happened.append(Happened(step, _outcome(events, step)))
                    beat.work()
                done = {step.do for step in items[moment][0]}
                # What learners do at Coursera the product learns of from a report only.
                if done - AT_COURSERA:
                    beat.changed()
                beat.run_until(moment, inclusive=True)
                for expectation in items[moment][1]:
                    shown = expectations.actual(expectation, events.world, moment)
                    played.checked.append(
                        Checked(expectation, expectations.wanted(expectation), shown)
                    )
                progress((moment - moments[0]) / length if length else 1.0)
    played.happened.sort(key=lambda one: one.step.n)
    played.checked.sort(key=lambda one: one.expectation.n)
    return played


def _outcome(events: Events, step: Step) -> str:
    try:
        return events.do(step)
    except CourseraFailure as failure:
        return f"failed: {failure}"
    except Exception as error:
        logger.exception("event %s failed", step.n)
        return f"failed: {type(error).__name__}: {error}"


@contextmanager
def as_expected() -> Iterator[None]:
    """Keeps the log to what is wrong: a scenario's own outages are not."""

    def unexpected(record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, CourseraFailure)

    jobs = logging.getLogger(schedule.__name__)
    jobs.addFilter(unexpected)
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        jobs.removeFilter(unexpected)
