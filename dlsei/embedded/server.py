"""One embedded server: is it up, start it, stop it.

Each server inherits an open, exclusively locked file. The kernel frees the lock when the last process of the server is
gone, however it went (a `kill -9`, a power cut), so the lock alone says whether the server lives; no process id is
trusted without it. The file's content says how to reach the server, and is there once the server answers.
"""

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from dlsei.embedded.failure import CannotStart

PATIENCE = 60.0
DETACHED = Path(__file__).with_name("detached.py")


def free_port(preferred: int | None = None) -> int:
    """A TCP port of 127.0.0.1 on which nothing listens: `preferred` if it is one, else any."""
    for port in (preferred or 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise CannotStart("No free port was found on 127.0.0.1.")


def answers(port: int) -> bool:
    """Whether something accepts connections on this port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


@contextlib.contextmanager
def locked(path: Path, how: int) -> Iterator[int]:
    """Hold the lock file `path` (`how`: an fcntl.LOCK_ constant), waiting up to a minute; gives the file descriptor."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(descriptor, how | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise CannotStart(
                        f"{path} has been locked by another process for a minute."
                    ) from None
                time.sleep(0.02)
        yield descriptor
    finally:
        os.close(descriptor)


class Server:
    """The living or dead server whose lock file is `directory/NAME.lock` and whose output goes to `directory/logs/NAME.log`."""

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        self.lock = directory / f"{name}.lock"
        self.log = directory / "logs" / f"{name}.log"

    def alive(self) -> bool:
        """Whether any process of the server lives."""
        with contextlib.suppress(FileNotFoundError):
            descriptor = os.open(self.lock, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            finally:
                os.close(descriptor)
        return False

    def recorded(self) -> dict[str, int]:
        """What is known of the server: `last_port`, and once it came up `pid` and `port`."""
        try:
            found = json.loads(self.lock.read_text() or "{}")
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def port(self) -> int | None:
        """The port on which the server answers now; None when it is not up."""
        port = self.recorded().get("port")
        return port if port and self.alive() and answers(port) else None

    def free_port(self) -> int:
        """The port this server had last, or another one when that is taken."""
        return free_port(self.recorded().get("last_port"))

    def start(self, command: Sequence[str], *, port: int, data: Path) -> int:
        """Start the server in the background; returns its process id. What is left of a killed one is waited for."""
        self.log.parent.mkdir(exist_ok=True)
        with locked(self.lock, fcntl.LOCK_EX) as descriptor:
            self.lock.write_text(json.dumps({"last_port": port}))
            started = subprocess.run(
                [sys.executable, "-I", DETACHED, self.log, data, *command],
                stdout=subprocess.PIPE,
                pass_fds=[descriptor],
                check=True,
            )
        return int(started.stdout)

    def came_up(self, *, pid: int, port: int) -> None:
        """Record that the server answers."""
        self.lock.write_text(json.dumps({"pid": pid, "port": port, "last_port": port}))

    def failed(self) -> CannotStart:
        """The refusal of a server that did not come up, with the last line it wrote."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        last = next((line for line in reversed(lines) if line.strip()), "it wrote nothing")
        return CannotStart(
            f"{self.name} did not start: {last.strip()} (the whole log: {self.log})."
        )

    def stop(self, how: signal.Signals) -> None:
        """End the server with a signal and wait until its last process is gone; a server that is down is left alone."""
        pid = self.recorded().get("pid")
        if not pid or not self.alive():
            return
        deadline = time.monotonic() + PATIENCE
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        while self.alive():
            if time.monotonic() > deadline:
                raise CannotStart(f"{self.name} (process {pid}) does not stop.")
            time.sleep(0.02)
