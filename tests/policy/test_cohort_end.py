from datetime import date
from decimal import Decimal

import pytest

from dlsei.policy.carry_over import Carried, of_pending_application, of_waiting_place
from dlsei.policy.expiry import BUCKET, end_clause, is_over, paid_cohort, paid_source
from dlsei.policy.extension import in_season, qualifies
from dlsei.policy.programme import Programme


def test_what_waits_or_is_pending_goes_to_the_next_cohort(programme: Programme) -> None:
    successor = programme.successor("Cohort I")

    assert of_waiting_place(successor) == Carried("Cohort II", priority=1)
    assert of_pending_application(successor) == Carried("Cohort II", priority=2)


def test_after_the_last_cohort_it_lapses(programme: Programme) -> None:
    successor = programme.successor("Cohort II")

    assert of_waiting_place(successor) is None
    assert of_pending_application(successor) is None


@pytest.mark.parametrize(
    ("source", "cohort", "extended", "clause"),
    [
        pytest.param(BUCKET, "Cohort I", False, "1.a", id="1.a"),
        pytest.param(BUCKET, "Cohort II", False, "1.c", id="1.c"),
        pytest.param(paid_source(2021), "Cohort I", False, "2.a", id="2.a"),
        pytest.param(paid_source(2022), "Cohort II", False, "2.b", id="2.b"),
        pytest.param(BUCKET, "Cohort I", True, "A.6", id="A.6"),
        pytest.param(paid_source(2021), "Cohort I", True, "A.6", id="R20 paid and extended"),
    ],
)
def test_the_clause_that_ends_a_license(
    programme: Programme, source: str, cohort: str, extended: bool, clause: str
) -> None:
    extension = programme.extension if extended else None

    assert end_clause(source, programme.cohorts[cohort], extension) == clause


def test_paid_licenses_end_with_the_cohort_of_their_year(programme: Programme) -> None:
    ends = {
        year: c and c.name for year in (2020, 2021, 2022) for c in [paid_cohort(programme, year)]
    }

    assert ends == {2020: None, 2021: "Cohort I", 2022: "Cohort II"}


def test_the_last_day_is_a_day_of_use() -> None:
    assert not is_over(date(2023, 7, 31), date(2023, 7, 31))
    assert is_over(date(2023, 7, 31), date(2023, 8, 1))


@pytest.mark.parametrize(
    ("report_on", "closed", "checked"),
    [
        pytest.param(date(2023, 7, 14), False, False, id="R20 before"),
        pytest.param(date(2023, 7, 15), False, True, id="R20 that day included"),
        pytest.param(date(2023, 7, 31), False, True, id="R20 last day"),
        pytest.param(date(2023, 8, 1), False, True, id="R20 until it closes"),
        pytest.param(date(2023, 7, 31), True, False, id="R20 closed"),
    ],
)
def test_the_season_of_extensions(
    programme: Programme, report_on: date, closed: bool, checked: bool
) -> None:
    assert programme.extension
    assert in_season(programme.extension, report_on, closed) == checked


@pytest.mark.parametrize(
    ("progress", "completed", "total", "enough"),
    [
        pytest.param("50", None, None, True, id="A.6 exactly half"),
        pytest.param("49.99", None, None, False, id="A.6 just below"),
        pytest.param("49.99", 9, 9, False, id="R20 the row's own figure first"),
        pytest.param("0", 9, 9, False, id="R20 a figure of nothing is a figure"),
        pytest.param(None, 4, 8, True, id="R20 completed of total"),
        pytest.param(None, 3, 7, False, id="R20 3 of 7"),
        pytest.param(None, 1, 3, False, id="R20 a third"),
        pytest.param(None, 0, 0, False, id="R20 no courses"),
        pytest.param(None, 4, None, False, id="R20 total unknown"),
        pytest.param(None, None, 8, False, id="R20 completed unknown"),
    ],
)
def test_half_of_a_specialization(
    progress: str | None, completed: int | None, total: int | None, enough: bool
) -> None:
    own = None if progress is None else Decimal(progress)

    assert qualifies(own, completed, total, Decimal(50)) == enough
