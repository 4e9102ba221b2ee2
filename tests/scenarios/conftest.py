"""Scratch databases for scenario files, copied from one template a run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dlsei.management.commands.replay import SHIPPED
from dlsei.policy import programme
from dlsei.policy.programme import Tables
from dlsei.replay import play, scenario, scratch

HERE = Path(__file__).parent
BASE = programme.parse(SHIPPED.read_text(encoding="utf-8"), SHIPPED.name)


class Unmet(Exception):
    """An event ended, or something was, otherwise than the scenario says."""


@dataclass(frozen=True)
class MetEvent(play.Happened):
    def __post_init__(self) -> None:
        if not self.passed:
            raise Unmet(f"event {self.step.n}: {self.outcome}")


@dataclass(frozen=True)
class MetExpectation(play.Checked):
    def __post_init__(self) -> None:
        if not self.passed:
            raise Unmet(f"expectation {self.expectation.n}: {self.actual}, not {self.expected}")


@pytest.fixture(scope="session")
def template(django_db_blocker: pytest.FixtureRequest) -> Iterator[str]:
    with django_db_blocker.unblock(), scratch.template() as name:
        yield name


Play = Callable[..., None]


@pytest.fixture
def play_to_the_first_unmet(template: str, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Plays a scenario on a programme; raises `Unmet` at the first thing that is otherwise."""
    monkeypatch.setattr(play, "Happened", MetEvent)
    monkeypatch.setattr(play, "Checked", MetExpectation)

    def played(name: str, base: Tables = BASE) -> None:
        given = scenario.read(str(HERE / f"{name}.toml"), base)
        with scratch.copy_of(template):
            play.play(given)

    return played
