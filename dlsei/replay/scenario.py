"""A scenario file, read and checked whole before anything is played (the format: docs/scenarios.md)."""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from dlsei.policy import programme as policy
from dlsei.policy.calendar_days import KARACHI
from dlsei.policy.programme import DOCUMENT_KINDS, ProgrammeError
from dlsei.policy.programme_tables import YEARS, Table
from dlsei.replay.vocabulary import (
    CATEGORIES,
    COHORT_FIGURES,
    EVENTS,
    HEC,
    HEC_INSTITUTION,
    NO_VALUE,
    OUTCOMES,
    PERSON_KEYS,
    values_of_event,
    values_of_person,
)

MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?")
SPACING = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)([smh])")
LONGEST = timedelta(days=3650)
SOME = 20
"""People named in a message."""
LONGEST_INSTITUTION, LONGEST_NAME = 200, 100
"""In characters; of a name less than a person may have, for the number in a group."""
UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}


@dataclass(frozen=True)
class Institution:
    """A university and whether it has a focal person."""

    name: str
    recognized: bool = True
    has_focal_person: bool = True


@dataclass(frozen=True)
class Person:
    """Somebody who may apply, and what they would show for it."""

    name: str
    category: str
    university: str | None
    documents: tuple[str, ...]
    first_semester: bool


@dataclass(frozen=True)
class Step:
    """One event of one person (`who` is None where it is of nobody), at its time."""

    n: int
    at: datetime
    do: str
    who: str | None
    values: Mapping[str, object]
    outcome: str


@dataclass(frozen=True)
class Expectation:
    """What must hold of one subject at a time: `people`, or one cohort or one of the staff.

    `count`: how many of the people must match, None for all of them.
    """

    n: int
    at: datetime
    subject: str
    expected: Mapping[str, object]
    people: tuple[str, ...] = ()
    cohort: str = ""
    staff: str = ""
    count: int | None = None


@dataclass(frozen=True)
class Scenario:
    """A whole file; `programme` is the text of the programme that holds in it."""

    file: str
    title: str
    programme: str
    policy: policy.Programme
    nightly_reports: bool
    coursera: str
    institutions: tuple[Institution, ...]
    people: tuple[Person, ...]
    steps: tuple[Step, ...]
    expectations: tuple[Expectation, ...]


