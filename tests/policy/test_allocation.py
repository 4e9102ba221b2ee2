from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlsei.policy.allocation import (
    Waiting,
    capacity,
    intake_open,
    match,
    next_opening,
    open_priorities,
    window_open,
)
from dlsei.policy.programme import CohortPolicy, Tables, overlay, read

EPOCH = datetime(2023, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cohort", "today", "seats"),
    [
        pytest.param("Cohort I", date(2023, 1, 1), 18000, id="R13 before the start"),
        pytest.param("Cohort I", date(2023, 1, 2), 18000, id="1.a first day"),
        pytest.param("Cohort I", date(2023, 2, 13), 18000, id="1.b the day before"),
        pytest.param("Cohort I", date(2023, 2, 14), 20000, id="1.b tranches add up"),
        pytest.param("Cohort I", date(2023, 9, 1), 20000, id="R3 after the end"),
        pytest.param("Cohort II", date(2023, 7, 13), 26000, id="1.c before the start"),
        pytest.param("Cohort II", date(2024, 2, 15), 26000, id="1.c last day"),
    ],
)
def test_seats_of_the_bucket(
    cohorts: Mapping[str, CohortPolicy], cohort: str, today: date, seats: int
) -> None:
    policy = cohorts[cohort]

    assert capacity(policy.starts, policy.tranches, today) == seats


def test_a_tranche_added_before_the_start_counts_from_the_start_on() -> None:
    starts = date(2023, 8, 1)
    tranches = [(10, starts), (5, date(2023, 7, 20))]

    assert capacity(starts, tranches, date(2023, 7, 31)) == 10
    assert capacity(starts, tranches, starts) == 15
    assert capacity(starts, [], date(2023, 7, 31)) == 0


@pytest.mark.parametrize(
    ("cohort", "today", "priorities"),
    [
        pytest.param("Cohort I", date(2023, 1, 1), (), id="1.a before"),
        pytest.param("Cohort I", date(2023, 1, 2), (0, 1, 2, 3, 4), id="1.a first day"),
        pytest.param("Cohort I", date(2023, 7, 31), (0, 1, 2, 3, 4), id="1.a last day"),
        pytest.param("Cohort I", date(2023, 8, 1), (), id="1.a over"),
        pytest.param("Cohort II", date(2023, 7, 31), (), id="A.3 before 1 August"),
        pytest.param("Cohort II", date(2023, 8, 1), (0, 1), id="A.3 1 August, P1 only"),
        pytest.param("Cohort II", date(2023, 8, 2), (0, 1), id="A.3 2 August, P1 only"),
        pytest.param("Cohort II", date(2023, 8, 3), (0, 1, 2, 3, 4), id="R19 3 August"),
        pytest.param("Cohort II", date(2024, 2, 15), (0, 1, 2, 3, 4), id="A.0 last day"),
        pytest.param("Cohort II", date(2024, 2, 16), (), id="A.0 over"),
    ],
)
def test_windows_for_issuing(
    cohorts: Mapping[str, CohortPolicy], cohort: str, today: date, priorities: tuple[int, ...]
) -> None:
    assert open_priorities(cohorts[cohort], today) == priorities


@pytest.mark.parametrize(
    ("cohort", "today", "held", "waiting", "is_open"),
    [
        pytest.param("Cohort I", date(2023, 1, 1), 0, 0, False, id="R13 before the window"),
        pytest.param("Cohort I", date(2023, 1, 2), 0, 0, True, id="R13 first day"),
        pytest.param("Cohort I", date(2023, 7, 12), 0, 0, True, id="R13 last day"),
        pytest.param("Cohort I", date(2023, 7, 13), 0, 0, False, id="R13 after the window"),
        pytest.param("Cohort II", date(2023, 7, 13), 0, 0, True, id="A.3 13 July"),
        pytest.param("Cohort II", date(2024, 2, 15), 0, 0, True, id="R13 to its last day"),
        pytest.param("Cohort I", date(2023, 3, 1), 9, 0, True, id="4.1.m one seat left"),
        pytest.param("Cohort I", date(2023, 3, 1), 10, 0, False, id="4.1.m bucket used"),
        pytest.param("Cohort I", date(2023, 3, 1), 8, 2, False, id="R13 the rest is promised"),
        pytest.param("Cohort I", date(2023, 3, 1), 9, 4, False, id="R13 more wait than are free"),
    ],
)
def test_intake(
    cohorts: Mapping[str, CohortPolicy],
    cohort: str,
    today: date,
    held: int,
    waiting: int,
    is_open: bool,
) -> None:
    assert intake_open(cohorts[cohort], 10, held, waiting, today) == is_open


