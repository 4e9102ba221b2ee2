"""Scratch databases beside the configured one: made, used through the one connection, and dropped."""

import os
import secrets
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.core.management import call_command
from django.db import DatabaseError, connection

DROP_ATTEMPTS = 5
PREPARED_AFTER_RUNS, PLANS_KEPT = 1, 300
"""After how many runs a statement is planned for good, and how many plans are kept: a year has some 150."""

SERVER = "SELECT pg_backend_pid(), current_database()"


@contextmanager
def template() -> Iterator[str]:
    """A migrated database to copy from, dropped at the end; the configured one is never opened."""
    configured = connection.settings_dict["NAME"]
    name = f"{str(configured)[:30]}_replay_{os.getpid()}_{secrets.token_hex(3)}"
    try:
        _execute(f"CREATE DATABASE {_quoted(name)}")
        with _connected_to(name):
            call_command("migrate", verbosity=0, interactive=False)
        yield name
    finally:
        _drop(name)


@contextmanager
def copy_of(name: str) -> Iterator[None]:
    """Everything inside works on a fresh copy of the template `name`, dropped at the end."""
    copy = f"{name}_{secrets.token_hex(3)}"
    try:
        _execute(f"CREATE DATABASE {_quoted(copy)} TEMPLATE {_quoted(name)}")
        # Commits stay real; only their wait for the disk goes, for data that is dropped in a minute.
        _execute(f"ALTER DATABASE {_quoted(copy)} SET synchronous_commit = off")
        # Tables nobody has analysed look large to the planner, and compiling for them takes longer.
        _execute(f"ALTER DATABASE {_quoted(copy)} SET jit = off")
        # By itself the server plans five runs more with their values before it keeps a plan.
        _execute(f"ALTER DATABASE {_quoted(copy)} SET plan_cache_mode = force_generic_plan")
        with _connected_to(copy):
            _plan_once()
            with _on_one_core():
                yield
    finally:
        _drop(copy)


@contextmanager
def _connected_to(name: str) -> Iterator[None]:
    configured = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = configured


def _plan_once() -> None:
    """Has this connection plan a statement once: for so few rows that takes longer than running it."""
    connection.ensure_connection()
    # Django knows no way to it but a setting, which it takes for all connections.
    connection.connection.prepare_threshold = PREPARED_AFTER_RUNS
    connection.connection.prepared_max = PLANS_KEPT


@contextmanager
def _on_one_core() -> Iterator[None]:
    """Has this thread and its server process share a core, where the machine is the same and lets us.

    Only one of the two ever works; on two cores each question waits twice for one to wake up (0021).
    """
    before = _share_a_core()
    try:
        yield
    finally:
        if before:
            # The cores of this process may be others by now.
            with suppress(OSError):
                os.sched_setaffinity(0, before)


def _share_a_core() -> set[int]:
    """Binds both to the core that this thread is on; returns those it had, none when nothing moved."""
    server = _server_process()
    if server is None:
        return set()
    try:
        before = os.sched_getaffinity(0)
        core = {_core_of_this_thread()}
        # Of another account it stays where it is, and we stay with it.
        os.sched_setaffinity(server, core)
        os.sched_setaffinity(0, core)
    except OSError:
        return set()
    return before


def _server_process() -> int | None:
    """The id of the process that serves this connection, None when it is not one of this machine's."""
    with connection.cursor() as cursor:
        cursor.execute(SERVER)
        pid, name = cursor.fetchone()
    try:
        title = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    # A number from another machine or container may be anybody's here.
    return pid if title.startswith(b"postgres") and name.encode() in title else None


def _core_of_this_thread() -> int:
    # The 39th field of proc_pid_stat(5); the second may hold spaces.
    return int(Path("/proc/thread-self/stat").read_text().rpartition(")")[2].split()[36])


def _drop(name: str) -> None:
    """Drops a database; what an interrupted statement has not let go of yet is waited for."""
    for attempt in range(1, DROP_ATTEMPTS + 1):
        try:
            _execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")
            return
        except DatabaseError:
            if attempt == DROP_ATTEMPTS:
                raise
            time.sleep(0.2 * attempt)


def _execute(statement: str) -> None:
    connection.close()
    # Django's own way to the server's maintenance database, as its test runner takes it; where that
    # is closed to the user it goes through another one, and warns.
    with warnings.catch_warnings(action="ignore"), connection._nodb_cursor() as cursor:
        cursor.execute(statement)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
