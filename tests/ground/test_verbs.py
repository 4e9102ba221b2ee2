"""The frame of every write: one transaction, a lock timeout, retries, an actor and a time."""

import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction

from dlsei import verbs
from dlsei.models import Slot
from dlsei.verbs import Busy, lock, verb
from tests.concurrency.race import race

BY = "tests.verbs"


@verb
def note(key, *, by, now, then=lambda: None):
    Slot.objects.create(job="note", key=key)
    return then()


def failing_with(code, times):
    """Raises what PostgreSQL raises with this code, so many times, then returns how often it was called."""
    calls = []

    def run():
        calls.append(1)
        if len(calls) <= times:
            with connection.cursor() as cursor:
                cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{code}'; END $$")
        return len(calls)

    return run


@pytest.mark.django_db(transaction=True)
class TestFrame:
    def test_a_verb_that_fails_leaves_nothing(self, now):
        with pytest.raises(ZeroDivisionError):
            note("a", by=BY, now=now, then=lambda: 1 / 0)

        assert not Slot.objects.exists()

    @pytest.mark.parametrize("code", ["40001", "40P01"])
    def test_serialization_failures_and_deadlocks_are_tried_again(self, now, code):
        assert note("a", by=BY, now=now, then=failing_with(code, times=3)) == 4
        assert Slot.objects.count() == 1

    def test_they_are_not_tried_for_ever(self, now):
        with pytest.raises(OperationalError):
            note("a", by=BY, now=now, then=failing_with("40P01", times=4))

        assert not Slot.objects.exists()

    def test_other_failures_are_not_tried_again(self, now):
        run = failing_with("57014", times=1)
        with pytest.raises(OperationalError):
            note("a", by=BY, now=now, then=run)

        assert run() == 2

    def test_an_inner_verb_is_part_of_the_outer_one_and_leaves_the_retry_to_it(self, now):
        run = failing_with("40001", times=1)

        assert note("a", by=BY, now=now, then=lambda: note("b", by=BY, now=now, then=run)) == 2
        assert Slot.objects.count() == 2

    def test_what_fails_in_an_inner_verb_undoes_the_outer_one_even_if_that_goes_on(self, now):
        def unmoved():
            with pytest.raises(ZeroDivisionError):
                note("b", by=BY, now=now, then=lambda: 1 / 0)
            Slot.objects.count()

        with pytest.raises(transaction.TransactionManagementError):
            note("a", by=BY, now=now, then=unmoved)

        assert not Slot.objects.exists()

    def test_unless_it_has_a_savepoint_of_its_own_around_it(self, now):
        def careful():
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                note("b", by=BY, now=now, then=lambda: 1 / 0)
            return Slot.objects.count()

        assert note("a", by=BY, now=now, then=careful) == 1
        assert [slot.key for slot in Slot.objects.all()] == ["a"]

    def test_without_actor_or_time_nothing_is_written(self, now):
        for missing in ({"by": BY}, {"now": now}, {"by": None, "now": now}):
            with pytest.raises((KeyError, AssertionError)):
                note("a", **missing)

        assert not Slot.objects.exists()


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
class TestLocks:
    def test_who_cannot_have_the_lock_in_time_is_told_so_and_changes_nothing(
        self, now, monkeypatch
    ):
        monkeypatch.setattr(verbs, "LOCK_TIMEOUT_SECONDS", 1)

        def holding(meet):
            with transaction.atomic():
                lock(verbs.PERSON, 7)
                meet()
                time.sleep(2)

        def wanting(meet):
            meet()
            began = time.monotonic()
            with pytest.raises(Busy):
                note("a", by=BY, now=now, then=lambda: lock(verbs.PERSON, 7))
            return time.monotonic() - began

        _, waited = race(holding, wanting)

        assert 0.9 < waited < 1.9
        assert not Slot.objects.exists()

    def crossing(self, now):
        """Two verbs that take the same two rows in opposite orders: PostgreSQL ends one of them."""
        for key in ("x", "y"):
            Slot.objects.create(job="crossed", key=key)

        @verb
        def add(first, second, *, by, now):
            for key in (first, second):
                row = Slot.objects.select_for_update().get(job="crossed", key=key)
                Slot.objects.filter(pk=row.pk).update(attempts=row.attempts + 1)
                time.sleep(0.2)

        def racer(first, second):
            def run(meet):
                meet()
                add(first, second, by=BY, now=now)

            return run

        results = race(racer("x", "y"), racer("y", "x"))
        return results, sorted(Slot.objects.values_list("attempts", flat=True))

    def test_of_two_that_lock_crosswise_both_succeed(self, now):
        results, attempts = self.crossing(now)

        assert results == [None, None]
        assert attempts == [2, 2]

    def test_control_without_retries_one_of_them_fails(self, now, monkeypatch):
        monkeypatch.setattr(verbs, "RETRIED", {})
        results, attempts = self.crossing(now)

        assert sum("deadlock" in str(result) for result in results) == 1
        assert attempts == [1, 1]

    def test_a_lock_waits_for_the_commit_of_its_last_holder_and_sees_it(self, now):
        Slot.objects.create(job="counted", key="a")

        @verb
        def count(*, by, now):
            lock(verbs.COHORT, 1)
            row = Slot.objects.get(job="counted")
            time.sleep(0.05)
            Slot.objects.filter(pk=row.pk).update(attempts=row.attempts + 1)

        def counting(meet):
            meet()
            for _ in range(4):
                count(by=BY, now=now + timedelta(0))

        assert race(*[counting] * 3) == [None] * 3
        assert Slot.objects.get(job="counted").attempts == 12
