"""Fixtures for every test that needs the product; `dlsei.policy` needs none of them."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from dlsei.models import User
    from licensing.models import Programme


@pytest.fixture
def now() -> datetime:
    """Tuesday 10 January 2023, 09:00 in Karachi: Cohort I takes applications and issues licenses."""
    return datetime(2023, 1, 10, 9, tzinfo=ZoneInfo("Asia/Karachi"))


@pytest.fixture
def clock(now: datetime) -> Iterator[Any]:
    """Views that ask for the time read `now`; `clock.move_to(later)` moves it."""
    import time_machine

    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def programme(db: None, now: datetime) -> "Programme":
    """The Year-2 programme in force, as shipped."""
    from licensing import programme
    from tests.factories import SYSTEM, YEAR_2

    text = YEAR_2.read_text(encoding="utf-8")
    return programme.load(text, YEAR_2.name, by=SYSTEM, now=now)


@pytest.fixture
def sign_in(db: None) -> "Callable[[User], Client]":
    """Gives a browser in which this person is signed in, with a second factor where one is needed."""
    from django.test import Client

    def signed_in(person: "User") -> Client:
        client = Client()
        # As the database has it now: a role or session that has ended meanwhile counts.
        client.force_login(type(person)._default_manager.get(pk=person.pk))
        session = client.session
        session["second_factor"] = True
        session.save()
        return client

    return signed_in


def _has_database(request: pytest.FixtureRequest) -> bool:
    asked_for = {"db", "transactional_db"} & set(request.fixturenames)
    return bool(asked_for or request.node.get_closest_marker("django_db"))


@pytest.fixture(autouse=True, scope="session")
def history_may_be_emptied_between_tests() -> Iterator[None]:
    """Tests with real commits are cleaned by TRUNCATE, which the history refuses everybody else."""
    from unittest import mock

    from django.db.backends.postgresql.operations import DatabaseOperations

    flush = DatabaseOperations.execute_sql_flush
    toggled = "ALTER TABLE dlsei_event {} TRIGGER append_only_truncate"

    def flushed(operations: DatabaseOperations, statements: list[str]) -> None:
        flush(operations, [toggled.format("DISABLE"), *statements, toggled.format("ENABLE")])

    with mock.patch.object(DatabaseOperations, "execute_sql_flush", flushed):
        yield


@pytest.fixture(autouse=True)
def nudged(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """The jobs that were nudged, kept from the worker of a product running beside the tests."""
    jobs: list[str] = []
    if not _has_database(request):
        yield jobs
        return
    from dlsei import schedule

    with schedule.nudges_to(jobs.append):
        yield jobs


@pytest.fixture(autouse=True)
def checked_meanwhile(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a page waits for a document's check, the check is made: no worker runs beside the tests."""
    if not _has_database(request):
        return
    from django.utils import timezone

    from applications import documents
    from dlsei.celery import JOBS

    monkeypatch.setattr(documents, "_pause", lambda: JOBS["check_documents"].do(timezone.now()))


@pytest.fixture(autouse=True)
def own_storages(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path | None]:
    """Documents, cache keys and rate limits of each test are its own; static files are not hashed."""
    if not _has_database(request):
        yield None
        return
    from django.conf import settings
    from django.test import override_settings

    directory = tmp_path_factory.mktemp("documents")
    files = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(directory)},
    }
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    cache = {**settings.CACHES["default"], "KEY_PREFIX": f"test-{uuid4().hex}"}
    with override_settings(
        STORAGES={**settings.STORAGES, "default": files, "staticfiles": static},
        CACHES={**settings.CACHES, "default": cache},
    ):
        yield directory
