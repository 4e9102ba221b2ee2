"""Who and what a scenario begins with: the programme, institutions, people and staff, made by verbs."""

import itertools
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from applications import registration, universities
from applications.inspection.inspector import Inspected
from dlsei.policy.calendar_days import karachi_date
from dlsei.replay.scenario import Person, Scenario
from dlsei.replay.vocabulary import HEC, HEC_INSTITUTION
from licensing import buckets, programme
from verification import focal_persons, hec_staff

if TYPE_CHECKING:
    from applications.models import University
    from dlsei.models import User

BY = "replay"


@dataclass
class World:
    """The people of a scenario by name, with what they would show, its staff and its institutions."""

    people: dict[str, "User"] = field(default_factory=dict)
    answers: dict[str, Person] = field(default_factory=dict)
    staff: dict[str, "User"] = field(default_factory=dict)
    universities: dict[str, "University"] = field(default_factory=dict)

    def university_of(self, name: str) -> "University | None":
        """The institution that a person names in the form, if any."""
        university = self.answers[name].university
        return self.universities[university] if university else None

    def form(self, name: str) -> dict[str, object]:
        """What a person writes into the form, besides category and institution."""
        return {"first_semester": self.answers[name].first_semester}

    def paper(self, name: str, kind: str) -> Inspected:
        """A document of a person, as inspection would have passed it on."""
        return Inspected(f"{kind} of {self.people[name].full_name}".encode(), "image/png")


def programs(scenario: Scenario) -> dict[str, str]:
    """Coursera's programs of the cohorts of a world that was built: ids and names."""
    return {buckets.cohort_named(name).coursera_program: name for name in scenario.policy.cohorts}


@transaction.atomic
def build(scenario: Scenario, now: datetime) -> World:
    """Makes the world of `scenario` as it is at `now`; no mail goes out."""
    programme.load(scenario.programme, scenario.file, by=BY, now=now)
    world = World()
    numbers = itertools.count(1)

    def account(name: str) -> "User":
        number = next(numbers)
        return registration.register(
            f"person{number}@people.example",
            name,
            identity_number=f"35202{number:08d}",
            by=BY,
            now=now,
        )

    world.staff[HEC] = hec_staff.appoint(account("HEC"), by=BY, now=now)
    for institution in scenario.institutions:
        university = universities.add(
            institution.name,
            recognized=institution.recognized,
            is_hec=institution.name == HEC_INSTITUTION,
            by=BY,
            now=now,
        )
        world.universities[institution.name] = university
        if institution.has_focal_person:
            name = f"focal: {institution.name}"
            world.staff[name] = account(name)
            focal_persons.nominate(world.staff[name], university, karachi_date(now), by=BY, now=now)
    for person in scenario.people:
        world.people[person.name] = account(person.name)
        world.answers[person.name] = person
    return world
