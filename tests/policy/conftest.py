from collections.abc import Mapping
from pathlib import Path

import pytest

from dlsei import policy
from dlsei.policy.programme import CohortPolicy, Programme, Tables, parse, read

YEAR_2 = Path(policy.__file__).with_name("year-2.toml")


@pytest.fixture(scope="session")
def year_2() -> Tables:
    return parse(YEAR_2.read_text(encoding="utf-8"), "year-2.toml")


@pytest.fixture(scope="session")
def programme(year_2: Tables) -> Programme:
    return read(year_2, "year-2.toml")


@pytest.fixture(scope="session")
def cohort_1(programme: Programme) -> CohortPolicy:
    return programme.cohorts["Cohort I"]


@pytest.fixture(scope="session")
def cohort_2(programme: Programme) -> CohortPolicy:
    return programme.cohorts["Cohort II"]


@pytest.fixture(scope="session")
def cohorts(programme: Programme) -> Mapping[str, CohortPolicy]:
    return programme.cohorts
