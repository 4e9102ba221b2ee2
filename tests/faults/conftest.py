"""Real Celery workers on a Redis of the test's own, to be killed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery

from dlsei.embedded.services import PROJECT
from dlsei.embedded.valkey import Valkey
from tests.edges import coursera, smtp

__all__ = ["coursera", "smtp"]
PATIENCE_SECONDS = 40


def until(met: Callable[[], Any], what: str) -> Any:
    """Waits until `met()` is true and returns it; fails, saying `what` did not happen."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := met():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {PATIENCE_SECONDS} seconds")


class Broker:
    """A Redis of the test's own, and what stands in its queue."""

    def __init__(self, home: Path) -> None:
        self._server = Valkey(home)
        self.url = self._server.start()

    def send(self, *jobs: str) -> None:
        """Puts a tick of each job into the queue, as beat does."""
        with Celery("beat", broker=self.url) as beat:
            for job in jobs:
                beat.send_task(f"dlsei.{job}", ignore_result=True)

    def jobs(self) -> set[str]:
        """The names of the jobs for which a message waits."""
        messages = redis.Redis.from_url(self.url).lrange("celery", 0, -1)
        return {json.loads(message)["headers"]["task"] for message in messages}

    @property
    def waiting(self) -> int:
        """Messages that no worker has taken."""
        return int(redis.Redis.from_url(self.url).llen("celery"))

    @property
    def unacknowledged(self) -> int:
        return int(redis.Redis.from_url(self.url).hlen("unacked"))

    def kill(self) -> None:
        os.kill(self._server.server.recorded()["pid"], signal.SIGKILL)
        until(lambda: not self._server.server.alive(), "Redis is gone")

    def start(self) -> None:
        """Starts again on the same port and data."""
        assert self._server.start() == self.url

    def stop(self) -> None:
        self._server.stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    tmp_path.chmod(0o711)
    broker = Broker(tmp_path)
    yield broker
    broker.stop()


@pytest.fixture
def environment(broker: Broker, smtp: Any, coursera: Any, settings: Any) -> dict[str, str]:
    """What a process of the product needs to work on the test's database, Redis, mail server, Coursera."""
    from django.db import connection

    database = connection.settings_dict
    return os.environ | {
        "DATABASE_URL": "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database),
        "REDIS_URL": broker.url,
        "SECRET_KEY": settings.SECRET_KEY,
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(smtp.port),
        "COURSERA_URL": coursera.url,
        "COURSERA_REPORT_LAG_HOURS": "0",
        "CONN_MAX_AGE": "0",
    }


@pytest.fixture
def worker(
    environment: dict[str, str], tmp_path: Path
) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Starts a worker at a time; its log is in the test's directory. Whatever is left of it is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start(now: datetime, *arguments: str) -> "subprocess.Popen[bytes]":
        with (tmp_path / f"worker-{len(started)}.log").open("wb") as log:
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.faults.worker", now.isoformat(), *arguments],
                    cwd=PROJECT,
                    env=environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )
        return started[-1]

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
