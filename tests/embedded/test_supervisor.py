"""What `make run` keeps running: real processes, really killed."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlsei.embedded import supervisor as module
from dlsei.embedded.failure import CannotStart
from dlsei.embedded.supervisor import Process, Supervisor

PARENT_OF_ONE = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(600)
"""


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(cwd=tmp_path, environment=os.environ, say=said.append)
    yield supervisor
    supervisor.stop()


def process(name: str, code: str, tmp_path: Path) -> Process:
    return Process(name, [sys.executable, "-c", code], tmp_path / f"{name}.log")


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.fault
def test_a_killed_worker_is_started_again_and_its_orphans_are_gone(supervisor, said, tmp_path):
    supervisor.start(process("worker", PARENT_OF_ONE, tmp_path))
    wait_for(lambda: (tmp_path / "worker.log").read_text())
    orphan = int((tmp_path / "worker.log").read_text())
    killed = supervisor.pids()["worker"]
    os.kill(killed, signal.SIGKILL)

    wait_for(supervisor.revive)

    assert said == ["worker ended by itself (signal 9); it is started again."]
    assert supervisor.pids()["worker"] != killed
    wait_for(lambda: not running(orphan))


@pytest.mark.fault
def test_what_keeps_ending_is_given_up_with_its_last_words(supervisor, said, tmp_path):
    supervisor.start(process("beat", "import sys; sys.exit('no schedule')", tmp_path))

    def revive_for_ever() -> None:
        while True:
            supervisor.revive()
            time.sleep(0.01)

    with pytest.raises(CannotStart, match="beat keeps ending: no schedule"):
        revive_for_ever()
    assert len(said) == module.SHORT_LIVES_ALLOWED


def test_stop_leaves_nothing_behind_not_even_the_deaf(supervisor, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.5)
    supervisor.start(process("web", PARENT_OF_ONE, tmp_path))
    supervisor.start(process("deaf", DEAF, tmp_path))
    wait_for(lambda: (tmp_path / "web.log").read_text() and (tmp_path / "deaf.log").read_text())
    pids = [*supervisor.pids().values(), int((tmp_path / "web.log").read_text())]

    supervisor.stop()

    wait_for(lambda: not any(running(pid) for pid in pids))


@pytest.mark.fault
def test_what_a_killed_launcher_started_ends_with_it(tmp_path, python):
    launcher = python(
        "-c",
        f"""
import os, sys, time
from pathlib import Path
from dlsei.embedded.supervisor import Process, Supervisor
log = Path({str(tmp_path / "web.log")!r})
it = Supervisor(cwd=Path("/"), environment=os.environ, say=print)
it.start(Process("web", [sys.executable, "-c", "import time; time.sleep(600)"], log))
print(it.pids()["web"], flush=True)
time.sleep(600)
""",
    )
    child = int(launcher.stdout.readline())
    assert running(child)

    launcher.kill()
    launcher.communicate()

    wait_for(lambda: not running(child))


def test_a_failed_step_is_one_sentence(supervisor, tmp_path):
    failing = process("tables", "import sys; sys.exit('out of paper')", tmp_path)

    with pytest.raises(CannotStart, match="The step 'tables' failed: out of paper"):
        supervisor.run(failing)
