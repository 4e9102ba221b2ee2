"""The list of institutions whose people may apply, as HEC keeps it (3.a, R5)."""

from collections.abc import Sequence
from datetime import datetime

from applications.models import University
from dlsei.history import Actor
from dlsei.models import User
from dlsei.permissions import require_hec
from dlsei.verbs import verb


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
