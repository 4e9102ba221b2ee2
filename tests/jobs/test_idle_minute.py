"""A minute in which nothing is owed costs next to nothing: it asks, and opens no transaction."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dlsei.celery import JOBS
from tests.population import invited

OF_THE_MINUTE = [name for name, job in JOBS.items() if job.at is None]
ASKS = {"remind": 5}


@pytest.mark.django_db
@pytest.mark.usefixtures("programme", "coursera", "smtp")
@pytest.mark.parametrize("name", OF_THE_MINUTE)
def test_nothing_owed(name, now):
    invited(3, now=now)
    for job in OF_THE_MINUTE:
        JOBS[job].run(now)

    with CaptureQueriesContext(connection) as queries:
        (result,) = JOBS[name].run(now)

    said = [query["sql"] for query in queries]
    assert not any(result.values())
    assert len(said) <= ASKS.get(name, 1) + 1, "\n".join(said)
    assert not [sql for sql in said if "SAVEPOINT" in sql or "FOR UPDATE" in sql]


@pytest.mark.django_db
@pytest.mark.usefixtures("programme", "coursera", "smtp")
def test_the_test_sees_a_transaction(now, monkeypatch):
    """Without the first look the outbox opens one to find nothing."""
    from dlsei.models.outbox import MailQuerySet

    monkeypatch.setattr(MailQuerySet, "exists", lambda self: True)

    with CaptureQueriesContext(connection) as queries:
        JOBS["deliver_mail"].run(now)

    assert [query["sql"] for query in queries if "FOR UPDATE" in query["sql"]]
