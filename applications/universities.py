"""The list of recognized institutions: shipped, loaded, kept (3.a, R5)."""

import csv
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from applications.models import University
from dlsei.history import Actor
from dlsei.verbs import verb

SHIPPED = Path(__file__).parent / "data" / "universities.csv"
HEC = "HEC"


@verb
def add(
    name: str,
    *,
    recognized: bool = True,
    is_hec: bool = False,
    by: Actor,
    now: datetime,
) -> University:
    """Puts an institution on the list, or finds it there by name."""
    university, _ = University.objects.get_or_create(
        name=name, defaults={"recognized": recognized, "is_hec": is_hec}
    )
    return university


@verb
def load(lines: Iterable[str], *, by: Actor, now: datetime) -> dict[str, int]:
    """Loads a list with the columns name, sector, city, province, domains (`;` between domains).

    Matched by name: what HEC has changed of recognition stays. HEC itself is added as an employer.
    """
    add(HEC, is_hec=True, by=by, now=now)
    rows = [
        University(
            name=row["name"].strip(),
            sector=row["sector"].strip(),
            city=row["city"].strip(),
            province=row["province"].strip(),
            domains=[domain for domain in row["domains"].split(";") if domain],
        )
        for row in csv.DictReader(lines)
    ]
    before = University.objects.count()
    University.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["sector", "city", "province", "domains"],
    )
    after = University.objects.count()
    return {"rows": len(rows), "new": after - before, "universities": after}
