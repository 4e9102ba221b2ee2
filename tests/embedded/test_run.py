"""The launcher of `make run` where it cannot run: one sentence, exit code 1, no traceback."""

import fcntl
import socket
from pathlib import Path

import pytest


@pytest.fixture
def taken() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def refusal(process) -> str:
    said, complaint = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said == ""
    return complaint


def test_a_taken_port_names_itself_and_the_way_out(python, taken: int):
    process = python("-m", "dlsei.embedded.run", DLSEI_WEB_PORT=str(taken))

    assert refusal(process) == (
        f"Port {taken} (web) is taken by another program: stop that one, or choose another port, "
        f"as in 'DLSEI_WEB_PORT={taken + 1000} make run'.\n"
    )


def test_a_port_that_is_none_is_refused(python):
    process = python("-m", "dlsei.embedded.run", DLSEI_WEB_PORT="http")

    assert refusal(process) == "DLSEI_WEB_PORT is 'http', which is not a port number.\n"


def test_a_second_run_on_the_same_data_is_refused(python, home: Path):
    with (home / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = python("-m", "dlsei.embedded.run")

        assert refusal(process) == f"'make run' is running already, with its data in {home}.\n"
