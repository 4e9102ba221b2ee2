"""The list of institutions whose people may apply, as HEC keeps it (3.a, R5)."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from applications.models import University
from dlsei.history import Actor
from dlsei.models import User
from dlsei.permissions import require_hec
from dlsei.verbs import verb

SHIPPED = Path(__file__).parent / "data" / "universities.csv"
HEC = "HEC"


@verb
def add(
    name: str,
    *,
    by: Actor,
    now: datetime,
    recognized: bool = True,
    is_hec: bool = False,
    sector: str = "",
    city: str = "",
    province: str = "",
    domains: Sequence[str] = (),
) -> University:
    """Puts an institution on the list; one of this name is returned as it is (3.a).

    `domains` are mail domains, a hint only. `by` is HEC or a job. Raises `Refused(not-yours)`.
    """
    _require_keeper(by)
    university, _ = University.objects.get_or_create(
        name=name.strip(),
        defaults={
            "recognized": recognized,
            "is_hec": is_hec,
            "sector": sector,
            "city": city,
            "province": province,
            "domains": list(domains),
        },
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


@verb
def correct(
    university: University,
    *,
    name: str,
    sector: str,
    city: str,
    province: str,
    domains: Sequence[str],
    by: Actor,
    now: datetime,
) -> University:
    """Corrects what the list says of an institution. Raises `Refused(not-yours)`."""
    _require_keeper(by)
    university = University.objects.select_for_update().get(pk=university.pk)
    university.name, university.sector = name.strip(), sector
    university.city, university.province = city, province
    university.domains = list(domains)
    university.save(update_fields=["name", "sector", "city", "province", "domains"])
    return university


@verb
def recognize(university: University, *, by: Actor, now: datetime) -> None:
    """Lets the institution's people apply from now on (3.a). Raises `Refused(not-yours)`."""
    _require_keeper(by)
    University.objects.filter(pk=university.pk).update(recognized=True)


@verb
def withdraw_recognition(university: University, *, by: Actor, now: datetime) -> None:
    """Lets nobody of the institution apply or be approved from now on (3.a, R5).

    What is decided stays. Raises `Refused(not-yours)`.
    """
    _require_keeper(by)
    University.objects.filter(pk=university.pk).update(recognized=False)


def _require_keeper(by: Actor) -> None:
    if isinstance(by, User):
        require_hec(by)
