"""Which programme is in force is asked once a page or verb, and never answered with an old one."""

import subprocess
import sys
from datetime import datetime

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dlsei import memory
from dlsei.verbs import verb
from licensing.models import Cohort, Programme
from tests.licensing.programmes import load, preview, rule

pytestmark = pytest.mark.django_db


def days(clause: str = "5.i") -> int:
    rules = Programme.in_force().policy.revocation.rules
    return next(rule.days for rule in rules if rule.clause == clause)


@verb
def asked(times: int, *, by: str, now: datetime) -> list[int]:
    return [days() for _ in range(times)]


def test_a_verb_asks_once(programme, now):
    days()
    with CaptureQueriesContext(connection) as queries:
        assert asked(5, by="test", now=now) == [15] * 5

    assert sum("licensing_programme" in query["sql"] for query in queries) == 1


def test_a_page_asks_once(programme, clock):
    with CaptureQueriesContext(connection) as queries:
        assert Client().get("/").status_code == 200

    assert sum("licensing_programme" in query["sql"] for query in queries) <= 1


def test_outside_of_both_it_is_asked_every_time(programme, now):
    days()
    with CaptureQueriesContext(connection) as queries:
        days(), days()

    assert len(queries) == 2


def test_a_page_that_loads_another_one_sees_it(programme, now):
    with memory.of_request():
        assert days() == 15
        load(rule("5.i", days=20), now)
        assert days() == 20
        assert Cohort.objects.get(name="Cohort I").policy.revocation.rules[0].days == 20


def test_what_was_only_looked_at_is_not_in_force(programme, now):
    with memory.of_request():
        preview(rule("5.i", days=20), now)
        assert days() == 15


def test_what_was_undone_is_not_in_force(programme, now):
    with transaction.atomic():
        load(rule("5.i", days=20), now)
        assert days() == 20
        transaction.set_rollback(True)

    assert days() == 15
    assert asked(1, by="test", now=now) == [15]


@pytest.mark.django_db(transaction=True)
@pytest.mark.concurrency
def test_another_process_puts_one_in_force(programme, now):
    """In the middle of a page: the page goes on with what it began with, its verbs are up to date."""
    with memory.of_request():
        assert days() == 15
        elsewhere(
            "from django.utils import timezone\n"
            "from tests.licensing.programmes import load, rule\n"
            "load(rule('5.i', days=20), timezone.now())\n"
        )
        assert days() == 15
        assert asked(1, by="test", now=now) == [20]
    assert days() == 20


def elsewhere(code: str) -> None:
    name = connection.settings_dict["NAME"]
    connect = (
        "import django; django.setup()\n"
        "from django.db import connection\n"
        f"connection.settings_dict['NAME'] = {name!r}\n"
    )
    subprocess.run([sys.executable, "-c", connect + code], check=True, timeout=60)
