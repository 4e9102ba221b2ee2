"""`make run`: the whole product on this machine, from the first table to the last process."""

import fcntl
import http.client
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

import environ

from dlsei.embedded import environment, services
from dlsei.embedded.failure import CannotStart
from dlsei.embedded.server import answers
from dlsei.embedded.supervisor import Process, Supervisor

PORTS = {
    "web": ("DLSEI_WEB_PORT", 8000),
    "Coursera sandbox": ("DLSEI_SANDBOX_PORT", 8002),
    "SMTP": ("DLSEI_SMTP_PORT", 8025),
    "mailbox": ("DLSEI_MAILBOX_PORT", 8026),
}
READY_SECONDS = 90.0
BEAT_OF_THE_WATCH = 0.25
MAILDUMP = "from maildump_runner.main import main; main()"


class Stopped(BaseException):
    """Ctrl-C, SIGTERM, or the terminal was closed."""


def say(line: str) -> None:
    """Tell the person at the terminal, at once."""
    print(line, flush=True)


@contextmanager
def step(name: str) -> Iterator[None]:
    """A line of progress: the name at the beginning, the seconds at the end."""
    print(f"  {name} …", end="", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    say(f" {time.monotonic() - began:.1f} s")


def chosen_ports() -> dict[str, int]:
    """The port of each listener, from the environment or the usual one. Raises CannotStart when one is no port or taken."""
    ports = {}
    for name, (variable, usual) in PORTS.items():
        value = os.environ.get(variable) or str(usual)
        if not value.isdigit() or not 0 < int(value) < 65536:
            raise CannotStart(f"{variable} is '{value}', which is not a port number.")
        ports[name] = int(value)
        if answers(ports[name]):
            raise CannotStart(
                f"Port {value} ({name}) is taken by another program: "
                f"stop that one, or choose another port, as in '{variable}={ports[name] + 1000} make run'."
            )
    return ports


class Product:
    """One run of the product on this machine, its data in `home`, its listeners on `ports` (port numbers by name)."""

    def __init__(self, home: Path, ports: dict[str, int]) -> None:
        self.home = home
        self.ports = ports
        self.addresses = {
            "portal": f"http://localhost:{ports['web']}/",
            "admin": f"http://localhost:{ports['web']}/admin/",
            "mailbox": f"http://localhost:{ports['mailbox']}/",
            "sandbox": f"http://localhost:{ports['Coursera sandbox']}/",
            "smtp": f"localhost:{ports['SMTP']}",
        }
        defaults = {
            "DEMO": "true",
            "SITE_URL": self.addresses["portal"].rstrip("/"),
            "EMAIL_HOST": "localhost",
            "EMAIL_PORT": str(ports["SMTP"]),
            "COURSERA_URL": self.addresses["sandbox"].rstrip("/"),
        }
        self.supervisor = Supervisor(
            cwd=services.PROJECT, environment=defaults | dict(os.environ), say=say
        )

    def start_services(self) -> None:
        """Find or start what no URL was given for."""
        services.ensure(
            postgres=not os.environ.get("DATABASE_URL"), redis=not os.environ.get("REDIS_URL")
        )

    def prepare(self) -> None:
        """Tables on every start; programme, universities and demo data on the first. Raises CannotStart."""
        (self.home / "static").mkdir(exist_ok=True)
        self._command("tables", "migrate", "--noinput")
        if self._sign_ins().exists():
            return
        self._command("programme", "load_programme", "--shift-to-today", "--yes")
        self._command("universities", "load_universities")
        said = self._command("demo data", "load_demo")
        self._sign_ins().touch(mode=0o600)
        self._sign_ins().write_text(said)

    def start(self) -> None:
        """Start the processes and wait until each is ready. Raises CannotStart."""
        began = time.monotonic()
        celery = [sys.executable, "-m", "celery", "-A", "dlsei.celery"]
        manage = [sys.executable, "manage.py"]
        port = {name: str(number) for name, number in self.ports.items()}
        commands = {
            "mailbox": [sys.executable, "-c", MAILDUMP, "--foreground", "--no-quit"]
            + ["--smtp-port", port["SMTP"], "--http-port", port["mailbox"]]
            + ["--db", str(self.home / "mailbox.sqlite")],
            "sandbox": [*manage, "coursera_sandbox", "--port", port["Coursera sandbox"]]
            + ["--state", str(self.home / "coursera-sandbox")],
            "web": [sys.executable, "-m", "gunicorn", "dlsei.wsgi:application"]
            + [
                "--bind",
                f"127.0.0.1:{port['web']}",
                "--workers",
                "2",
                "--threads",
                "4",
                "--preload",
            ]
            + ["--no-control-socket"],
            "worker": [*celery, "worker", "--concurrency", "2", "--loglevel", "INFO"]
            + ["--without-gossip", "--without-mingle"],
            "beat": [*celery, "beat", "--loglevel", "INFO", "--pidfile", ""]
            + ["--schedule", str(self.home / "celerybeat-schedule")],
        }
        for name, command in commands.items():
            log = self.home / "logs" / f"{name}.log"
            log.unlink(missing_ok=True)
            self.supervisor.start(Process(name, command, log))
        for name, ready in self._signs_of_readiness().items():
            print(f"  {name} …", end="", flush=True)
            self._wait_for(name, ready)
            say(f" {time.monotonic() - began:.1f} s")
        self._write_state()

    def watch(self) -> NoReturn:
        """Keep everything up until a signal ends it. Raises CannotStart when a process keeps crashing."""
        while True:
            time.sleep(BEAT_OF_THE_WATCH)
            before = services.pids()
            self.start_services()
            revived = [name for name, pid in services.pids().items() if before.get(name) != pid]
            for name in revived:
                say(f"{name} ended by itself; it is started again.")
            if self.supervisor.revive() or revived:
                self._write_state()

    def stop(self) -> None:
        """End every process, then the services unless another process uses them."""
        self.supervisor.stop()
        (self.home / "run.json").unlink(missing_ok=True)
        services.release()
        if not services.stop():
            say("PostgreSQL and Redis are left running: another process uses them.")

    def describe(self) -> str:
        """The addresses and sign-ins."""
        lines = {
            "Apply here": "portal",
            "Admin portal": "admin",
            "Mails sent": "mailbox",
            "Coursera sandbox": "sandbox",
        }
        addresses = "\n".join(f"  {name:<18}{self.addresses[key]}" for name, key in lines.items())
        return f"\n{addresses}\n\n{self._sign_ins().read_text().strip()}\n"

    def _sign_ins(self) -> Path:
        return self.home / "sign-ins.txt"

    def _command(self, name: str, *arguments: str) -> str:
        log = self.home / "logs" / f"{arguments[0]}.log"
        log.unlink(missing_ok=True)
        command = [sys.executable, "manage.py", *arguments]
        with step(name):
            # What a command says is shown to the person at the terminal: no log lines in between.
            self.supervisor.run(Process(name, command, log, {"LOG_LEVEL": "ERROR"}))
        return log.read_text()

    def _signs_of_readiness(self) -> dict[str, Callable[[], bool]]:
        logs = self.home / "logs"
        return {
            "mailbox": lambda: answers(self.ports["mailbox"]) and answers(self.ports["SMTP"]),
            "sandbox": lambda: answers(self.ports["Coursera sandbox"]),
            "web": self._web_serves,
            "worker": lambda: " ready." in (logs / "worker.log").read_text(errors="replace"),
            "beat": lambda: "beat: Starting" in (logs / "beat.log").read_text(errors="replace"),
        }

    def _web_serves(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["web"], timeout=30)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status < 500
        except OSError:
            return False
        finally:
            connection.close()

    def _wait_for(self, name: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        process = self.supervisor.processes[name]
        while not ready():
            ended = process.popen is not None and process.popen.poll() is not None
            if ended or time.monotonic() > deadline:
                say("")
                raise CannotStart(
                    f"{name} did not come up: {process.last_words()} (the whole log: {process.log})."
                )
            time.sleep(0.1)

    def _write_state(self) -> None:
        state = {
            "addresses": self.addresses,
            "ports": self.ports,
            "pids": {"launcher": os.getpid()} | self.supervisor.pids() | services.pids(),
        }
        unfinished = self.home / "run.json.new"
        unfinished.write_text(json.dumps(state, indent=1))
        unfinished.rename(self.home / "run.json")


def on_signal(_number: int, _frame: FrameType | None) -> NoReturn:
    """Leave whatever is going on, once."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


def main() -> None:
    """Run the product until a signal. Exits with 1 and one sentence when that is not possible."""
    began = time.monotonic()
    environ.Env.read_env(services.PROJECT / ".env")
    home = services.prepare_directory()
    with (home / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(f"'make run' is running already, with its data in {home}.") from None
        environment.check_space(str(home))
        product = Product(home, chosen_ports())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, on_signal)
        try:
            with step("PostgreSQL and Redis"):
                product.start_services()
            product.prepare()
            product.start()
            say(product.describe())
            say(
                f"Up after {time.monotonic() - began:.0f} s. Logs: {home / 'logs'}. Ctrl-C stops everything."
            )
            product.watch()
        except Stopped:
            say("\nStopping …")
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            product.stop()
    say("Stopped.")


if __name__ == "__main__":
    try:
        main()
    except CannotStart as refusal:
        sys.exit(str(refusal))
