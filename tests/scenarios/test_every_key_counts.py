"""Whoever changes a figure of the programme sees a scenario fail: the policy is data, all of it.

The keys are those of the shipped file, whatever they are: a new one without a scenario fails here.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from dlsei.embedded.services import PROJECT
from dlsei.policy import programme
from dlsei.policy.programme import ProgrammeError, Tables
from tests.scenarios.conftest import BASE, Play, Unmet

Key = tuple[str | int, ...]
ONE, TWO = ("cohorts", "Cohort I"), ("cohorts", "Cohort II")
STAGES = ("revocation", "5.iv", "stages")
ABSENT = object()

# The scenario that a key decides, and the other value at which it turns.
DECIDES: Mapping[Key, tuple[str, Any]] = {
    (*ONE, "starts"): ("the-first-day", "2023-01-03"),
    (*ONE, "ends"): ("the-first-day", "2023-07-30"),
    (*ONE, "intake_from"): ("the-first-day", "2023-01-03"),
    (*ONE, "intake_until"): ("intake-changes-over", "2023-07-11"),
    (*ONE, "tranches", 0, "size"): ("the-first-day", 17999),
    (*ONE, "tranches", 0, "from"): ("the-first-day", "2023-01-03"),
    (*ONE, "tranches", 1, "size"): ("bucket-as-shipped", 2001),
    (*ONE, "tranches", 1, "from"): ("bucket-as-shipped", "2023-02-13"),
    (*ONE, "paid_years"): ("paid-on-the-last-day", [2021, 2022]),
    (*ONE, "clause"): ("the-turn-in-three-days", "1.c"),
    (*TWO, "follows"): ("intake-changes-over", ABSENT),
    (*TWO, "starts"): ("the-turn-in-three-days", "2023-08-02"),
    (*TWO, "ends"): ("the-last-day", "2024-02-14"),
    (*TWO, "intake_from"): ("intake-changes-over", "2023-07-14"),
    (*TWO, "intake_until"): ("the-last-day", "2024-02-14"),
    (*TWO, "decide_carried_by"): ("pending-in-july", "2023-07-08"),
    (*TWO, "tranches", 0, "size"): ("intake-changes-over", 25999),
    (*TWO, "tranches", 0, "from"): ("the-turn-in-three-days", "2023-08-02"),
    (*TWO, "issue_from", "P1"): ("the-turn-in-three-days", "2023-08-02"),
    (*TWO, "issue_from", "P2"): ("the-turn-in-three-days", "2023-08-02"),
    # Windows open in order: P3 can only move with P4.
    (*TWO, "issue_from", "P3"): ("the-turn-in-three-days", "2023-08-04"),
    (*TWO, "issue_from", "P4"): ("the-turn-in-three-days", "2023-08-04"),
    (*TWO, "paid_years"): ("paid-on-the-last-day", []),
    (*TWO, "clause"): ("the-last-day", "1.a"),
    ("paid_clauses", "2021"): ("paid-on-the-last-day", "2.b"),
    ("paid_clauses", "2022"): ("the-last-day", "A.4"),
    ("revocation", "5.i", "days"): ("the-first-day", 14),
    ("revocation", "5.i", "mode"): ("idle-while-nothing-ran", "review"),
    ("revocation", "5.ii", "days"): ("the-first-day", 14),
    ("revocation", "5.ii", "mode"): ("idle-while-nothing-ran", "review"),
    ("revocation", "5.iii", "days"): ("the-first-day", 29),
    ("revocation", "5.iii", "mode"): ("idle-while-nothing-ran", "review"),
    (*STAGES, 0, "days"): ("the-first-day", 29),
    (*STAGES, 0, "mode"): ("stages-of-inactivity", "automatic"),
    (*STAGES, 1, "days"): ("stages-of-inactivity", 61),
    (*STAGES, 1, "mode"): ("stages-of-inactivity", "automatic"),
    (*STAGES, 2, "days"): ("stages-of-inactivity", 91),
    (*STAGES, 2, "mode"): ("stages-of-inactivity", "review"),
    ("revocation", "brake", "licenses"): ("idle-while-nothing-ran", 0),
    ("revocation", "brake", "share"): ("the-brakes-share", 0.05),
    ("warnings", "days_before"): ("warned-twice", [4, 1]),
    ("extension", "cohort"): ("extended-to-september", "Cohort II"),
    ("extension", "from"): ("extended-to-september", "2023-07-16"),
    ("extension", "percent"): ("extended-to-september", 51),
    ("extension", "until"): ("extended-to-september", "2023-09-29"),
    ("extension", "clause"): ("extended-to-september", "1.a"),
    ("queue", "seen_minutes"): ("whose-turn", 14),
    ("queue", "due_hours"): ("nobody-at-the-university", 25),
    ("queue", "escalate_after_overdue_hours"): ("within-24-hours", 47),
    ("documents", "student"): ("who-may-apply", ["student-card", "transcript"]),
    ("documents", "student_first_semester"): ("who-may-apply", []),
    ("documents", "faculty"): ("who-may-apply", ["office-card"]),
    ("documents", "staff"): ("who-may-apply", ["employment-letter"]),
    ("documents", "hec-employee"): ("who-may-apply", ["employment-letter"]),
    ("documents", "max_files"): ("the-first-day", 2),
}
WITH = {(*TWO, "issue_from", "P3"): [(*TWO, "issue_from", "P4")]}
# What no event or expectation of a scenario shows, and the test that does.
SHOWN_ELSEWHERE: Mapping[Key, str] = {
    ("name",): "tests/policy/test_programme.py",
    ("documents", "max_bytes"): "tests/applications/test_documents.py",
    ("documents", "retention_days"): "tests/applications/test_retention.py",
}


def leaves(value: object, path: Key = ()) -> Iterator[Key]:
    """Every key that holds a figure; a list of figures is one, a list of tables is many."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for position, item in enumerate(value):
            yield from leaves(item, (*path, position))
    else:
        yield path


