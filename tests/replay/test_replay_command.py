"""manage.py replay: exit status, output, and that nothing of the scratch databases is left."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

SCENARIO = """
title = "One applies"
[[universities]]
name = "A"
[[people]]
name = "ayesha"
category = "student"
university = "A"
documents = ["student-card"]
[[event]]
at = "2023-01-10 09:00"
do = "apply"
who = "ayesha"
[[expect]]
at = "2023-01-10 09:00"
who = "ayesha"
status = "pending"
ends = "none"
[[expect]]
at = "2023-01-10 09:01"
who = "ayesha"
position = {position}
"""


@pytest.fixture
def replayed(
    django_db_blocker: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> Iterator[object]:
    def replay(*arguments: object) -> tuple[int, str, str]:
        status = 0
        try:
            call_command("replay", *map(str, arguments))
        except SystemExit as end:
            status = int(end.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    before = {end: signal.getsignal(end) for end in (signal.SIGINT, signal.SIGTERM)}
    with django_db_blocker.unblock():
        # A template of other tests may be there for the whole run.
        others = databases()
        yield replay
        assert databases() == others
    for end, handler in before.items():
        signal.signal(end, handler)


def databases() -> list[str]:
    """Scratch databases of this process that are there."""
    with connection._nodb_cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"%_replay_{os.getpid()}_%"]
        )
        return [name for (name,) in cursor.fetchall()]


def test_met_and_unmet(tmp_path: Path, replayed) -> None:
    met, unmet = tmp_path / "met.toml", tmp_path / "unmet.toml"
    met.write_text(SCENARIO.format(position=1))
    unmet.write_text(SCENARIO.format(position=7))

    status, out, _ = replayed(met, unmet)

    assert status == 1
    assert out.splitlines() == [
        f"{unmet}: expectation 2 (ayesha, 2023-01-10 09:01):"
        " expected position = 7, actual position = 1",
        "3 passed, 1 failed",
    ]
    status, out, _ = replayed(met, "--json")
    assert status == 0
    assert json.loads(out) == {
        "scenarios": [
            {
                "file": str(met),
                "title": "One applies",
                "passed": True,
                "events": [
                    {
                        "n": 1,
                        "at": "2023-01-10 09:00",
                        "do": "apply",
                        "who": "ayesha",
                        "outcome": "ok",
                    }
                ],
                "expectations": [
                    {
                        "n": 1,
                        "at": "2023-01-10 09:00",
                        "subject": "ayesha",
                        "passed": True,
                        "expected": {"status": "pending", "ends": None},
                        "actual": {"status": "pending", "ends": None},
                    },
                    {
                        "n": 2,
                        "at": "2023-01-10 09:01",
                        "subject": "ayesha",
                        "passed": True,
                        "expected": {"position": 1},
                        "actual": {"position": 1},
                    },
                ],
            }
        ]
    }


def test_one_invalid_file_and_nothing_is_played(tmp_path: Path, replayed) -> None:
    met, wrong = tmp_path / "met.toml", tmp_path / "wrong.toml"
    met.write_text(SCENARIO.format(position=1))
    wrong.write_text(SCENARIO.format(position=1).replace("apply", "fly"))

    status, out, err = replayed(met, wrong, "--json")

    assert (status, out) == (2, "")
    assert err.startswith(f"{wrong}: event[1].do: ")
    assert replayed(tmp_path / "absent.toml")[0] == 2


def test_another_programme(tmp_path: Path, replayed) -> None:
    from dlsei.management.commands.replay import SHIPPED

    file, changed = tmp_path / "a.toml", tmp_path / "programme.toml"
    file.write_text(SCENARIO.format(position=1))
    text = SHIPPED.read_text(encoding="utf-8")
    changed.write_text(text.replace('intake_from = "2023-01-02"', 'intake_from = "2023-02-01"'))

    status, out, _ = replayed(file, "--programme", changed)

    assert status == 1
    assert "expected ok, actual refused: intake-closed" in out
    changed.write_text("surprise = 1")
    status, _, err = replayed(file, "--programme", changed)
    assert status == 2
    assert err.startswith(f"{changed}: ")


@pytest.mark.fault
def test_without_a_server_it_says_so_and_no_expectation_is_called_unmet(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(SCENARIO.format(position=1))
    elsewhere = os.environ | {"DATABASE_URL": "postgres://nobody:x@127.0.0.1:1/nothing"}

    ended = subprocess.run(
        [sys.executable, "manage.py", "replay", str(file), "--json"],
        env=elsewhere,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("The server makes no scratch database: connection failed")
    assert "Traceback" not in ended.stderr
    assert "Warning" not in ended.stderr


@pytest.mark.fault
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_interrupted_it_drops_its_databases(tmp_path: Path, django_db_blocker, end: int) -> None:
    file = tmp_path / "a.toml"
    file.write_text(SCENARIO.format(position=1).replace("2023-01-10 09:01", "2023-12-10 09:01"))
    command = [sys.executable, "manage.py", "replay", str(file)]

    def left(pid: int) -> int:
        with connection._nodb_cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_database WHERE datname LIKE %s", [f"%_replay_{pid}_%"]
            )
            return int(cursor.fetchone()[0])

    with django_db_blocker.unblock():
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while left(process.pid) < 2 and process.poll() is None:
            time.sleep(0.2)
        process.send_signal(end)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 130, said.decode()
        assert left(process.pid) == 0
