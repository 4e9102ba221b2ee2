"""Slots: what is owed once, whatever becomes of the run (R23); nudges, which only make it sooner."""

import logging
from datetime import timedelta

import pytest
from django.db import transaction

from dlsei import schedule
from dlsei.models import Slot
from tests.concurrency.race import race

MINUTE = timedelta(minutes=1)


def slot():
    return Slot.objects.get(job="warn", key="2023-01-10")


def once(run, now, **also):
    """What came of the run that the slot owes, None when it owes none or the run failed."""
    return next(iter(schedule.run_owed("warn", ["2023-01-10"], run, now=now, **also)), None)


@pytest.mark.django_db
class TestOnce:
    def test_a_finished_run_is_not_owed_again(self, now):
        assert once(lambda: {"warned": 3}, now) == {"warned": 3}

        assert once(lambda: {"warned": 9}, now + MINUTE) is None
        assert (slot().result, slot().finished_at, slot().attempts) == ({"warned": 3}, now, 1)

    def test_a_failed_run_is_shown_and_owed_again_at_the_next_tick(self, now, caplog):
        with caplog.at_level(logging.ERROR):
            assert once(lambda: 1 / 0, now) is None

        assert slot().error == "ZeroDivisionError: division by zero"
        assert "warn 2023-01-10 failed" in caplog.text
        assert once(lambda: {"warned": 3}, now + 5 * MINUTE) == {"warned": 3}
        assert (slot().error, slot().attempts) == ("", 2)

    def test_a_failed_run_with_a_wait_is_not_owed_before_it_is_over(self, now):
        once(lambda: 1 / 0, now, retry=60 * MINUTE)

        assert once(dict, now + 59 * MINUTE) is None
        assert once(lambda: {"rows": 1}, now + 60 * MINUTE) == {"rows": 1}

    def test_while_somebody_runs_it_nobody_else_does(self, now):
        assert schedule.take_slots("warn", ["2023-01-10"], now)

        assert once(lambda: {"warned": 3}, now + schedule.LEASE - MINUTE) is None

    def test_a_run_that_was_killed_is_owed_again_after_its_lease(self, now):
        schedule.take_slots("warn", ["2023-01-10"], now)

        assert once(lambda: {"warned": 3}, now + schedule.LEASE) == {"warned": 3}
        assert slot().attempts == 2

    def test_a_run_that_outlived_its_lease_leaves_the_slot_to_its_successor(self, now):
        def outlive():
            once(lambda: {"by": "successor"}, now + schedule.LEASE)
            return {"by": "predecessor"}

        once(outlive, now)

        assert slot().result == {"by": "successor"}


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def take_at_once(self, now):
        def taking(meet):
            meet()
            return [bool(schedule.take_slots("warn", [str(day)], now)) for day in range(30)]

        return race(taking, taking)

    def test_each_run_is_taken_by_one(self, now):
        first, second = self.take_at_once(now)

        assert [a != b for a, b in zip(first, second, strict=True)] == [True] * 30

    def test_control_looking_before_leasing_gives_runs_to_both(self, now, monkeypatch):
        def look_then_lease(job, keys, now):
            (key,) = keys
            Slot.objects.bulk_create([Slot(job=job, key=key)], ignore_conflicts=True)
            free = Slot.objects.get(job=job, key=key).leased_until is None
            Slot.objects.filter(job=job, key=key).update(leased_until=now)
            return free

        for _ in range(5):
            Slot.objects.all().delete()
            with monkeypatch.context() as patched:
                patched.setattr(schedule, "take_slots", look_then_lease)
                first, second = self.take_at_once(now)
            if any(a and b for a, b in zip(first, second, strict=True)):
                return
        pytest.fail("the race was never lost")


@pytest.mark.django_db(transaction=True)
class TestNudges:
    def test_a_nudge_is_sent_after_the_commit_only(self, nudged):
        with transaction.atomic():
            schedule.nudge("issue", "deliver_mail")
            assert nudged == []

        assert nudged == ["issue", "deliver_mail"]

    def test_a_change_that_is_rolled_back_wakes_nobody(self, nudged):
        with transaction.atomic():
            schedule.nudge("issue")
            transaction.set_rollback(True)

        assert nudged == []

    def test_a_nudge_that_fails_undoes_nothing(self, now):
        def broken(job):
            raise ConnectionRefusedError

        with schedule.nudges_to(broken), transaction.atomic():
            schedule.take_slots("warn", ["2023-01-10"], now)
            schedule.nudge("issue")

        assert slot().leased_until