def changed(tables: Any, key: Key, value: object) -> Any:
    """A copy of `tables` with another value at `key`, or without it."""
    first, rest = key[0], key[1:]
    copy = list(tables) if isinstance(tables, list) else dict(tables)
    if rest:
        copy[first] = changed(copy[first], rest, value)
    elif value is ABSENT:
        del copy[first]
    else:
        copy[first] = value
    return copy


def in_words(key: Key) -> str:
    return ".".join(map(str, key))


def test_every_key_of_the_file_is_accounted_for() -> None:
    assert {*DECIDES, *SHOWN_ELSEWHERE} == set(leaves(BASE))
    assert not DECIDES.keys() & SHOWN_ELSEWHERE.keys()


@pytest.mark.parametrize("key", SHOWN_ELSEWHERE, ids=in_words)
def test_what_no_scenario_shows_is_tested_elsewhere(key: Key) -> None:
    text = (PROJECT / SHOWN_ELSEWHERE[key]).read_text(encoding="utf-8")
    assert re.search(rf"\b{key[-1]}\b", text, re.IGNORECASE)


@pytest.mark.parametrize("key", DECIDES, ids=in_words)
def test_a_scenario_fails_when_the_key_changes(
    key: Key, play_to_the_first_unmet: Play, caplog: pytest.LogCaptureFixture
) -> None:
    name, value = DECIDES[key]
    other: Tables = BASE
    for one in (key, *WITH.get(key, [])):
        other = changed(other, one, value)
    assert other != BASE
    programme.read(other, "other")  # it is a programme that may be loaded

    # A year that no cohort takes over is refused before anything is played.
    with pytest.raises((Unmet, ProgrammeError)) as ended:
        play_to_the_first_unmet(name, other)

    if isinstance(ended.value, ProgrammeError):
        assert ended.value.key.endswith(".year")
