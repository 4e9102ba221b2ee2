"""Calendar days as the policy counts them: 00:00 to 24:00 in Karachi (R1)."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

KARACHI = ZoneInfo("Asia/Karachi")


def karachi_date(at: datetime) -> date:
    """Return the calendar day on which the aware moment `at` falls in Karachi (R1).

    Raises ValueError for a naive `at`, whose day nobody can know.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone")
    return at.astimezone(KARACHI).date()


def midnight(day: date) -> datetime:
    """Return the aware moment at which `day` begins in Karachi (R1)."""
    return datetime.combine(day, time(), KARACHI)


def end_of_day(day: date) -> datetime:
    """Return the aware moment at which `day` is over in Karachi: 24:00 (R1)."""
    return midnight(day + timedelta(days=1))
