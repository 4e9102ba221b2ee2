"""Reasons and questions that reviewers need again and again, in both languages (4.1.i).

They are data, `common_wording.toml`: a sentence can be bettered without touching code.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import get_language

FILE = Path(__file__).with_name("common_wording.toml")
LANGUAGES = ("en", "ur")


@dataclass(frozen=True)
class Wording:
    """One sentence to pick: by language its name in the list and the text that goes out."""

    code: str
    short: dict[str, str]
    text: dict[str, str]
    categories: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the list calls it, in the reviewer's language."""
        return self.short[_known(get_language())]

    def to(self, language: str) -> str:
        """What an applicant of this language reads."""
        return self.text[_known(language)]


@cache
def _all(kind: str) -> tuple[Wording, ...]:
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))[kind]
    return tuple(
        Wording(
            code=table["code"],
            short={language: table[language]["short"] for language in LANGUAGES},
            text={language: table[language]["text"] for language in LANGUAGES},
            categories=tuple(table.get("categories", ())),
        )
        for table in tables
    )


def reasons(category: str = "") -> tuple[Wording, ...]:
    """Why applications are rejected: all, or those that fit a category."""
    return _for(_all("reason"), category)


def questions(category: str = "") -> tuple[Wording, ...]:
    """What applicants are asked: all, or what fits a category."""
    return _for(_all("question"), category)


def _for(wordings: tuple[Wording, ...], category: str) -> tuple[Wording, ...]:
    return tuple(
        one for one in wordings if not (category and one.categories) or category in one.categories
    )


def _known(language: str | None) -> str:
    return language if language in LANGUAGES else LANGUAGES[0]
