"""Measuring product and floor in one run, so that a noisy machine moves both."""

import statistics
import time
from collections.abc import Callable

from django.db import connection, transaction

ROUNDS = 5


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def undone(work: Callable[[], object]) -> float:
    """How long `work` takes, constraints and triggers at its end included; its rows do not stay."""
    with transaction.atomic():
        # What was set up before is not this work's to check.
        connection.check_constraints()
        took = seconds(lambda: (work(), connection.check_constraints()))
        transaction.set_rollback(True)
    return took


def ratio(what: str, product: Callable[[], float], floor: Callable[[], float]) -> float:
    """The median of product ÷ floor over rounds that alternate, printed with both."""
    pairs = [(product(), floor()) for _ in range(ROUNDS)]
    of_product = statistics.median(p for p, _ in pairs)
    of_floor = statistics.median(f for _, f in pairs)
    found = of_product / of_floor
    print(f"{what}: {of_product:.3f} s, floor {of_floor:.3f} s, ratio {found:.2f}")
    return found
