"""PostgreSQL and Valkey from wheels: real servers, really killed."""

import os
import signal
import time
from pathlib import Path

import psycopg
import pytest
import redis

from dlsei.embedded import services
from dlsei.embedded.failure import CannotStart
from dlsei.embedded.postgres import Postgres
from dlsei.embedded.valkey import Valkey

ENSURE = "from dlsei.embedded import services; print(*services.ensure())"


def wait_until_gone(server) -> None:
    deadline = time.monotonic() + 20
    while server.alive():
        assert time.monotonic() < deadline, "the server is still alive"
        time.sleep(0.02)


def test_first_start_makes_a_database_that_folds_case_in_every_script(home: Path):
    url = Postgres(home).start()

    with psycopg.connect(url) as session:
        row = session.execute("SELECT lower('ÄŞ'), 'ÄB' ILIKE 'äb', current_database()").fetchone()

    assert row == ("äş", True, "dlsei")


def test_postgres_promises_what_it_commits_and_takes_two_hundred_sessions(home: Path):
    with psycopg.connect(Postgres(home).start()) as session:
        shown = [
            session.execute(f"SHOW {name}").fetchone()[0]
            for name in ("fsync", "synchronous_commit", "max_connections")
        ]

    assert shown == ["on", "on", "200"]


def test_a_process_that_finds_the_services_up_has_their_urls_at_once(home: Path, monkeypatch):
    monkeypatch.setenv("DLSEI_DATA", str(home))
    started = services.ensure()

    began = time.perf_counter()
    found = services.ensure()
    seconds = time.perf_counter() - began
    services.release()

    assert found == started
    assert seconds < 0.05


@pytest.mark.concurrency
def test_eight_processes_at_once_find_one_server_each(home: Path, python):
    starting = [python("-c", ENSURE) for _ in range(8)]

    said = [process.communicate(timeout=120) for process in starting]

    assert [process.returncode for process in starting] == [0] * 8, said
    assert len({out for out, _ in said}) == 1


@pytest.mark.fault
def test_postgres_killed_keeps_what_was_committed_and_its_address(home: Path):
    postgres = Postgres(home)
    url = postgres.start()
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("CREATE TABLE kept (n int)")
        session.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
        os.kill(postgres.server.recorded()["pid"], signal.SIGKILL)
    wait_until_gone(postgres.server)
    assert postgres.url() is None

    again = postgres.start()

    with psycopg.connect(again) as session:
        assert session.execute("SELECT count(*) FROM kept").fetchone() == (1000,)
    assert again == url


@pytest.mark.fault
def test_valkey_killed_keeps_the_queue_and_its_address(home: Path):
    valkey = Valkey(home)
    url = valkey.start()
    client = redis.Redis.from_url(url)
    client.rpush("celery", *range(100))
    client.execute_command("WAITAOF", 1, 0, 5000)
    os.kill(valkey.server.recorded()["pid"], signal.SIGKILL)
    wait_until_gone(valkey.server)
    assert valkey.url() is None

    again = valkey.start()

    assert redis.Redis.from_url(again).llen("celery") == 100
    assert again == url


@pytest.mark.fault
def test_a_dead_servers_process_id_given_to_another_program_stops_nothing(home: Path):
    postgres = Postgres(home)
    postgres.start()
    os.kill(postgres.server.recorded()["pid"], signal.SIGKILL)
    wait_until_gone(postgres.server)
    note = postgres.cluster / "postmaster.pid"
    lines = note.read_text().splitlines()
    note.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    postgres.start()

    assert postgres.url()


@pytest.mark.fault
def test_a_first_start_cut_short_is_begun_afresh(home: Path):
    unfinished = home / "postgres" / "unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")

    Postgres(home).start()

    assert Postgres(home).url()
    assert not unfinished.exists()


def test_a_taken_port_is_not_waited_for(home: Path):
    valkey, other = Valkey(home), Valkey(home / "other")
    first = valkey.start()
    valkey.stop()
    (home / "other").mkdir()
    (home / "other" / "Valkey.lock").write_text(valkey.server.lock.read_text())
    other.start()

    second = valkey.start()
    other.stop()

    assert second != first
    assert redis.Redis.from_url(second).ping()


def test_stop_leaves_alone_what_another_process_uses(home: Path, python, monkeypatch):
    monkeypatch.setenv("DLSEI_DATA", str(home))
    user = python("-c", ENSURE + "; print(end='', flush=True); input()")
    user.stdout.readline()

    in_use = services.stop()
    still_up = Postgres(home).url(), Valkey(home).url()
    user.communicate("\n", timeout=20)
    afterwards = services.stop()

    assert not in_use
    assert all(still_up)
    assert afterwards
    assert not Postgres(home).server.alive()
    assert not Valkey(home).server.alive()


def test_reset_refuses_while_in_use_then_deletes_everything(home: Path, python, monkeypatch):
    monkeypatch.setenv("DLSEI_DATA", str(home))
    user = python("-c", ENSURE + "; print(end='', flush=True); input()")
    user.stdout.readline()
    with pytest.raises(CannotStart, match="still in use"):
        services.reset()
    user.communicate("\n", timeout=20)

    services.reset()

    assert not home.exists()


def test_given_urls_start_nothing(home: Path, python):
    process = python(
        "-c",
        "from dlsei import settings; print(settings.EMBEDDED)",
        DATABASE_URL="postgres://nobody@127.0.0.1:1/none",
        REDIS_URL="redis://127.0.0.1:1/0",
        SECRET_KEY="given",
    )

    said, complaints = process.communicate(timeout=60)

    assert said.strip() == "False", complaints
    assert not (home / "PostgreSQL.lock").exists()
    assert not (home / "Valkey.lock").exists()


def test_a_server_that_does_not_come_up_says_why_in_one_sentence(home: Path):
    postgres = Postgres(home)
    postgres.start()
    postgres.stop()
    (postgres.cluster / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(CannotStart, match=r"PostgreSQL did not start: .+ \(the whole log: .+\)"):
        postgres.start()


def test_data_of_another_major_version_is_not_touched(home: Path):
    postgres = Postgres(home)
    postgres.start()
    postgres.stop()
    (postgres.cluster / "PG_VERSION").write_text("12\n")

    with pytest.raises(CannotStart, match="is of PostgreSQL 12, the server found is"):
        postgres.start()


def test_a_data_directory_that_cannot_be_made_is_one_sentence_of_any_command(home: Path, python):
    in_the_way = home / "file"
    in_the_way.touch()

    process = python("manage.py", "check", DLSEI_DATA=str(in_the_way))
    said, complaint = process.communicate(timeout=60)

    assert process.returncode == 1
    assert said + complaint == (
        f"{in_the_way} cannot be written to (File exists): name another directory in DLSEI_DATA.\n"
    )


def test_data_of_another_account_is_left_alone(home: Path, monkeypatch):
    monkeypatch.setenv("DLSEI_DATA", str(home))
    monkeypatch.setattr(os, "geteuid", lambda: home.stat().st_uid + 1)

    with pytest.raises(CannotStart, match="belongs to another account"):
        services.ensure()


def test_the_secret_key_is_made_once(home: Path, monkeypatch):
    monkeypatch.setenv("DLSEI_DATA", str(home))

    assert services.secret_key() == services.secret_key()
    assert len(services.secret_key()) >= 50
    assert (home / "secret-key").stat().st_mode & 0o077 == 0
