"""A minute in which nothing is owed costs next to nothing: it asks, and opens no transaction."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dlsei import schedule
from dlsei.celery import JOBS, waiting
from tests.population import invited

OF_THE_MINUTE = [name for name, job in JOBS.items() if job.of_the_minute]
ASKS = {"remind": 2}


def said_by(name, now):
    """The statements of one tick of a job with nothing to do."""
    invited(3, now=now)
    for job in OF_THE_MINUTE:
        JOBS[job].run(now)
    with CaptureQueriesContext(connection) as queries:
        (result,) = JOBS[name].run(now)
    assert not any(result.values())
    return [query["sql"] for query in queries]


@pytest.mark.django_db
@pytest.mark.usefixtures("programme", "coursera", "smtp")
@pytest.mark.parametrize("name", OF_THE_MINUTE)
def test_nothing_owed(name, now):
    said = said_by(name, now)

    assert len(said) <= ASKS.get(name, 1) + 1, "\n".join(said)
    assert not [sql for sql in said if "SAVEPOINT" in sql]


@pytest.mark.django_db
@pytest.mark.usefixtures("programme", "coursera", "smtp")
@pytest.mark.parametrize("name", ["invite", "remind"])
def test_the_test_sees_a_verb_that_does_not_ask_first(name, now, monkeypatch):
    monkeypatch.setattr(schedule, "answered", set)

    assert [sql for sql in said_by(name, now) if "SAVEPOINT" in sql]


@pytest.mark.django_db
@pytest.mark.usefixtures("programme")
def test_many_jobs_ask_in_one_statement(now):
    """Given nothing to do, when all jobs of the minute are asked at once, then each says so."""
    jobs = [JOBS[name] for name in OF_THE_MINUTE]
    waiting(jobs, now=now)
    with CaptureQueriesContext(connection) as queries:
        assert waiting(jobs, now=now) == set()

    assert len(queries) == ASKS["remind"]
