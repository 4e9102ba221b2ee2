"""The scratch database of a replay: how its connection plans, and where its process runs (decisions 0020, 0021)."""

import os

import pytest
from django.db import connection

from dlsei.replay import scratch


def asked(question):
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


def cores():
    """Those of this thread, and of the process that serves it; None where they cannot be the same."""
    server = scratch._server_process()
    try:
        its = os.sched_getaffinity(server)
        os.sched_setaffinity(server, its)
    except (TypeError, OSError):
        its = None
    return os.sched_getaffinity(0), its


def test_replay_and_its_server_share_a_core_and_give_it_back(template, django_db_blocker):
    before = os.sched_getaffinity(0)

    with django_db_blocker.unblock():
        with scratch.copy_of(template):
            mine, its = cores()
        assert os.sched_getaffinity(0) == before
        assert asked("SELECT current_setting('plan_cache_mode')") == "auto"

    assert mine == (its or before)
    assert its is None or len(its) == 1


@pytest.mark.parametrize("why_not", ["elsewhere", "another account", "no such files"])
def test_a_server_that_cannot_be_moved_moves_nobody(
    template, django_db_blocker, monkeypatch, why_not
):
    def forbidden(*arguments):
        raise PermissionError

    before = os.sched_getaffinity(0)
    if why_not == "elsewhere":
        monkeypatch.setattr(scratch, "_server_process", lambda: None)
    elif why_not == "another account":
        monkeypatch.setattr(os, "sched_setaffinity", forbidden)
    else:
        monkeypatch.setattr(scratch, "_core_of_this_thread", forbidden)

    with django_db_blocker.unblock(), scratch.copy_of(template):
        assert os.sched_getaffinity(0) == before


def test_no_other_process_is_taken_for_the_server(template, django_db_blocker, monkeypatch):
    """Given a server on another machine, whose number of a process is somebody else's here, then it is left alone."""
    with django_db_blocker.unblock(), scratch.copy_of(template):
        assert scratch._server_process() in (asked("SELECT pg_backend_pid()"), None)
        monkeypatch.setattr(scratch, "SERVER", f"SELECT {os.getpid()}, current_database()")
        assert scratch._server_process() is None


def test_a_statement_is_planned_once(template, django_db_blocker):
    with django_db_blocker.unblock(), scratch.copy_of(template), connection.cursor() as cursor:
        for number in range(4):
            cursor.execute("SELECT %s + 1", [number])
        cursor.execute("SELECT generic_plans, custom_plans FROM pg_prepared_statements LIMIT 1")
        generic, custom = cursor.fetchone()

    assert (generic > 0, custom) == (True, 0)
