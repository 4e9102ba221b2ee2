from datetime import UTC, date, datetime, timedelta

import pytest

from dlsei.policy.calendar_days import karachi_date, midnight


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        pytest.param(datetime(2023, 7, 31, 18, 59, 59, tzinfo=UTC), date(2023, 7, 31), id="R1 end"),
        pytest.param(datetime(2023, 7, 31, 19, tzinfo=UTC), date(2023, 8, 1), id="R1 midnight"),
        pytest.param(datetime(2024, 2, 28, 19, tzinfo=UTC), date(2024, 2, 29), id="R1 leap day"),
        pytest.param(datetime(2022, 12, 31, 19, tzinfo=UTC), date(2023, 1, 1), id="R1 new year"),
    ],
)
def test_a_moment_falls_on_its_day_in_karachi(moment: datetime, day: date) -> None:
    assert karachi_date(moment) == day


@pytest.mark.parametrize("day", [date(2023, 1, 1), date(2024, 2, 29), date(2023, 12, 31)])
def test_a_day_lasts_from_midnight_to_midnight(day: date) -> None:
    begins, over = midnight(day), midnight(day + timedelta(days=1))

    assert over - begins == timedelta(hours=24)
    assert karachi_date(begins) == day == karachi_date(over - timedelta(microseconds=1))


def test_a_moment_without_a_time_zone_has_no_day() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        karachi_date(datetime(2023, 7, 31, 12))  # noqa: DTZ001
