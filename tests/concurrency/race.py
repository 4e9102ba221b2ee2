"""Real processes on the real database, started together."""

import multiprocessing
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections

from dlsei import schedule

_fork = multiprocessing.get_context("fork")
LIMIT_SECONDS = 60


def race(*racers: Callable[[Callable[[], None]], Any]) -> list[Any]:
    """Runs each racer in a process of its own and returns what each returned, in order.

    A racer is given `meet()`, which returns when all have called it. What a racer raises comes back
    as its text, beginning with the exception's name. Nudges reach nobody.
    """
    barrier = _fork.Barrier(len(racers))
    results: Any = _fork.Queue()

    def run(number: int, racer: Callable[[Callable[[], None]], Any]) -> None:
        connections.close_all()
        try:
            with schedule.nudges_to(lambda job: None):
                result = racer(lambda: barrier.wait(LIMIT_SECONDS) and None)
        except Exception as error:
            barrier.abort()
            result = f"{type(error).__name__}: {error}\n{traceback.format_exc()}"
        results.put((number, result))
        connections.close_all()

    connections.close_all()
    processes = [
        _fork.Process(target=run, args=(number, racer)) for number, racer in enumerate(racers)
    ]
    for process in processes:
        process.start()
    found = dict(results.get(timeout=LIMIT_SECONDS) for _ in processes)
    for process in processes:
        process.join(LIMIT_SECONDS)
    return [found[number] for number in range(len(racers))]


def dealt(items: Sequence[Any], hands: int) -> list[Sequence[Any]]:
    """Items dealt out like cards."""
    return [items[hand::hands] for hand in range(hands)]
