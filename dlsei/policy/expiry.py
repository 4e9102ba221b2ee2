"""A license's last day, and the clause that ends it there (1.a, 1.c, 2.a, 2.b, A.4, A.6)."""

from datetime import date

from dlsei.policy.programme import CohortPolicy, ExtensionPolicy, Programme

BUCKET = "bucket"
PAID = "paid-"


def paid_source(year: int) -> str:
    """Return the source of a license that was paid for in `year` (R4)."""
    return f"{PAID}{year}"


def paid_cohort(programme: Programme, year: int) -> CohortPolicy | None:
    """Return the cohort with which a license paid for in `year` ends (2.a, 2.b), if any."""
    return next((c for c in programme.cohorts.values() if year in c.paid_years), None)


def is_over(ends_on: date, today: date) -> bool:
    """Say whether what ends on `ends_on` is over; that day still counts (R1)."""
    return today > ends_on


def end_clause(source: str, cohort: CohortPolicy, extension: ExtensionPolicy | None) -> str:
    """Return the clause that ends a license of `source` ("bucket", "paid-2021" …) as expired.

    `extension` is the policy by which this license was extended, None if it was not.
    """
    if extension is not None:
        return extension.clause
    if source.startswith(PAID):
        return cohort.paid_clauses[int(source.removeprefix(PAID))]
    return cohort.clause
