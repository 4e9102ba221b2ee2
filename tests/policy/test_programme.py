import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dlsei.policy.clauses import CLAUSES
from dlsei.policy.programme import (
    Brake,
    CohortPolicy,
    ExtensionPolicy,
    Programme,
    ProgrammeError,
    QueuePolicy,
    Rule,
    Tables,
    overlay,
    parse,
    read,
    shifted,
    to_toml,
)
from dlsei.policy.readings import READINGS
from tests.policy.conftest import YEAR_2

ONE, TWO = "Cohort I", "Cohort II"


def cohort(name: str, **keys: object) -> Tables:
    return {"cohorts": {name: keys}}


def read_with(year_2: Tables, overrides: Tables) -> Programme:
    return read(overlay(year_2, overrides), "scenario.toml", "programme")


def test_year_2_cohort_1(cohort_1: CohortPolicy) -> None:
    assert (cohort_1.starts, cohort_1.ends) == (date(2023, 1, 2), date(2023, 7, 31))
    assert (cohort_1.intake_from, cohort_1.intake_until) == (date(2023, 1, 2), date(2023, 7, 12))
    assert cohort_1.tranches == ((18000, date(2023, 1, 2)), (2000, date(2023, 2, 14)))
    assert (cohort_1.follows, cohort_1.decide_carried_by, cohort_1.issue_from) == (None, None, {})
    assert (cohort_1.paid_years, cohort_1.clause) == ((2021,), "1.a")


def test_year_2_cohort_2(cohort_2: CohortPolicy) -> None:
    assert (cohort_2.starts, cohort_2.ends) == (date(2023, 8, 1), date(2024, 2, 15))
    assert (cohort_2.intake_from, cohort_2.intake_until) == (date(2023, 7, 13), date(2024, 2, 15))
    assert cohort_2.tranches == ((26000, date(2023, 8, 1)),)
    assert cohort_2.issue_from == {
        1: date(2023, 8, 1),
        2: date(2023, 8, 3),
        3: date(2023, 8, 3),
        4: date(2023, 8, 3),
    }
    assert (cohort_2.follows, cohort_2.decide_carried_by) == (ONE, date(2023, 7, 7))
    assert (cohort_2.paid_years, cohort_2.clause) == ((2022,), "1.c")


def test_year_2_rules(programme: Programme) -> None:
    for policy in programme.cohorts.values():
        assert policy.revocation == programme.revocation
    assert programme.revocation.rules == (
        Rule("5.i", 15, "automatic"),
        Rule("5.ii", 15, "automatic"),
        Rule("5.iii", 30, "automatic"),
        Rule("5.iv", 30, "review", stage=30),
        Rule("5.iv", 60, "review", stage=60),
        Rule("5.iv", 90, "automatic", stage=90),
    )
    assert programme.revocation.brake == Brake(500, Decimal("0.1"))
    assert programme.warnings_days_before == (5, 1)
    assert programme.queue == QueuePolicy(15, 24, 48)
    assert programme.extension == ExtensionPolicy(
        ONE, date(2023, 7, 15), Decimal(50), date(2023, 9, 30), "A.6"
    )


def test_cohorts_know_their_neighbours(programme: Programme, year_2: Tables) -> None:
    third = cohort(
        "Cohort III",
        follows=TWO,
        starts="2024-02-16",
        ends="2024-08-31",
        intake_from="2024-02-16",
        intake_until="2024-08-01",
        tranches=[{"size": 5, "from": "2024-02-16"}],
    )
    longer = read_with(year_2, third)

    assert list(longer.cohorts) == [ONE, TWO, "Cohort III"]
    assert longer.earlier("Cohort III") == {ONE, TWO}
    assert programme.earlier(ONE) == frozenset()
    assert programme.earlier(TWO) == {ONE}
    assert programme.successor(ONE) is programme.cohorts[TWO]
    assert programme.successor(TWO) is None


def test_a_cohort_may_have_its_own_thresholds(year_2: Tables) -> None:
    base: Tables = {"revocation": {"5.iii": {"mode": "review"}}}
    own = cohort(
        TWO, revocation={"5.iii": {"days": 45}, "5.iv": {"stages": []}, "brake": {"share": 1}}
    )
    changed = read_with(year_2, overlay(base, own))

    assert changed.cohorts[ONE].revocation.rules[2] == Rule("5.iii", 30, "review")
    assert changed.cohorts[TWO].revocation.rules[2:] == (Rule("5.iii", 45, "review"),)
    assert changed.cohorts[TWO].revocation.brake == Brake(500, Decimal(1))


def test_an_overlay_merges_tables_and_replaces_lists_whole(year_2: Tables) -> None:
    before = to_toml(year_2)
    changed = read_with(year_2, cohort(ONE, tranches=[{"size": 1, "from": "2023-01-02"}]))

    assert changed.cohorts[ONE].tranches == ((1, date(2023, 1, 2)),)
    assert changed.cohorts[ONE].ends == date(2023, 7, 31)
    assert to_toml(year_2) == before


