"""A scenario file played for HEC: `manage.py replay` in a process of its own, with its own database.

`dlsei.replay` stands above the apps and plays through them, so no app may import it. What it is
called by is its command, as anybody does at a terminal.
"""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

SECONDS = 600
FILE = "scenario.toml"


class Unplayable(Exception):
    """The file is no scenario, or playing it took too long; what is wrong with it, for who wrote it."""


def play(scenario: str, programme: str, progress: Callable[[float], None]) -> dict[str, Any]:
    """What came of each event and expectation of `scenario`, on the programme file `programme`.

    `progress` is told which share (0 to 1) is done. Raises `Unplayable`.
    """
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, FILE).write_text(scenario, encoding="utf-8")
        Path(directory, "programme.toml").write_text(programme, encoding="utf-8")
        command = [
            sys.executable,
            str(Path(settings.BASE_DIR) / "manage.py"),
            *("replay", FILE, "--programme", "programme.toml", "--json", "--progress"),
        ]
        with subprocess.Popen(
            command,
            cwd=directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        ) as process:
            return _followed(process, progress)


def _followed(
    process: "subprocess.Popen[str]", progress: Callable[[float], None]
) -> dict[str, Any]:
    """Reads both ends of the process as they speak; ends one that takes too long."""
    stdout, stderr = process.stdout, process.stderr
    assert stdout and stderr
    too_long = threading.Event()

    def end() -> None:
        too_long.set()
        process.terminate()

    clock = threading.Timer(SECONDS, end)
    out: list[str] = []
    reader = threading.Thread(target=lambda: out.append(stdout.read()))
    clock.start()
    reader.start()
    said = []
    try:
        for line in stderr:
            if line.startswith("progress "):
                progress(float(line.split()[1]))
            else:
                said.append(line)
        reader.join()
        code = process.wait()
    finally:
        clock.cancel()
        if process.poll() is None:
            process.terminate()
    if too_long.is_set():
        raise Unplayable(f"Playing it took more than {SECONDS // 60} minutes and was stopped.")
    # 0: as expected, 1: something was not; both have been played.
    if code not in (0, 1) or not out[0].strip():
        raise Unplayable("".join(said).strip() or f"replay ended with code {code}")
    (played,) = json.loads(out[0])["scenarios"]
    result: dict[str, Any] = played
    return result
