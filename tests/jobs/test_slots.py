"""Daily jobs: owed once a day and once a report, whatever happened in between (R23, DESIGN 5)."""

from datetime import datetime, timedelta
from unittest import mock

import pytest

from dlsei import schedule
from dlsei.celery import JOBS, Job
from dlsei.models import Slot
from dlsei.policy.calendar_days import KARACHI
from licensing import activity
from licensing.models import Cohort, Report
from tests.concurrency.race import race

DAILY = [name for name, job in JOBS.items() if job.at]
TICK = timedelta(minutes=5)

pytestmark = pytest.mark.django_db


def on(day, job=None, *, hour=None):
    """That day of January at the job's time, or at an hour."""
    at = JOBS[job].at if job else None
    if hour is not None:
        return datetime(2023, 1, day, hour, tzinfo=KARACHI)
    return datetime(2023, 1, day, at.hour, at.minute, tzinfo=KARACHI)


def run(job, now):
    """The job's tick, after the jobs that go before it have had theirs."""
    if JOBS[job].after:
        run(JOBS[job].after, now)
    return JOBS[job].run(now)


@pytest.mark.parametrize("job", DAILY)
class TestEachDailyJob:
    @pytest.fixture(autouse=True)
    def parts(self, programme, coursera):
        """The programme in force, and Coursera to be asked."""

    def test_is_not_owed_before_its_time(self, job):
        assert run(job, on(11, job) - timedelta(minutes=1)) == []

    def test_is_owed_once_a_day_from_its_time_on(self, job):
        assert len(run(job, on(11, job))) == 1

        assert run(job, on(11, job) + TICK) == []
        assert run(job, on(11, hour=23)) == []
        assert len(run(job, on(12, job))) == 1

    def test_is_still_owed_at_the_end_of_a_day_on_which_nothing_ticked(self, job):
        assert len(run(job, on(11, hour=23))) == 1

    def test_that_fails_is_owed_again(self, job):
        retry = timedelta(minutes=JOBS[job].retry_minutes) or TICK
        with mock.patch.object(Job, "do", autospec=True, side_effect=fails(job)):
            assert run(job, on(11, job)) == []

        assert "ZeroDivisionError" in run_of(job).error
        if JOBS[job].retry_minutes:
            assert run(job, on(11, job) + retry - TICK) == []
        assert len(run(job, on(11, job) + retry)) == 1
        assert run_of(job).error == ""

    def test_that_was_killed_is_owed_again_after_its_lease(self, job):
        with mock.patch.object(schedule, "run_owed", dies_in_the_middle(job, schedule.run_owed)):
            run(job, on(11, job))

        assert run(job, on(11, job) + schedule.LEASE - TICK) == []
        assert len(run(job, on(11, job) + schedule.LEASE)) == 1


def run_of(job):
    return Slot.objects.get(job=job, attempts__gt=0)


def fails(name):
    do = Job.do

    def failing(job, now):
        return do(job, now) if job.name != name else 1 / 0

    return failing


def dies_in_the_middle(name, run_owed):
    """Takes the slots and comes no further, as a worker that is killed."""

    def killed(job, keys, run, *, now, **also):
        if job != name:
            return run_owed(job, keys, run, now=now, **also)
        schedule.take_slots(job, keys, now)
        return []

    return killed


class TestReports:
    """Extend, revoke and warn are owed again for every newer report, in this order."""

    JOBS = ("extend", "revoke", "warn")

    @pytest.fixture(autouse=True)
    def a_day_done(self, programme):
        """All three have had their night of 11 January."""
        for job in self.JOBS:
            run(job, on(11, hour=4))

    def report(self, as_of):
        report = Report.objects.create(source="csv", as_of=as_of, imported_at=as_of)
        report.cohorts.set(Cohort.objects.all())
        return report

    def test_they_are_owed_for_a_newer_report_at_any_hour(self):
        self.report(on(11, hour=14))

        results = [len(JOBS[job].run(on(11, hour=14))) for job in self.JOBS]

        assert results == [1, 1, 1]
        assert [JOBS[job].run(on(11, hour=15)) for job in self.JOBS] == [[], [], []]

    def test_none_goes_before_the_one_before_it(self):
        self.report(on(11, hour=14))

        assert JOBS["warn"].run(on(11, hour=14)) == []
        assert JOBS["revoke"].run(on(11, hour=14)) == []
        assert len(JOBS["extend"].run(on(11, hour=14))) == 1
        assert JOBS["warn"].run(on(11, hour=14)) == []
        assert len(JOBS["revoke"].run(on(11, hour=14))) == 1
        assert len(JOBS["warn"].run(on(11, hour=14))) == 1

    def test_one_that_fails_holds_the_next_until_it_has_succeeded(self):
        self.report(on(11, hour=14))
        with mock.patch.object(Job, "do", autospec=True, side_effect=fails("extend")):
            JOBS["extend"].run(on(11, hour=14))

        assert JOBS["revoke"].run(on(11, hour=14)) == []
        run("revoke", on(11, hour=14) + TICK)
        assert not schedule.unfinished("revoke", [f"report:{activity.latest_report().pk}"])

    def test_of_two_newer_reports_the_newest_is_enough(self):
        self.report(on(11, hour=13))
        newest = self.report(on(11, hour=14))

        run("warn", on(11, hour=15))

        keys = Slot.objects.filter(job="warn").order_by("id").values_list("key", flat=True)
        assert list(keys) == ["2023-01-11", f"report:{newest.pk}"]

    def test_a_cohorts_own_report_is_news_beside_a_newer_one_of_another(self):
        """R17: each cohort's evidence is the newest report that speaks of it."""
        first, second = Cohort.objects.order_by("starts")
        self.report(on(11, hour=14)).cohorts.set([second])
        run("warn", on(11, hour=14))
        own = self.report(on(11, hour=13))
        own.cohorts.set([first])

        assert run("warn", on(11, hour=15)) != []
        assert activity.latest_report(first) == own

    def test_an_older_report_that_arrives_late_is_no_new_ground(self):
        newest = self.report(on(11, hour=14))
        run("warn", on(11, hour=14))
        self.report(on(10, hour=2))

        assert run("warn", on(11, hour=15)) == []
        assert activity.latest_report() == newest


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_two_workers_that_get_one_tick_do_it_once(programme):
    def ticking(meet):
        meet()
        return [len(JOBS[job].run(on(day, job))) for day in range(11, 21) for job in ("expire",)]

    first, second = race(ticking, ticking)

    assert [a + b for a, b in zip(first, second, strict=True)] == [1] * 10
