"""A year played once with a few people, in a database of its own."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from dlsei import audit
from dlsei.management.commands.replay import SHIPPED, base_tables
from dlsei.policy.calendar_days import KARACHI
from dlsei.replay import scratch
from dlsei.simulation import figures, year
from dlsei.simulation.figures import Figures

Simulate = Callable[..., tuple[Figures, year.Lived]]


@pytest.fixture(scope="session")
def scratch_template(django_db_setup: None, django_db_blocker: object) -> Iterator[str]:
    with django_db_blocker.unblock(), scratch.template() as name:
        yield name


def simulated(plan: year.Plan) -> tuple[Figures, year.Lived]:
    lived = year.play(plan, base_tables(SHIPPED))
    found = figures.figures(
        applicants=plan.applicants,
        seed=plan.seed,
        scale="test",
        ended=lived.ended,
        refused=lived.refused,
        breaches=[b.found for b in audit.breaches(lived.ended)],
    )
    return found, lived


@pytest.fixture
def simulate(scratch_template: str, django_db_blocker: object) -> Simulate:
    """Plays the first weeks with so many people."""

    def played(applicants: int, seed: int) -> tuple[Figures, year.Lived]:
        until = datetime(2023, 1, 16, tzinfo=KARACHI)
        with django_db_blocker.unblock(), scratch.copy_of(scratch_template):
            return simulated(year.Plan(applicants, seed, until=until))

    return played


@pytest.fixture(scope="module")
def whole_year(scratch_template: str, django_db_blocker: object) -> Iterator[Figures]:
    """Both cohorts, connected to the database in which they lived."""
    with django_db_blocker.unblock(), scratch.copy_of(scratch_template):
        yield simulated(year.Plan(40, 3))[0]