def test_dates_may_be_written_with_or_without_quotes(year_2: Tables) -> None:
    bare = cohort(ONE, ends=date(2023, 8, 30))

    assert read_with(year_2, bare).cohorts[ONE].ends == date(2023, 8, 30)


def test_a_cohort_may_last_one_day(year_2: Tables) -> None:
    one_day = cohort(ONE, ends="2023-01-02", intake_until="2023-01-02")

    assert read_with(year_2, one_day).cohorts[ONE].ends == date(2023, 1, 2)


def test_a_shift_moves_every_date_and_nothing_else(year_2: Tables, programme: Programme) -> None:
    moved = read(shifted(year_2, 366), "moved")

    for name, policy in programme.cohorts.items():
        other = moved.cohorts[name]
        assert other.starts - policy.starts == other.ends - policy.ends == timedelta(366)
        assert other.tranches == tuple((s, d + timedelta(366)) for s, d in policy.tranches)
        assert other.paid_clauses == policy.paid_clauses
        assert other.revocation == policy.revocation
    assert moved.cohorts[TWO].issue_from[1] == date(2024, 8, 1)
    assert moved.cohorts[TWO].decide_carried_by == date(2024, 7, 7)
    assert moved.extension
    assert moved.extension.until == date(2024, 9, 30)
    assert shifted(shifted(year_2, 366), -366) == year_2


def test_toml_text_reads_back_to_the_same_tables(year_2: Tables) -> None:
    odd = overlay(
        year_2, {"name": 'Year "2"\n\t\\ سال', "odd key": {"x": [True, 1.5]}, "empty": {}}
    )

    assert parse(to_toml(odd), "odd") == odd


WRONG: list[Any] = [
    ({"cohort": {}}, "cohort", "unknown key: allowed are"),
    (cohort(ONE, start="2023-01-02"), 'cohorts."Cohort I".start', "unknown key: allowed are"),
    (cohort(ONE, ends="2023-01-01"), 'cohorts."Cohort I".ends', "2023-01-01 is before starts"),
    (cohort(ONE, ends="2023-02-29"), 'cohorts."Cohort I".ends', "must be a date such as"),
    (cohort(ONE, ends=20230731), 'cohorts."Cohort I".ends', "must be a date such as"),
    (cohort(ONE, intake_until="2023-01-01"), 'cohorts."Cohort I".intake_until', "is before"),
    (
        cohort(ONE, intake_from="2023-08-01", intake_until="2023-08-02"),
        'cohorts."Cohort I".intake_from',
        "2023-08-01 is after the cohort's end, 2023-07-31",
    ),
    (
        cohort(ONE, tranches=[{"size": -1, "from": "2023-01-02"}]),
        'cohorts."Cohort I".tranches[1].size',
        "-1 is not allowed: must be a whole number, at least 0",
    ),
    (
        cohort(ONE, tranches=[{"size": True, "from": "2023-01-02"}]),
        'cohorts."Cohort I".tranches[1].size',
        "must be a whole number",
    ),
    (
        cohort(ONE, tranches=[{"size": 1}]),
        'cohorts."Cohort I".tranches[1].from',
        "is missing: a date such as 2023-08-01 is needed",
    ),
    (cohort(ONE, tranches=7), 'cohorts."Cohort I".tranches', "must be a list of tables"),
    (cohort(ONE, tranches=[7]), 'cohorts."Cohort I".tranches[1]', "must be a table, not a number"),
    (cohort(TWO, follows="Cohort 1"), 'cohorts."Cohort II".follows', "allowed are Cohort I"),
    (cohort(TWO, follows=TWO), 'cohorts."Cohort II".follows', "is not another cohort"),
    (cohort(ONE, follows=TWO), 'cohorts."Cohort I".follows', "must start earlier"),
    (
        cohort(TWO, issue_from={"P3": "2023-08-02"}),
        'cohorts."Cohort II".issue_from.P3',
        "windows open in the order P1, P2, P3, P4",
    ),
    (
        cohort(TWO, issue_from={"P5": "2023-08-03"}),
        'cohorts."Cohort II".issue_from.P5',
        "unknown key: allowed are P1, P2, P3, P4",
    ),
    (cohort(TWO, paid_years=["2022"]), 'cohorts."Cohort II".paid_years[1]', "a whole number"),
    (cohort(TWO, paid_years=[2022, 2022]), 'cohorts."Cohort II".paid_years', "a number twice"),
    (cohort(TWO, paid_years=[2023]), 'cohorts."Cohort II".paid_years[1]', "allowed are 2021, 2022"),
    (cohort(TWO, clause="1.d"), 'cohorts."Cohort II".clause', "'1.d' is not allowed"),
    (cohort("Cohort III"), 'cohorts."Cohort III".starts', "is missing"),
    ({"cohorts": 7}, "cohorts", "must be a table, not a number"),
    (
        {"revocation": {"5.i": {"mode": "auto"}}},
        'revocation."5.i".mode',
        "one of automatic, review",
    ),
    ({"revocation": {"5.ii": {"days": -1}}}, 'revocation."5.ii".days', "at least 0"),
    ({"revocation": {"5.v": {}}}, 'revocation."5.v"', "unknown key: allowed are 5.i, 5.ii"),
    (
        {"revocation": {"5.iv": {"stages": [{"days": 30, "mode": "review"}] * 2}}},
        'revocation."5.iv".stages[2].days',
        "30 is not allowed: must be more than 30",
    ),
    ({"revocation": {"brake": {"share": 10}}}, "revocation.brake.share", "a number from 0 to 1"),
    (
        cohort(TWO, revocation={"5.iii": {"mode": "never"}}),
        'cohorts."Cohort II".revocation."5.iii".mode',
        "'never' is not allowed",
    ),
    ({"warnings": {"days_before": 5}}, "warnings.days_before", "a list of whole numbers"),
    ({"extension": {"cohort": "III"}}, "extension.cohort", "one of Cohort I, Cohort II"),
    ({"extension": {"percent": "half"}}, "extension.percent", "a number from 0 to 100"),
    ({"extension": {"until": "2023-07-14"}}, "extension.until", "is before from"),
    ({"queue": {"due_hours": 1.5}}, "queue.due_hours", "must be a whole number"),
    ({"documents": {"student": ["selfie"]}}, "documents.student[1]", "one of admission-card"),
    ({"documents": {"alumnus": []}}, "documents.alumnus", "unknown key"),
    ({"documents": {"max_files": 0}}, "documents.max_files", "at least 1"),
    # What neither the database nor the calendar could hold.
    (
        cohort(ONE, tranches=[{"size": 3_000_000_000, "from": "2023-01-02"}]),
        'cohorts."Cohort I".tranches[1].size',
        "must be at most 1000000",
    ),
    (cohort(ONE, ends="9999-12-31"), 'cohorts."Cohort I".ends', "in the years 2000 to 2100"),
    (cohort("C" * 61), f"cohorts.{'C' * 61}", "at most 60 characters"),
    ({"revocation": {"5.i": {"days": 40_000}}}, 'revocation."5.i".days', "at most 3650"),
    ({"warnings": {"days_before": [10**9]}}, "warnings.days_before[1]", "at most 3650"),
    ({"queue": {"due_hours": 10**12}}, "queue.due_hours", "at most 1000000"),
    ({"documents": {"max_bytes": 2**31}}, "documents.max_bytes", "at most 104857600"),
    ({"paid_clauses": {"long ago": "2.a"}}, 'paid_clauses."long ago"', "must be a year"),
]


