"""Who plays in the story: new people each time, so that it can be played again on the same product."""

import csv
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.story.pages import Visitor
from tests.story.papers import big_screenshot, photographed_card, scanned_pages
from tests.story.product import PROJECT, Product

UNIVERSITIES = PROJECT / "applications" / "data" / "universities.csv"
IN_THE_DEMO = ("University of the Punjab", "National University of Sciences and Technology")


@dataclass
class Applicant:
    """One applicant with what they upload; `browser` keeps their session."""

    email: str
    full_name: str
    category: str
    kind: str
    file: tuple[str, bytes, str]
    browser: Visitor
    language: str = "en"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    identity_number: str = field(default_factory=lambda: _cnic())
    reference: str = ""

    @property
    def details(self) -> dict[str, str]:
        """The answers that the category's page asks for."""
        own = {"department": "Computer Science"}
        if self.category == "student":
            number = f"2022-SE-{random.randrange(1000):03d}"
            return own | {
                "program": "BS Software Engineering",
                "registration_number": number,
                "semester": "3",
            }
        return own | {"designation": "Assistant Librarian", "employee_number": "E-2041"}


def cast(product: Product) -> tuple[Applicant, Applicant, Applicant]:
    """Who learns, who stays idle, and who is next in line."""
    stamp = secrets.token_hex(3)

    def one(
        role: str, name: str, category: str, kind: str, file: Callable[[str], bytes]
    ) -> Applicant:
        suffix, media_type = {
            photographed_card: ("jpg", "image/jpeg"),
            scanned_pages: ("pdf", "application/pdf"),
        }.get(file, ("png", "image/png"))
        return Applicant(
            email=f"story-{stamp}-{role}@demo.example",
            full_name=name,
            category=category,
            kind=kind,
            file=(f"{kind}.{suffix}", file(role), media_type),
            browser=Visitor(product.site, name),
        )

    learner = one("learner", "Ayesha O'Neill-Malik", "student", "student-card", photographed_card)
    idle = one("idle", "محمد عثمان قریشی", "student", "transcript", scanned_pages)
    idle.language = "ur"
    following = one(
        "next", "Fatima-tuz-Zahra D'Souza", "staff", "office-card", lambda _: big_screenshot()
    )
    return learner, idle, following


def some_university(path: Path = UNIVERSITIES) -> str:
    """A university of the shipped list whose queue the demo leaves alone."""
    with path.open(encoding="utf-8", newline="") as lines:
        names = [row["name"] for row in csv.DictReader(lines) if row["city"] != "Gilgit"]
    return random.choice([name for name in names if name not in IN_THE_DEMO])


def _cnic() -> str:
    digits = f"{random.randrange(10**12, 9 * 10**12)}"
    return f"{digits[:5]}-{digits[5:12]}-{random.randrange(1, 9)}"
