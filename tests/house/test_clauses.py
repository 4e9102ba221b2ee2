"""Every clause of the policy is at work in some code and held by some test."""

import re
from functools import cache
from pathlib import Path

import pytest

from dlsei.embedded.services import PROJECT
from dlsei.policy.clauses import CLAUSES
from dlsei.policy.readings import READINGS

# They list every clause whatever becomes of it.
LISTS = {
    "dlsei/policy/clauses.py",
    "dlsei/policy/practice.py",
    "dlsei/policy/readings.py",
    "dlsei/policy/figures.py",
    "tests/policy/test_clauses_and_refusals.py",
    "tests/house/test_clauses.py",
    "tests/house/test_policy_is_explained.py",
}
APPS = ("dlsei", "licensing", "applications", "verification")


@cache
def sources(*roots: str) -> dict[str, str]:
    found = {}
    for path in (path for root in roots for path in (PROJECT / root).rglob("*")):
        name = path.relative_to(PROJECT).as_posix()
        if path.suffix in (".py", ".toml") and "migrations" not in path.parts and name not in LISTS:
            found[name] = path.read_text(encoding="utf-8")
    return found


def citing(id: str, files: dict[str, str]) -> list[str]:
    exactly = re.compile(rf"(?<![\w.]){re.escape(id)}(?!\w|\.\w)")
    return [name for name, text in files.items() if exactly.search(text)]


@pytest.mark.parametrize("id", CLAUSES)
def test_a_clause_is_at_work(id: str) -> None:
    assert citing(id, sources(*APPS)), f"no code cites {id}"


@pytest.mark.parametrize("id", CLAUSES)
def test_a_clause_is_tested(id: str) -> None:
    assert citing(id, sources("tests")), f"no test cites {id}"


@pytest.mark.parametrize("id", READINGS)
def test_a_reading_is_at_work(id: str) -> None:
    assert citing(id, sources(*APPS)), f"no code cites {id}"


def test_nothing_cites_a_clause_that_is_not_there() -> None:
    """A typing error in a citation would make it worthless."""
    cited = re.compile(
        r"(?<![\w.§])(4\.[12]\.[a-z]|5\.(?:iv|i{1,3}|z)|[123]\.[a-c]|A\.\d)(?!\w|\.\w)"
    )
    unknown = {
        (Path(name).name, id)
        for name, text in sources(*APPS, "tests").items()
        for id in cited.findall(text)
        if id not in CLAUSES
    }

    assert unknown == set()
