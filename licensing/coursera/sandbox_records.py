"""What the sandbox knows of people, what goes wrong in it, and the file that it is kept in."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

LAST = datetime.max.replace(tzinfo=UTC)


@dataclass
class Activity:
    """One thing a learner did; the report as of an earlier instant is made from these."""

    at: datetime
    progress: float | None = None
    completed: bool = False


class Standing(NamedTuple):
    """How far a learner has got: percent, the latest activity, the first completion."""

    progress: float
    last_activity_at: datetime | None
    completed_at: datetime | None


@dataclass
class Enrollment:
    """One course or specialization of a learner, with everything done in it since."""

    content_id: str
    content_type: str
    name: str
    enrolled_at: datetime
    trail: list[Activity] = field(default_factory=list)

    def standing(self, as_of: datetime) -> "Standing":
        """What a report made at an instant says of it."""
        progress, last_activity_at, completed_at = 0.0, None, None
        for activity in self.trail:
            at = activity.at
            if at > as_of:
                continue
            if activity.progress is not None:
                progress = activity.progress
            if last_activity_at is None or at > last_activity_at:
                last_activity_at = at
            if activity.completed and (completed_at is None or at < completed_at):
                completed_at = at
        return Standing(progress, last_activity_at, completed_at)

    def progress(self, as_of: datetime) -> float:
        """Percent done at an instant."""
        return self.standing(as_of).progress

    def last_activity_at(self, as_of: datetime) -> datetime | None:
        """The latest activity up to an instant; None for a course never opened since."""
        return self.standing(as_of).last_activity_at

    def completed_at(self, as_of: datetime) -> datetime | None:
        """The first completion up to an instant."""
        return self.standing(as_of).completed_at


@dataclass
class Person:
    """One person in one program, under the external id that the customer chose."""

    program_id: str
    external_id: str
    email: str
    full_name: str
    state: str
    invited_at: datetime | None = None
    joined_at: datetime | None = None
    removed_at: datetime | None = None
    may_rejoin: bool = False
    enrollments: dict[str, Enrollment] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The composed id by which Coursera's paths name an invitation or a membership."""
        return f"{self.program_id}~{self.external_id}"


@dataclass
class Faults:
    """Switches for what goes wrong at Coursera; counts go down with every request they spoil."""

    outage: bool = False  # everything answers 503, the token endpoint too
    too_many: int = 0  # so many requests get 429
    retry_after: int = 1  # seconds, sent with 429 and 503
    unavailable: int = 0  # so many requests get 503
    lost_answers: int = 0  # so many changes are made, but answered by a gateway timeout
    calls_per_token: int = 0  # a token expires after so many requests; 0: after its time only
    no_seats: bool = False  # invitations and memberships are refused
    report_lag_hours: int = 0  # reports show the state of so many hours ago
    without_last_activity: bool = False  # reports leave lastActivityAt out
    completed_below_100: bool = False  # a completed course shows 92.35 percent
    grade_as_text: bool = False  # the grade comes as a string
    next_as_number: bool = False  # paging.next comes as a number


class Archive:
    """The sandbox's records in a SQLite file, each written when it changes."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(path, check_same_thread=False)
        self._file.execute("pragma journal_mode = wal")
        self._file.execute("pragma synchronous = normal")
        self._file.execute(
            "create table if not exists records"
            " (kind text, key text, record text not null, primary key (kind, key))"
        )

    def keep(self, kind: str, key: str, record: Person | Faults | None = None) -> None:
        """Write a record over its older self."""
        with self._file:
            self._file.execute(
                "insert into records values (?, ?, ?)"
                " on conflict (kind, key) do update set record = excluded.record",
                (kind, key, _written(record)),
            )

    def keep_all(self, people: Iterable[Person], accounts: Iterable[str]) -> None:
        """Write many records at once."""
        rows = [("person", person.key, _written(person)) for person in people]
        rows += [("account", address, _written(None)) for address in sorted(accounts)]
        with self._file:
            self._file.executemany("insert or replace into records values (?, ?, ?)", rows)

    def drop(self, kind: str, key: str) -> None:
        """Forget a record."""
        with self._file:
            self._file.execute("delete from records where kind = ? and key = ?", (kind, key))

    def people(self) -> list[Person]:
        """Everybody, the longest known first."""
        people = [_person(record) for _, record in self._all("person")]
        return sorted(people, key=lambda p: p.invited_at or p.joined_at or LAST)

    def accounts(self) -> set[str]:
        """Addresses that have an account."""
        return {key for key, _ in self._all("account")}

    def faults(self) -> Faults:
        """The switches as they were left."""
        known = {f.name for f in fields(Faults)}
        for _, record in self._all("faults"):
            return Faults(**{name: value for name, value in record.items() if name in known})
        return Faults()

    def _all(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        rows = self._file.execute("select key, record from records where kind = ?", (kind,))
        for key, text in rows:
            yield key, json.loads(text)


def _written(record: Person | Faults | None) -> str:
    return json.dumps({} if record is None else asdict(record), default=datetime.isoformat)


def _person(record: dict[str, Any]) -> Person:
    for name in ("invited_at", "joined_at", "removed_at"):
        record[name] = record[name] and datetime.fromisoformat(record[name])
    for enrollment in record["enrollments"].values():
        enrollment["enrolled_at"] = datetime.fromisoformat(enrollment["enrolled_at"])
        enrollment["trail"] = [
            Activity(**{**activity, "at": datetime.fromisoformat(activity["at"])})
            for activity in enrollment["trail"]
        ]
    record["enrollments"] = {k: Enrollment(**v) for k, v in record["enrollments"].items()}
    return Person(**record)
