"""Year-2 with other values, loaded or only looked at."""

from datetime import datetime

from dlsei.policy.programme import Tables, overlay, parse, to_toml
from licensing import programme as loading
from licensing.models import License, Programme
from tests.factories import SYSTEM, YEAR_2
from tests.population import invited

ONE, TWO = "Cohort I", "Cohort II"


def year_2(**overrides: object) -> str:
    tables = parse(YEAR_2.read_text(encoding="utf-8"), YEAR_2.name)
    return to_toml(overlay(tables, overrides))


def cohort(name: str, **keys: object) -> Tables:
    return {"cohorts": {name: keys}}


def rule(clause: str, **keys: object) -> Tables:
    return {"revocation": {clause: keys}}


def load(overrides: Tables, now: datetime, **kwargs: int) -> Programme:
    return loading.load(year_2(**overrides), "year-3.toml", by=SYSTEM, now=now, **kwargs)


def preview(overrides: Tables, now: datetime) -> loading.Effects:
    return loading.preview(year_2(**overrides), "year-3.toml", by=SYSTEM, now=now)


def license_with_clock(now: datetime) -> License:
    """Invited on 10 January: rule 5.i falls due after 25 January."""
    (license,) = invited(1, now=now)
    return license
