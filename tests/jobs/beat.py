"""A beat for tests: every job's tick at given instants, in the order of the schedule."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from dlsei.celery import JOBS

NIGHT = ("00:05", "00:10", "02:00", "03:00", "03:15", "03:30", "04:00")
DAY = ("09:00",)


def tick(now: datetime) -> list[str]:
    """All jobs' ticks of one instant; returns the names of the daily jobs that did their run."""
    return [name for name, job in JOBS.items() for _ in job.run(now) if job.at]


def instants(first: datetime, last: datetime) -> Iterator[datetime]:
    """The instants of each day at which something may be due, from `first` to `last`."""
    day = first.replace(hour=0, minute=0)
    while day <= last:
        for time in (*NIGHT, *DAY):
            hour, minute = map(int, time.split(":"))
            now = day.replace(hour=hour, minute=minute)
            if first <= now <= last:
                yield now
        day += timedelta(days=1)
