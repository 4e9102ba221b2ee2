"""The frame of every write: one transaction, a lock timeout, a named actor and time, retries."""

import functools
import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

from dlsei import history, memory

P = ParamSpec("P")
R = TypeVar("R")

LOCK_TIMEOUT_SECONDS = 3
ATTEMPTS = 4
RETRIED = {"40001": "serialization failure", "40P01": "deadlock"}

COHORT, UNIVERSITY, PERSON = 1, 2, 3
"""Classes of advisory locks, in the order in which they are taken."""


class Busy(Exception):
    """Somebody else held the lock for longer than the timeout: nothing was changed, try again."""


def verb(write: Callable[P, R]) -> Callable[P, R]:
    """Makes `write(thing, *, by, now, ...)` one transaction that names its actor and time.

    Inside another verb it joins that verb's transaction: what fails in it undoes both, unless the
    outer one has a savepoint of its own around it. Outermost it retries serialization failures and
    deadlocks, and raises `Busy` when a lock could not be had in time.
    """

    @functools.wraps(write)
    def framed(*args: P.args, **kwargs: P.kwargs) -> R:
        outermost = not connection.in_atomic_block
        for attempt in range(1, ATTEMPTS + 1):
            try:
                # A verb within another one stands or falls with it: no savepoint of its own.
                with transaction.atomic(savepoint=not memory.in_verb()), memory.of_verb():
                    by, now = kwargs["by"], kwargs["now"]
                    assert isinstance(by, history.User | str) and isinstance(now, datetime)
                    patience = f"{LOCK_TIMEOUT_SECONDS}s" if outermost else ""
                    with history.acting(
                        by=by, now=now, to_the_end=outermost, lock_timeout=patience
                    ):
                        return write(*args, **kwargs)
            except OperationalError as error:
                code = getattr(error.__cause__, "sqlstate", None)
                if code == "55P03":
                    raise Busy from error
                if not (outermost and code in RETRIED and attempt < ATTEMPTS):
                    raise
                time.sleep(random.uniform(0.01, 0.05) * attempt)
        raise AssertionError("unreachable")

    return framed


def lock(kind: int, *ids: int) -> None:
    """Takes transaction-level advisory locks, by id, each in a statement of its own.

    The next statement's snapshot is then newer than what the lock's last holder wrote.
    """
    with connection.cursor() as cursor:
        for id_ in sorted(set(ids)):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [kind, id_])
