"""The beat schedule between events: every job at each of its ticks at which it may have work."""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from dlsei import celery, outbox, schedule
from dlsei.celery import JOBS, Job
from dlsei.policy.calendar_days import karachi_date, midnight
from dlsei.policy.turn import REMIND_EVERY
from dlsei.replay.edges import Edges
from licensing import invitations

logger = logging.getLogger(__name__)

FETCH = "fetch_report"
REMIND = "remind"
MINUTE = timedelta(minutes=1)

# Jobs whose work waits in rows with a time of its own: retries and leases.
ROWS_DUE: Mapping[str, Callable[[], datetime | None]] = {
    "deliver_coursera": invitations.next_due,
    "deliver_mail": outbox.next_due,
}


def tick(moment: datetime, minutes: int) -> datetime:
    """The first tick of a job that ticks every so many minutes, at `moment` or after."""
    minute = moment.replace(second=0, microsecond=0)
    if minute < moment:
        minute += MINUTE
    return minute + timedelta(minutes=-minute.minute % minutes)


class Beat:
    """Runs jobs as beat and the worker would, and leaves out ticks at which nothing can be due.

    A job may have work after a change, when a day begins (its own time of day for daily ones),
    when a row of its own falls due. Reminders have work when somebody begins to wait for a decision,
    and some time later: `reminded_after` says when; and again a day after they went out.
    """

    def __init__(
        self,
        edges: Edges,
        *,
        nightly_reports: bool,
        reminded_after: Iterable[timedelta],
        go_on: Callable[[], None] = lambda: None,
    ) -> None:
        self.go_on = go_on
        self.edges = edges
        self.jobs = {n: job for n, job in JOBS.items() if nightly_reports or n != FETCH}
        self.reminded_after = tuple(reminded_after)
        self.nudged: set[str] = set()
        self.down_until: datetime | None = None
        self.ran: dict[str, datetime] = {}
        self.retrying: set[str] = set()
        self.failed: set[tuple[str, type[Exception]]] = set()
        self.wakes: dict[str, set[datetime]] = {name: set() for name in self.jobs}
        for job in self.jobs.values():
            self._wake_daily(job, edges.clock.now)

    def nudge(self, name: str) -> None:
        """Takes a nudge: the work is done by the next `work`, once however often nudged."""
        self.nudged.add(name)

    def work(self) -> None:
        """Does what was nudged, in the jobs' order, until nothing is; an outage of beat does not matter."""
        while self.nudged:
            name = min(self.nudged, key=list(JOBS).index)
            self.nudged.remove(name)
            self._run(JOBS[name])

    def changed(self) -> None:
        """Something happened now: jobs of the minute look at their next tick.

        But reminders: only a wait that begins or has lasted, a day that begins or what a daily job did
        can make one due, and a day after one the next.
        """
        for job in self.jobs.values():
            if job.of_the_minute and job.name != REMIND:
                self.wake(job.name, self.edges.clock.now)

    def awaited(self) -> None:
        """Somebody waits for a decision from now on: reminders look now, and when it is late."""
        self.wake(REMIND, self.edges.clock.now)
        for wait in self.reminded_after:
            # At exactly that time nothing is overdue yet; a tick later it is (R12).
            self.wake(REMIND, self.edges.clock.now + wait)
            self.wake(REMIND, self.edges.clock.now + wait + timedelta(seconds=1))

    def reported(self) -> None:
        """A newer report is there: what is owed for each report is owed now."""
        for job in self.jobs.values():
            if job.each_report:
                self.wake(job.name, self.edges.clock.now)

    def stop(self, until: datetime) -> None:
        """No scheduled job runs before `until`; at the first tick from then on each one does."""
        self.down_until = max(until, self.down_until or until)
        for name, job in self.jobs.items():
            self.wakes[name] = {
                max(moment, tick(self.down_until, job.minutes)) for moment in self.wakes[name]
            }
            self.wake(name, self.down_until)

    def wake(self, name: str, moment: datetime) -> None:
        """Lets a job run at its first tick at `moment` or after."""
        if self.down_until and moment < self.down_until:
            moment = self.down_until
        self.wakes[name].add(tick(moment, self.jobs[name].minutes))

    def run_until(self, moment: datetime, *, inclusive: bool) -> None:
        """Runs all ticks before `moment`, and those at it when `inclusive`."""
        while self.step(moment, inclusive=inclusive):
            pass

    def step(self, moment: datetime, *, inclusive: bool) -> bool:
        """Runs the next tick if it comes before `moment`, or at it when `inclusive`; says whether."""
        for name in self.retrying:
            if due := ROWS_DUE[name]():
                self.wake(name, max(due, self.ran.get(name, due - MINUTE) + MINUTE))
        at = min((min(wakes) for wakes in self.wakes.values() if wakes), default=None)
        if at is None or at > moment or (at == moment and not inclusive):
            return False
        self.go_on()
        self.edges.at(at)
        self._tick(at)
        return True

    def _tick(self, now: datetime) -> None:
        due = [job for job in self.jobs.values() if self._is_due(job, now)]
        # Asked again after each one that ran: it may have left work to those behind it.
        while due := self._with_work(due):
            job = due.pop(0)
            results = self._run(job)
            did = any(any(result.values()) for result in results)
            self.work()
            if job.of_the_minute:
                if did and job.name == REMIND:
                    self.wake(REMIND, now + REMIND_EVERY)
                continue
            if did:
                # Jobs of the minute do nothing with a report; what is owed for each one does.
                self.reported() if job.name == FETCH else self.changed()
                # A cohort that closed has carried its queue to where the day to decide may be over.
                self.wake(REMIND, now)
            # Nothing ran to its end: it failed, or what goes first for the same slot did.
            if not results and schedule.unfinished(job.name, job.owed(now)):
                self.wake(job.name, now + timedelta(minutes=max(job.retry_minutes, job.minutes)))

    def _is_due(self, job: Job, now: datetime) -> bool:
        """Whether a job ticks at `now`; from then on it waits for what wakes it next."""
        come = {moment for moment in self.wakes[job.name] if moment <= now}
        if come:
            self.wakes[job.name] -= come
            self._wake_daily(job, now + MINUTE)
            self.ran[job.name] = now
        return bool(come)

    def _with_work(self, jobs: list[Job]) -> list[Job]:
        """Those of `jobs` that have anything to do now; daily ones look for themselves."""
        asked = [job for job in jobs if job.of_the_minute]
        waiting = celery.waiting(asked, now=self.edges.clock.now)
        return [job for job in jobs if not job.of_the_minute or job.name in waiting]

    def _wake_daily(self, job: Job, after: datetime) -> None:
        at = job.at or time()
        day = midnight(karachi_date(after))
        own = day + timedelta(hours=at.hour, minutes=at.minute)
        self.wake(job.name, own if own >= after else own + timedelta(days=1))

    def _run(self, job: Job) -> list[dict[str, Any]]:
        """Runs one job; one that fails is tried again, as in production."""
        try:
            now = self.edges.clock.now
            results = [job.do(now)] if job.of_the_minute else job.run(now)
        except Exception as error:
            known = (job.name, type(error))
            if known not in self.failed:
                logger.exception("%s failed at %s", job.name, self.edges.clock.now)
                self.failed.add(known)
            results = [{"failed": 1}] if job.of_the_minute else []
        if job.name in ROWS_DUE and (job.name in self.retrying or _failed(results)):
            left = ROWS_DUE[job.name]() is not None
            (self.retrying.add if left else self.retrying.discard)(job.name)
        return results


def _failed(results: list[dict[str, Any]]) -> bool:
    return any(result.get("failed") for result in results)