@pytest.mark.parametrize(("overrides", "key", "message"), WRONG, ids=[row[1] for row in WRONG])
def test_a_wrong_file_is_refused_by_file_key_and_what_is_allowed(
    year_2: Tables, overrides: Tables, key: str, message: str
) -> None:
    with pytest.raises(ProgrammeError) as caught:
        read_with(year_2, overrides)

    assert caught.value.key == f"programme.{key}"
    assert re.match(r"scenario\.toml: programme\.[^:]+: .+", str(caught.value))
    assert message in caught.value.message


@pytest.mark.parametrize("key", ["cohorts", "revocation", "warnings", "queue", "documents"])
def test_a_file_without_a_table_is_refused(year_2: Tables, key: str) -> None:
    with pytest.raises(ProgrammeError, match=f"^short.toml: {key}: is missing"):
        read({k: v for k, v in year_2.items() if k != key}, "short.toml")


def test_a_file_without_cohorts_is_refused(year_2: Tables) -> None:
    without = {k: v for k, v in year_2.items() if k != "extension"} | {"cohorts": {}}

    with pytest.raises(ProgrammeError, match="cohorts: is empty"):
        read(without, "short.toml")


def test_text_that_is_not_toml_is_refused() -> None:
    with pytest.raises(ProgrammeError, match=r"^bad\.toml: not valid TOML: "):
        read("cohorts = [", "bad.toml")


def test_a_file_may_leave_out_what_has_one_sensible_value(year_2: Tables) -> None:
    short = {k: v for k, v in year_2.items() if k not in {"name", "extension", "paid_clauses"}}
    programme = read(short, "short.toml")

    assert (programme.name, programme.extension) == ("short.toml", None)
    assert programme.cohorts[TWO].paid_clauses == {2021: "2.a", 2022: "2.b"}


def test_every_key_of_the_shipped_file_cites_its_clause_beside_it() -> None:
    """A value on a line of its own, and each row of a list of tables."""
    uncited, rows = [], 0
    for line in YEAR_2.read_text(encoding="utf-8").splitlines():
        value, _, comment = line.partition("#")
        opens_a_list = value.rstrip().endswith("= [")
        if value.startswith("[") or "=" not in value or opens_a_list:
            continue
        rows += 1
        ids = re.findall(r"\b(?:R\d+|[1-5A](?:\.\w+)+)\b", comment)
        if not ids or not set(ids) <= set(CLAUSES) | set(READINGS):
            uncited.append(line)
    assert uncited == []
    assert rows > 40
