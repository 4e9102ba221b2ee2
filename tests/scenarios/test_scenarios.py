"""Every scenario file beside this one is played and met; together they cite every clause."""

from pathlib import Path

import pytest

from dlsei.policy.clauses import CLAUSES
from dlsei.replay import play, report, scenario, scratch
from dlsei.replay.vocabulary import EVENTS
from tests.scenarios.conftest import BASE, HERE

FILES = sorted(HERE.glob("*.toml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_scenario(file: Path, template: str, caplog: pytest.LogCaptureFixture) -> None:
    given = scenario.read(str(file), BASE)
    with scratch.copy_of(template):
        played = play.play(given)
    unmet = report.as_lines([played])[:-1]
    assert not unmet, "\n".join(unmet)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_every_clause_is_cited() -> None:
    text = "\n".join(file.read_text(encoding="utf-8") for file in FILES)
    cited = {word.strip('(),.;:"#') for word in text.split()}
    assert [clause for clause in CLAUSES if clause not in cited] == []


def test_every_event_happens_somewhere() -> None:
    done = {step.do for file in FILES for step in scenario.read(str(file), BASE).steps}
    assert done == set(EVENTS)
