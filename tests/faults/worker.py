"""A Celery worker of the product that lives at a test's time and dies where the test says.

`python -m tests.faults.worker NOW [--die before|after DOTTED.NAME NTH [whole|child]] [--set DOTTED.NAME=N]`:
the process that makes the nth call of the named function kills, before or after it, the whole worker
or itself alone, by SIGKILL.
"""

import argparse
import os
import pkgutil
import signal
from collections.abc import Callable
from datetime import datetime
from typing import Any


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("now", type=datetime.fromisoformat)
    parser.add_argument("--die", nargs=4, metavar=("WHEN", "NAME", "NTH", "WHO"))
    parser.add_argument("--set", action="append", default=[], metavar="NAME=N")
    parser.add_argument(
        "--after-commit", action="store_true", help="the function is called after the commit only"
    )
    parser.add_argument("--once", default="", help="a file whose being there says: died already")
    return parser.parse_args()


def replace(name: str, by: Callable[[Any], Any]) -> None:
    holder, _, attribute = name.rpartition(".")
    place = pkgutil.resolve_name(holder)
    setattr(place, attribute, by(getattr(place, attribute)))


def dying(when: str, nth: int, who: str, once: str) -> Callable[[Any], Any]:
    calls: list[int] = []

    def die() -> None:
        calls.append(1)
        if len(calls) == nth and not (once and os.path.exists(once)):
            if once:
                open(once, "w").close()
            (os.killpg if who == "whole" else os.kill)(
                os.getpgrp() if who == "whole" else os.getpid(), signal.SIGKILL
            )

    def wrapped(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*of: Any, **also: Any) -> Any:
            if when == "before":
                die()
            result = call(*of, **also)
            if when == "after":
                die()
            return result

        return called

    return wrapped


def after_commit(call: Callable[..., Any]) -> Callable[..., Any]:
    from django.db import transaction

    return lambda *of, **also: transaction.on_commit(lambda: call(*of, **also))


def main() -> None:
    import django

    django.setup()
    from django.utils import timezone

    from dlsei.celery import app

    chosen = arguments()
    timezone.now = lambda: chosen.now
    for pair in chosen.set:
        name, _, number = pair.partition("=")
        replace(name, lambda before, number=number: int(number))
    if chosen.die:
        when, name, nth, who = chosen.die
        replace(name, dying(when, int(nth), who, chosen.once))
        if chosen.after_commit:
            replace(name, after_commit)
    app.worker_main(
        ["worker", "--concurrency", "1", "--without-gossip", "--without-mingle"]
        + ["--loglevel", "INFO"]
    )


if __name__ == "__main__":
    main()