def read(file: str, base: policy.Tables) -> Scenario:
    """Reads the scenario `file` on top of the programme `base`.

    Raises `ProgrammeError`, which names file and key, for the first thing that is wrong.
    """
    try:
        # Editors of Windows put a mark before the text.
        text = Path(file).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ProgrammeError(file, "", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ProgrammeError(file, "", "cannot be read: must be text in UTF-8") from error
    return _Reader(Table(policy.parse(text, file), file), base).scenario()


class _Reader:
    def __init__(self, top: Table, base: policy.Tables) -> None:
        self.top = top
        self.groups: dict[str, tuple[str, ...]] = {}
        self._read_programme(base)
        self._read_institutions()
        self._read_people()

    def scenario(self) -> Scenario:
        top = self.top
        steps = [step for table, n in self._rows("event") for step in self._steps(table, n)]
        expectations = [self._expectation(table, n) for table, n in self._rows("expect")]
        title = top.text("title") if top.has("title") else Path(top.source).stem
        top.done()
        return Scenario(
            file=top.source,
            title=title,
            programme=self.programme,
            policy=self.policy,
            nightly_reports=self.nightly_reports,
            coursera=self.coursera,
            institutions=tuple(self.institutions.values()),
            people=tuple(self.people.values()),
            steps=tuple(steps),
            expectations=tuple(expectations),
        )

    def _rows(self, key: str) -> Iterable[tuple[Table, int]]:
        """The tables of an array with their numbers, from 1 as reports name them."""
        tables = self.top.tables(key) if self.top.has(key) else []
        return [(table, n) for n, table in enumerate(tables, start=1)]

    def _read_programme(self, base: policy.Tables) -> None:
        self.nightly_reports, self.coursera, overrides = True, "api", {}
        if self.top.has("programme"):
            table = self.top.table("programme")
            if table.has("reports"):
                self.nightly_reports = table.text("reports", ("nightly", "manual")) == "nightly"
            if table.has("coursera"):
                self.coursera = table.text("coursera", ("api", "csv"))
            overrides = {k: v for k, v in table.rows.items() if k not in ("reports", "coursera")}
        tables = policy.overlay(base, overrides)
        self.policy = policy.read(tables, self.top.source, "programme")
        self.programme = policy.to_toml(tables)

    def _read_institutions(self) -> None:
        self.institutions: dict[str, Institution] = {}
        for table, _ in self._rows("universities"):
            name = table.text("name", longest=LONGEST_INSTITUTION)
            if name in self.institutions:
                raise table.error("name", f"{name!r} is there already")
            self.institutions[name] = Institution(
                name,
                recognized=not table.has("recognized") or _flag(table, "recognized"),
                has_focal_person=not table.has("focal") or _flag(table, "focal"),
            )
            table.done()
        self.institutions.setdefault(
            HEC_INSTITUTION, Institution(HEC_INSTITUTION, has_focal_person=False)
        )
        self.staff = {HEC} | {
            f"focal: {i.name}" for i in self.institutions.values() if i.has_focal_person
        }

    def _read_people(self) -> None:
        self.people: dict[str, Person] = {}
        for table, _ in self._rows("people"):
            name = table.text("name", longest=LONGEST_NAME)
            if "*" in name:
                raise table.error(
                    "name", f"{name!r} is not allowed: a star stands for a whole group"
                )
            names = (name,)
            if table.has("count"):
                names = tuple(f"{name}{i}" for i in range(1, table.whole("count", least=1) + 1))
                self.groups[f"{name}*"] = names
            category = table.text("category", CATEGORIES)
            university = HEC_INSTITUTION if category == "hec-employee" else None
            if table.has("university"):
                university = self._known(table, "university", self.institutions)
            documents = table.texts("documents", DOCUMENT_KINDS) if table.has("documents") else ()
            first = table.has("first_semester") and _flag(table, "first_semester")
            table.done()
            for one in names:
                if one in self.people:
                    raise table.error("name", f"{one!r} is there already")
                self.people[one] = Person(one, category, university, documents, first)

    def _steps(self, table: Table, n: int) -> list[Step]:
        at = _moment(table, "at")
        do = table.text("do", EVENTS)
        required, optional = EVENTS[do]
        people: tuple[str | None, ...] = (None,)
        if "who" in required:
            people = self._who(table)
        spacing = timedelta(0)
        if table.has("every"):
            if not str(table.rows.get("who", "")).endswith("*"):
                raise table.error("every", 'goes with a group only, such as who = "s*"')
            spacing = _spacing(table, "every")
            if (len(people) - 1) * spacing > LONGEST:
                raise table.error(
                    "every", f"the last of {len(people)} comes after {LONGEST.days} days"
                )
        outcome = table.text("outcome", OUTCOMES) if table.has("outcome") else "ok"
        values = self._values(table, required, optional)
        if "until" in values and values["until"] <= at:  # type: ignore[operator]
            raise table.error("until", "must be later than at")
        table.done()
        return [Step(n, at + i * spacing, do, who, values, outcome) for i, who in enumerate(people)]

    def _values(
        self, table: Table, required: tuple[str, ...], optional: tuple[str, ...]
    ) -> dict[str, object]:
        values: dict[str, object] = {}
        for key in (*required, *optional):
            if key == "who" or (key in optional and not table.has(key)):
                continue
            if key == "by":
                values[key] = self._known(table, key, self.staff)
            elif key == "cohort":
                values[key] = self._known(table, key, self.policy.cohorts)
            elif key == "university":
                values[key] = self._known(table, key, self.institutions)
            elif key == "until":
                values[key] = _moment(table, key)
            elif key == "year":
                years = {y for c in self.policy.cohorts.values() for y in c.paid_years}
                values[key] = table.whole(key)
                if values[key] not in years:
                    allowed = ", ".join(map(str, sorted(years)))
                    raise table.error(key, f"is in no cohort's paid_years: allowed are {allowed}")
            else:
                values[key] = values_of_event(table, key)
        return values

    def _expectation(self, table: Table, n: int) -> Expectation:
        at = _moment(table, "at")
        subjects = [key for key in ("who", "focal", "hec") if table.has(key)]
        if not subjects and table.has("cohort"):
            subjects = ["cohort"]
        if len(subjects) != 1:
            raise table.error("", "must name one subject: who, cohort, focal or hec")
        made = {
            "who": self._of_people,
            "cohort": self._of_cohort,
            "focal": self._of_staff,
            "hec": self._of_staff,
        }[subjects[0]](table, n, at)
        table.done()
        if not made.expected:
            raise table.error("", "expects nothing: at least one key is needed")
        return made

    def _of_people(self, table: Table, n: int, at: datetime) -> Expectation:
        people = self._who(table)
        who = str(table.rows["who"])
        count = None
        if table.has("count"):
            if who not in self.groups:
                raise table.error("count", 'goes with a group only, such as who = "s*"')
            count = table.whole("count")
        return Expectation(
            n,
            at,
            who,
            _given(table, PERSON_KEYS, self._person_value),
            people=people,
            count=count,
        )

    def _person_value(self, table: Table, key: str) -> object:
        if key == "cohort" and table.rows[key] not in NO_VALUE:
            return self._known(table, key, self.policy.cohorts)
        return values_of_person(table, key)

    def _of_cohort(self, table: Table, n: int, at: datetime) -> Expectation:
        cohort = self._known(table, "cohort", self.policy.cohorts)

        def value(table: Table, key: str) -> object:
            return table.text(key, ("open", "closed")) if key == "intake" else table.whole(key)

        return Expectation(n, at, cohort, _given(table, COHORT_FIGURES, value), cohort=cohort)

    def _of_staff(self, table: Table, n: int, at: datetime) -> Expectation:
        if table.has("hec"):
            if not _flag(table, "hec"):
                raise table.error("hec", "must be true")
            staff = HEC
        else:
            staff = f"focal: {self._known(table, 'focal', self.institutions)}"
            if staff not in self.staff:
                raise table.error("focal", "has no focal person")
        return Expectation(n, at, staff, _given(table, ("mails",), values_of_person), staff=staff)

    def _who(self, table: Table) -> tuple[str, ...]:
        who = table.text("who")
        if who in self.groups:
            return self.groups[who]
        if who not in self.people:
            known = ", ".join((*list(self.people)[:SOME], *self.groups)) or "none"
            raise table.error("who", f"{who!r} is nobody among the people of this file: {known}")
        return (who,)

    def _known(self, table: Table, key: str, known: Iterable[str]) -> str:
        allowed = ", ".join(sorted(known)) or "none"
        value = table.value(key, f"one of {allowed}")
        if not isinstance(value, str) or value not in known:
            raise table.error(key, f"{value!r} is unknown: allowed are {allowed}")
        return value


def _given(
    table: Table, keys: Iterable[str], value: Callable[[Table, str], object]
) -> dict[str, object]:
    return {key: value(table, key) for key in keys if table.has(key)}


def _flag(table: Table, key: str) -> bool:
    value = table.value(key, "true or false")
    if not isinstance(value, bool):
        raise table.error(key, f"{value!r} is not allowed: must be true or false")
    return value


def _moment(table: Table, key: str) -> datetime:
    allowed = "a time such as 2023-01-10 09:00"
    value = table.value(key, allowed)
    moment = value if isinstance(value, datetime) else None
    if isinstance(value, str) and MOMENT.fullmatch(value):
        with suppress(ValueError):
            moment = datetime.fromisoformat(value)
    if moment and moment.tzinfo is None:
        if moment.year in YEARS:
            return moment.replace(tzinfo=KARACHI)
        allowed = f"in the years {YEARS[0]} to {YEARS[-1]}"
    shown = str(value) if isinstance(value, date) else repr(value)
    raise table.error(key, f"{shown} is not allowed: must be {allowed}")


def _spacing(table: Table, key: str) -> timedelta:
    value = table.value(key, "a number with s, m or h")
    match = SPACING.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise table.error(key, f"{value!r} is not allowed: must be a number with s, m or h")
    return timedelta(**{UNITS[match[2]]: float(match[1])})
