"""What came of a replay, for people and as JSON; and a bar that shows how far it is."""

import json
import sys
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TextIO

from dlsei.policy.calendar_days import KARACHI
from dlsei.replay.play import Checked, Happened, Played


def as_lines(played: Iterable[Played]) -> list[str]:
    """One line an unmet expectation, then how many were met and not."""
    lines, met = [], 0
    for one in played:
        file = one.scenario.file
        lines += [_event_line(file, event) for event in one.happened if not event.passed]
        lines += [_line(file, checked) for checked in one.checked if not checked.passed]
        met += sum(checked.passed for checked in one.checked)
    return [*lines, f"{met} passed, {len(lines)} failed"]


def as_json(played: Iterable[Played]) -> str:
    """The one object that `--json` prints."""
    return json.dumps({"scenarios": [_scenario(one) for one in played]}, ensure_ascii=False)


def _scenario(played: Played) -> dict[str, Any]:
    return {
        "file": played.scenario.file,
        "title": played.scenario.title,
        "passed": played.passed,
        "events": [
            {
                "n": one.step.n,
                "at": _time(one.step.at),
                "do": one.step.do,
                "who": one.step.who,
                "outcome": one.outcome,
            }
            for one in played.happened
        ],
        "expectations": [
            {
                "n": one.expectation.n,
                "at": _time(one.expectation.at),
                "subject": one.expectation.subject,
                "passed": one.passed,
                "expected": _plain(one.expected),
                "actual": _plain(one.actual),
            }
            for one in played.checked
        ],
    }


def _event_line(file: str, one: Happened) -> str:
    who = f" {one.step.who}" if one.step.who else ""
    return (
        f"{file}: event {one.step.n} ({one.step.do}{who}, {_time(one.step.at)}):"
        f" expected {one.step.outcome}, actual {one.outcome}"
    )


def _line(file: str, one: Checked) -> str:
    keys = [key for key in one.expected if one.expected[key] != one.actual[key]]
    return (
        f"{file}: expectation {one.expectation.n}"
        f" ({one.expectation.subject}, {_time(one.expectation.at)}):"
        f" expected {_words(one.expected, keys)}, actual {_words(one.actual, keys)}"
    )


def _words(values: dict[str, Any], keys: list[str]) -> str:
    shown = _plain({key: values[key] for key in keys})
    return ", ".join(f"{key} = {json.dumps(v, ensure_ascii=False)}" for key, v in shown.items())


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in values.items()}


def _time(at: datetime) -> str:
    local = at.astimezone(KARACHI)
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"


class Bar:
    """A progress bar on a terminal, shown once a replay has taken two seconds."""

    WIDTH = 30

    def __init__(self, out: TextIO = sys.stderr) -> None:
        self._out = out
        self._began = time.monotonic()
        self._shown = False

    def show(self, share: float, title: str) -> None:
        """Shows that this share (0 to 1) of the scenario `title` is done."""
        if not self._out.isatty() or time.monotonic() - self._began < 2:
            return
        filled = round(share * self.WIDTH)
        bar = "█" * filled + "·" * (self.WIDTH - filled)
        self._out.write(f"\r\033[K{bar} {share:4.0%} {title[:60]}")
        self._out.flush()
        self._shown = True

    def clear(self) -> None:
        """Takes the bar away before anything else is printed."""
        if self._shown:
            self._out.write("\r\033[K")
            self._out.flush()


class Lines:
    """How far a replay is, on a line of its own for every percent: `progress 0.42`."""

    def __init__(self, scenarios: int, out: TextIO = sys.stderr) -> None:
        self._out = out
        self._scenarios = scenarios
        self._done, self._percent = -1, -1
        self._title: str | None = None

    def show(self, share: float, title: str) -> None:
        """Says that this share (0 to 1) of the scenario `title` is done, with all before it."""
        if title != self._title:
            self._title, self._done = title, self._done + 1
        percent = int(100 * (self._done + share) / self._scenarios)
        if percent != self._percent:
            self._percent = percent
            self._out.write(f"progress {percent / 100}\n")
            self._out.flush()

    def clear(self) -> None:
        """Nothing has to be taken away."""
