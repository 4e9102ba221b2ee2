"""The extension of section A.6: who keeps the license past the cohort's end (R20)."""

from datetime import date
from decimal import Decimal

from dlsei.policy.programme import ExtensionPolicy


def in_season(policy: ExtensionPolicy, report_on: date, closed: bool) -> bool:
    """Say whether a report as of the day `report_on` is checked for extensions (R20).

    `closed`: the policy's cohort has been closed, which ends the season.
    """
    return report_on >= policy.from_ and not closed


def qualifies(
    progress: Decimal | None,
    courses_completed: int | None,
    courses_total: int | None,
    percent: Decimal,
) -> bool:
    """Say whether a specialization or professional certificate has come far enough (A.6, R20).

    `progress` is the row's own figure in percent; without one, completed of total courses counts.
    """
    if progress is not None:
        return progress >= percent
    if courses_completed is None or not courses_total:
        return False
    return Decimal(courses_completed) * 100 >= percent * courses_total
