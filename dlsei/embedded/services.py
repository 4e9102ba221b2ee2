"""The embedded services as the rest of the product sees them: two URLs, quickly.

`python -m dlsei.embedded.services start|stop|reset` is for the Makefile.
"""

import fcntl
import os
import secrets
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from dlsei.embedded.failure import CannotStart
from dlsei.embedded.postgres import Postgres
from dlsei.embedded.server import locked
from dlsei.embedded.valkey import Valkey

PROJECT = Path(__file__).resolve().parents[2]
_claims: list[int] = []


class Urls(NamedTuple):
    """Where the services are; empty for one that was not asked for."""

    database: str
    redis: str


def directory() -> Path:
    """Where the embedded services keep their data: DLSEI_DATA, or `.data` beside manage.py."""
    return Path(os.environ.get("DLSEI_DATA") or PROJECT / ".data").resolve()


def ensure(*, postgres: bool = True, redis: bool = True) -> Urls:
    """Find or start the services asked for, for any process of the product.

    While this process lives, `stop` and `reset` leave the services alone. Raises CannotStart.
    """
    home = prepare_directory()
    _claim(home)
    return Urls(
        database=_up(Postgres(home), home) if postgres else "",
        redis=_up(Valkey(home), home) if redis else "",
    )


def pids() -> dict[str, int]:
    """The process ids of the embedded services that have come up, by name."""
    servers = (Postgres(directory()).server, Valkey(directory()).server)
    return {s.name: s.recorded()["pid"] for s in servers if s.alive() and "pid" in s.recorded()}


def secret_key() -> str:
    """The signing key of this machine's installation, made once."""
    path = prepare_directory() / "secret-key"
    with locked(path, fcntl.LOCK_EX) as descriptor:
        key = os.read(descriptor, 200).decode()
        if not key:
            key = secrets.token_urlsafe(50)
            os.write(descriptor, key.encode())
    return key


def release() -> None:
    """Give up what `ensure` claimed for this process, so that it may stop the services itself."""
    while _claims:
        os.close(_claims.pop())


def stop() -> bool:
    """Stop both services unless a process uses them; returns whether they are down. Raises CannotStart."""
    home = directory()
    if not home.exists():
        return True
    descriptor = os.open(home / "in-use.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        Valkey(home).stop()
        Postgres(home).stop()
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def reset() -> None:
    """Stop the services and delete all data. Raises CannotStart while another process uses them."""
    if not stop():
        raise CannotStart(
            "The data is still in use, by a 'make run' or a test run: stop that one first."
        )
    shutil.rmtree(directory(), ignore_errors=True)


def prepare_directory() -> Path:
    """The data directory, made if it is not there. Raises CannotStart when it cannot be."""
    home = directory()
    if home.is_dir() and home.stat().st_uid != os.geteuid():
        raise CannotStart(
            f"{home} belongs to another account (user id {home.stat().st_uid}): "
            "go on as that one, or name another directory in DLSEI_DATA."
        )
    try:
        home.mkdir(mode=0o711, parents=True, exist_ok=True)
        (home / "starting.lock").touch(mode=0o600)
    except OSError as error:
        raise CannotStart(
            f"{home} cannot be written to ({error.strerror}): name another directory in DLSEI_DATA."
        ) from None
    return home


def _claim(home: Path) -> None:
    if not _claims:
        descriptor = os.open(home / "in-use.lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        _claims.append(descriptor)


def _up(service: Postgres | Valkey, home: Path) -> str:
    url = service.url()
    if not url:
        with locked(home / "starting.lock", fcntl.LOCK_EX):
            url = service.url() or service.start()
    return url


def main(verb: str) -> None:
    """Do for the Makefile what `verb` says."""
    if verb == "start":
        print("\n".join(ensure()))
    elif verb == "stop":
        print(
            "Services are down."
            if stop()
            else "Services are left running: another process uses them."
        )
    elif verb == "reset":
        reset()
        print("All data is deleted; the next start is a first start.")
    else:
        raise CannotStart("Say start, stop or reset.")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:2])
    except CannotStart as refusal:
        sys.exit(str(refusal))
