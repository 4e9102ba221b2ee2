"""The running product seen from outside: its processes, commands, mail catcher and sandbox."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.story.pages import Unexpected

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 75.0
"""Seconds to wait for what a beat tick may have to bring: a minute, and a little."""
T = TypeVar("T")


def wait_for(what: str, look: Callable[[], T | None], seconds: float = PATIENCE) -> T:
    """The first result of `look` that is something. Raises Unexpected when none came in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise Unexpected(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.5)


class Product:
    """A running `make run`, found by the `run.json` in its data directory."""

    def __init__(self, data: Path) -> None:
        self.data = data
        state = self.state()
        self.site = state["addresses"]["portal"].rstrip("/")
        self.mailbox = state["addresses"]["mailbox"].rstrip("/")
        self.sandbox = state["addresses"]["sandbox"].rstrip("/")
        self._smtp_port = str(state["ports"]["SMTP"])

    @classmethod
    def running(cls) -> "Product":
        """The one that `DLSEI_DATA` or the project's own .data/ names."""
        data = Path(os.environ.get("DLSEI_DATA") or PROJECT / ".data")
        if not (data / "run.json").exists():
            raise Unexpected(f"nothing runs with its data in {data}: start it with 'make run'")
        return cls(data)

    def state(self) -> dict[str, Any]:
        return json.loads((self.data / "run.json").read_text())

    def kill_worker(self) -> int:
        """Ends the worker as a power cut would; gives the process id it had."""
        pid = self.state()["pids"]["worker"]
        os.kill(pid, signal.SIGKILL)
        return pid

    def new_worker(self, old: int) -> int:
        """The process id of the worker that the launcher has started instead."""

        def look() -> int | None:
            pid = self.state()["pids"]["worker"]
            return pid if pid != old else None

        return wait_for("the launcher to start the worker again", look, 30)

    def manage(self, *arguments: str) -> str:
        """What a management command says. Raises Unexpected when it fails."""
        settings = {
            "DEMO": "true",
            "DLSEI_DATA": str(self.data),
            "SITE_URL": self.site,
            "COURSERA_URL": self.sandbox,
            "EMAIL_PORT": self._smtp_port,
            "LOG_LEVEL": "ERROR",
        }
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env=os.environ | settings,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            raise Unexpected(f"manage.py {' '.join(arguments)} failed: {said[-1500:]}")
        return done.stdout

    def job(self, name: str, at: str = "") -> dict[str, Any]:
        """The result of a scheduled job's command, as of a time in Karachi or now."""
        said = self.manage("job", name, "--json", *(["--at", at] if at else []))
        return json.loads(said.strip().splitlines()[-1])["result"]

    def learns(self, action: str, person: str, **fields: str) -> None:
        """Something a learner does on Coursera's pages, on the sandbox's."""
        answer = httpx.post(f"{self.sandbox}/{action}", data={"person": person, **fields})
        if answer.status_code != 303:
            raise Unexpected(f"the sandbox refused to {action} for {person}: {answer.text[-400:]}")

    def at_coursera(self, person: str) -> str:
        """What the sandbox's page says of a person."""
        return httpx.get(f"{self.sandbox}/", params={"q": person}).text

    def mails(self, to: str, holding: str = "") -> list[str]:
        """The texts of the mails to an address in the mail catcher, oldest first."""
        listed = httpx.get(f"{self.mailbox}/messages/").json()["messages"]
        numbers = sorted(m["id"] for m in listed if to in json.dumps(m["recipients"]))
        texts = [httpx.get(f"{self.mailbox}/messages/{n}.plain").text for n in numbers]
        return [text for text in texts if holding in text]

    def mail(self, to: str, holding: str) -> str:
        """The latest mail to an address that holds some words, waited for."""
        words = f"the mail with '{holding}' to {to}"
        return wait_for(words, lambda: self.mails(to, holding) or None)[-1]

    def code(self, to: str, seen: int = 0) -> str:
        """The code in the newest mail to an address, once there are more than `seen`."""

        def look() -> str | None:
            mails = self.mails(to)
            found = re.search(r"^\s+(\w[\w-]{4,12})\s*$", mails[-1], re.M) if mails else None
            return found[1] if found and len(mails) > seen else None

        return wait_for(f"the code to {to}", look, 30)
