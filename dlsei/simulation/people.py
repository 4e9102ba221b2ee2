"""The crowd: who applies, with what, and what they are like as applicants and as learners."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from random import Random

from dlsei.simulation.calendar import Calendar, within
from dlsei.simulation.names import name

CATEGORIES: Mapping[str, float] = {
    "student": 82,
    "faculty": 8.5,
    "staff": 7,
    "hec-employee": 0.5,
    "alumnus": 1.5,
    "external": 0.5,
}
PAPERS: Mapping[str, Mapping[str, float]] = {
    "student": {
        "student-card": 60,
        "admission-card": 20,
        "transcript": 15,
        "previous-education": 5,
    },
    "faculty": {"employment-letter": 60, "office-card": 40},
    "staff": {"employment-letter": 45, "office-card": 55},
}
# What a reviewer finds: nothing, a reason to reject, a reason to ask.
FLAWS: Mapping[str, float] = {"": 85, "reject": 8, "ask": 7}
# What becomes of an application before anybody decides.
STEADINESS: Mapping[str, float] = {"submits": 93, "drafts": 4.5, "withdraws": 2.5}
# What becomes of a license.
LEARNERS: Mapping[str, float] = {
    "never-clicks": 13,
    "only-clicks": 9,
    "idles": 15,
    "one-course": 22,
    "steady": 31,
    "specializes": 10,
}
PROGRAMS = (
    "BS Computer Science",
    "BS Software Engineering",
    "BBA",
    "BS Mathematics",
    "BS English",
    "MBBS",
    "BE Electrical Engineering",
    "MPhil Education",
    "BS Economics",
    "MS Data Science",
)
DEPARTMENTS = ("Computer Science", "Management Sciences", "Mathematics", "Education", "Engineering")
DESIGNATIONS = ("Lecturer", "Assistant Professor", "Associate Professor")
POSTS = ("Assistant Director", "Lab Engineer", "Librarian", "Admin Officer")


@dataclass
class Applicant:
    """One made-up person; `flaw` and `learner` say what others will find and what they will do.

    `category`, `university`, `documents` and `first_semester` are what replay asks of a person.
    """

    name: str
    full_name: str
    printed: str
    language: str
    number: str
    category: str
    university: str | None
    documents: tuple[str, ...]
    first_semester: bool
    details: Mapping[str, str]
    arrives: datetime | None
    flaw: str
    steadiness: str
    learner: str
    tries: int
    rng: Random = field(repr=False)


def crowd(
    count: int, seed: int, sizes: Mapping[str, float], calendar: Calendar, days: Mapping
) -> Iterator[Applicant]:
    """`count` applicants, arriving over `days` (weights by day) at universities of these sizes."""
    rng = Random(f"{seed}:arrivals")
    arrivals = sorted(
        within(day, rng) for day in rng.choices(list(days), list(days.values()), k=count)
    )
    institutions, weights = list(sizes), list(accumulate(sizes.values()))
    for number, arrives in enumerate(arrivals, start=1):
        own = Random(f"{seed}:{number}")
        university = own.choices(institutions, cum_weights=weights)[0]
        yield one(f"a{number}", number, own, university, arrives)


def one(
    key: str, number: int, rng: Random, university: str | None, arrives: datetime | None = None
) -> Applicant:
    """One person; HEC's employees and those outside universities name none."""
    category = drawn(CATEGORIES, rng)
    full_name, printed, language = name(rng)
    papers = PAPERS.get(category, PAPERS["staff"])
    document = drawn(papers, rng)
    if category in ("hec-employee", "external"):
        university = None
    return Applicant(
        name=key,
        full_name=full_name,
        printed=printed,
        language=language,
        number=f"{rng.choice((13, 17, 35, 36, 37, 42, 54, 61))}{number % 1000:03d}{number:08d}",
        category=category,
        university=university,
        documents=(document,),
        first_semester=document == "previous-education",
        details=_details(category, number, rng, first=document == "previous-education"),
        arrives=arrives,
        flaw=drawn(FLAWS, rng),
        steadiness=drawn(STEADINESS, rng),
        learner=drawn(LEARNERS, rng),
        tries=rng.choice((1, 2, 3, 4)),
        rng=rng,
    )


def _details(category: str, number: int, rng: Random, *, first: bool) -> Mapping[str, str]:
    department = rng.choice(DEPARTMENTS)
    if category in ("student", "alumnus"):
        return {
            "program": rng.choice(PROGRAMS),
            "department": department,
            "registration_number": f"{rng.choice(('FA', 'SP'))}{rng.randint(19, 22)}-{number:05d}",
            "semester": "1" if first else str(rng.randint(2, 8)),
        }
    posts: Sequence[str] = DESIGNATIONS if category == "faculty" else POSTS
    return {
        "designation": rng.choice(posts),
        "department": department,
        "employee_number": f"E-{number:05d}",
    }


def drawn(weights: Mapping[str, float], rng: Random) -> str:
    """One of the words, the likelier the heavier."""
    return rng.choices(list(weights), list(weights.values()))[0]