def test_intake_never_outlasts_the_cohort(year_2: Tables) -> None:
    earlier_end = {"cohorts": {"Cohort II": {"ends": "2023-12-31"}}}
    cohort = read(overlay(year_2, earlier_end), "x").cohorts["Cohort II"]

    assert intake_open(cohort, 10, 0, 0, date(2023, 12, 31))
    assert not intake_open(cohort, 10, 0, 0, date(2024, 1, 1))


@pytest.mark.parametrize(
    ("cohort", "today", "opens"),
    [
        pytest.param("Cohort I", date(2022, 12, 1), date(2023, 1, 2), id="1.a"),
        pytest.param("Cohort I", date(2023, 1, 2), date(2023, 2, 14), id="1.b"),
        pytest.param("Cohort I", date(2023, 2, 14), None, id="1.b nothing after"),
        pytest.param("Cohort II", date(2023, 7, 13), date(2023, 8, 1), id="A.3 P1"),
        pytest.param("Cohort II", date(2023, 8, 1), date(2023, 8, 3), id="A.3 the others"),
        pytest.param("Cohort II", date(2023, 8, 3), None, id="A.3 all open"),
    ],
)
def test_the_next_opening(
    cohorts: Mapping[str, CohortPolicy], cohort: str, today: date, opens: date | None
) -> None:
    assert next_opening(cohorts[cohort], today) == opens


def waiting(id: int, priority: int, minute: int) -> Waiting:
    return Waiting(id, priority, EPOCH + timedelta(minutes=minute))


LINE = [waiting(1, 3, 1), waiting(2, 1, 9), waiting(3, 2, 5), waiting(4, 4, 0), waiting(5, 3, 1)]


@pytest.mark.parametrize(
    ("today", "free", "served"),
    [
        pytest.param(date(2023, 8, 3), 9, [2, 3, 1, 5, 4], id="A.3 priority, time, id"),
        pytest.param(date(2023, 8, 3), 2, [2, 3], id="R11 first in line"),
        pytest.param(date(2023, 8, 2), 9, [2], id="R19 skips closed windows"),
        pytest.param(date(2023, 7, 31), 9, [], id="R19 not before the start"),
        pytest.param(date(2024, 2, 16), 9, [], id="R24 not after the end"),
        pytest.param(date(2023, 8, 3), 0, [], id="R11 no seat"),
        pytest.param(date(2023, 8, 3), -1, [], id="R11 fewer seats than held"),
    ],
)
def test_who_gets_the_free_seats(
    cohort_2: CohortPolicy, today: date, free: int, served: list[int]
) -> None:
    assert [place.id for place in match(LINE, free, cohort_2, today)] == served


LINES = st.lists(
    st.builds(waiting, st.integers(1, 99), st.integers(0, 4), st.integers(0, 5)),
    unique_by=lambda place: place.id,
)
DAYS = st.dates(date(2023, 7, 25), date(2023, 8, 10))


@given(LINES, st.integers(-2, 40), DAYS)
def test_match_serves_in_order_and_leaves_no_seat_that_someone_may_have(
    cohort_2: CohortPolicy, line: list[Waiting], free: int, today: date
) -> None:
    served = match(line, free, cohort_2, today)
    may = [place for place in line if window_open(cohort_2, place.priority, today)]
    left = [place for place in may if place not in served]

    assert len(served) == min(len(may), max(free, 0))
    keys = [(place.priority, place.submitted_at, place.id) for place in served]
    assert keys == sorted(keys)
    assert all(key < (p.priority, p.submitted_at, p.id) for key in keys for p in left)


@given(LINES, st.integers(0, 20), DAYS)
def test_one_seat_at_a_time_or_all_at_once_serves_the_same(
    cohort_2: CohortPolicy, line: list[Waiting], free: int, today: date
) -> None:
    one_by_one: list[Waiting] = []
    for _ in range(free):
        rest = [place for place in line if place not in one_by_one]
        one_by_one += match(rest, 1, cohort_2, today)

    assert one_by_one == match(line, free, cohort_2, today)
