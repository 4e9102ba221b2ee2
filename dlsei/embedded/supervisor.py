"""Keep a handful of processes running: start them, start a crashed one again, stop them all."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dlsei.embedded.failure import CannotStart

GRACE_SECONDS = 15.0
SHORT_LIFE_SECONDS = 10.0
SHORT_LIVES_ALLOWED = 5
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """In a child between fork and exec: have the kernel end it when the launcher is gone, even by `kill -9`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Process:
    """One supervised process: what to run, where its output goes, what its environment has besides."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    popen: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    short_lives: int = field(default=0)

    def last_words(self) -> str:
        """The last line of the log that says anything."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return next((line.strip() for line in reversed(lines) if line.strip()), "nothing")


class Supervisor:
    """The processes of one `make run`, each leader of its own process group so that none leaves anything behind."""

    def __init__(
        self, *, cwd: Path, environment: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        self.cwd = cwd
        self.environment = environment
        self.say = say
        self.processes: dict[str, Process] = {}

    def run(self, process: Process) -> None:
        """Run a process to its end. Raises CannotStart when it fails."""
        self.start(process)
        assert process.popen
        code = process.popen.wait()
        del self.processes[process.name]
        if code != 0:
            raise CannotStart(
                f"The step '{process.name}' failed: {process.last_words()} (the whole log: {process.log})."
            )

    def start(self, process: Process) -> None:
        """Start a process in the background, its output appended to its log."""
        process.log.parent.mkdir(parents=True, exist_ok=True)
        with process.log.open("ab") as log:
            process.popen = subprocess.Popen(
                process.command,
                cwd=self.cwd,
                env=dict(self.environment) | dict(process.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        process.started = time.monotonic()
        self.processes[process.name] = process

    def pids(self) -> dict[str, int]:
        """The process ids of the running processes by name."""
        return {
            name: process.popen.pid for name, process in self.processes.items() if process.popen
        }

    def revive(self) -> bool:
        """Start again what has ended by itself; returns whether there was any. Raises CannotStart when one keeps crashing."""
        ended = [p for p in self.processes.values() if p.popen and p.popen.poll() is not None]
        for process in ended:
            self._end_group(process)
            self._count_short_life(process)
            self.say(f"{process.name} ended by itself ({self._how(process)}); it is started again.")
            self.start(process)
        return bool(ended)

    def stop(self) -> None:
        """End every process and whatever they started: asked first, killed after the grace period."""
        for process in self.processes.values():
            if process.popen and process.popen.poll() is None:
                process.popen.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for process in self.processes.values():
            if process.popen:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.popen.wait(timeout=max(0.0, deadline - time.monotonic()))
                self._end_group(process)
                process.popen.wait()
        self.processes.clear()

    def _count_short_life(self, process: Process) -> None:
        short = time.monotonic() - process.started < SHORT_LIFE_SECONDS
        process.short_lives = process.short_lives + 1 if short else 0
        if process.short_lives > SHORT_LIVES_ALLOWED:
            raise CannotStart(
                f"{process.name} keeps ending: {process.last_words()} (the whole log: {process.log})."
            )

    @staticmethod
    def _end_group(process: Process) -> None:
        assert process.popen
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.popen.pid, signal.SIGKILL)

    @staticmethod
    def _how(process: Process) -> str:
        assert process.popen
        code = process.popen.returncode
        return f"signal {-code}" if code < 0 else f"exit code {code}"
