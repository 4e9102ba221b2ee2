"""Several ask for the next in turn at the same moment: each gets another one, none is left out (R8, R10)."""

import time
from datetime import timedelta
from unittest import mock

import pytest

from tests.concurrency.race import race
from tests.factories import FocalPersonFactory, UniversityFactory, submitted
from verification import queue

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

REVIEWERS, ROUNDS = 4, 10


@pytest.fixture
def university(programme, now):
    university = UniversityFactory()
    for place in range(REVIEWERS * ROUNDS):
        submitted(university=university, now=now + timedelta(seconds=place))
    return university


def taken(university, now):
    """What each reviewer was given, one list a round; a round is half an hour later than the last."""
    people = [FocalPersonFactory(university=university).person for _ in range(REVIEWERS)]

    def taker(person):
        def taking(meet):
            found = []
            for number in range(ROUNDS):
                meet()
                at = now + timedelta(minutes=30 * (number + 1))
                found.append(queue.take_next(university, by=person, now=at).pk)
            return found

        return taking

    results = race(*(taker(person) for person in people))
    assert all(isinstance(result, list) for result in results), results
    return list(zip(*results, strict=True))


def test_everybody_gets_another_one_from_the_head_of_the_queue(university, now):
    head = [application.pk for application in queue.in_turn(university)[:REVIEWERS]]

    rounds = taken(university, now)

    assert [sorted(given) for given in rounds] == [head] * ROUNDS


def test_control_without_the_lock_two_get_the_same(university, now):
    real = queue.next_in_turn

    def slowly(*args, **kwargs):
        following = real(*args, **kwargs)
        time.sleep(0.05)
        return following

    with (
        mock.patch.object(queue, "lock", lambda *args: None),
        mock.patch.object(queue, "next_in_turn", slowly),
    ):
        rounds = taken(university, now)

    assert any(len(set(given)) < REVIEWERS for given in rounds)
