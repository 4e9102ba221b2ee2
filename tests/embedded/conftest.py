import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlsei.embedded import services
from dlsei.embedded.postgres import Postgres
from dlsei.embedded.valkey import Valkey


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A data directory of the test's own; whatever it started is stopped."""
    yield tmp_path
    Valkey(tmp_path).stop()
    Postgres(tmp_path).stop()


@pytest.fixture
def python(home: Path) -> Callable[..., "subprocess.Popen[str]"]:
    """Start a Python process of the project on the test's data directory."""

    def start(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
        inherited = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=services.PROJECT,
            env=inherited | {"DLSEI_DATA": str(home)} | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start
