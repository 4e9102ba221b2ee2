"""What licensing asks of Coursera, whichever way the organisation reaches it.

The words are Coursera's own: an invitation is pending until the person accepts it and becomes a
member of the program; an enrollment is one learner in one course or specialization. Every person
is named by `external_id`, which is our license reference (R21).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol

ContentKind = Literal["Course", "Specialization"]
Outcome = Literal["invited", "already-invited", "already-member"]


@dataclass(frozen=True)
class Invitee:
    """The person a license belongs to, as Coursera is told."""

    external_id: str
    full_name: str
    email: str


@dataclass(frozen=True)
class Invited:
    """What an invitation came to; each of the outcomes means that Coursera knows the person."""

    outcome: Outcome


class Membership(NamedTuple):
    """One person who accepted the invitation to a program; `joined_at` is aware, in UTC."""

    external_id: str
    email: str
    full_name: str
    joined_at: datetime | None
    program_id: str = ""


class EnrollmentRow(NamedTuple):
    """One learner in one course or specialization, as Coursera reports it.

    Times are aware and in UTC. `progress` is 0 to 100 or None where the report gives none; the
    course counts are those of a specialization. `program_id` of a CSV row is the program's id
    where the reader was told it, else its slug; so is `content_id` of a specialization in CSV.
    """

    external_id: str
    email: str
    full_name: str
    program_id: str
    content_id: str
    content_kind: ContentKind
    content_name: str
    membership_state: str
    enrolled_at: datetime
    last_activity_at: datetime | None
    completed_at: datetime | None
    is_completed: bool
    progress: Decimal | None
    courses_completed: int | None
    courses_total: int | None


@dataclass(frozen=True)
class RowError:
    """A row that could not be read; the rows around it still are.

    `line` counts from 1: the line of the file, or the row of the report. `sentence` is marked for
    translation and takes `values`.
    """

    line: int
    column: str
    sentence: str
    values: Mapping[str, str] = field(default_factory=dict)
    source: str = ""

    @property
    def message(self) -> str:
        """The sentence in English, its values filled in."""
        return self.sentence % self.values


class CourseraFailure(Exception):
    """Something asked of Coursera was not done."""


class Unavailable(CourseraFailure):
    """Coursera cannot be reached or is busy: the same call is worth repeating.

    `retry_after` is in seconds where Coursera named a time. `ambiguous` says that the change may
    have happened all the same, so that the next attempt has to look first.
    """

    def __init__(
        self, reason: str, *, retry_after: float | None = None, ambiguous: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        self.ambiguous = ambiguous


class NotGranted(CourseraFailure):
    """Coursera said no. Shown to HEC, and tried again at least hourly (R9).

    `code` is Coursera's error code or `http-STATUS`; `message` and `raw` (at most 2 KB of the
    answer) may name the person, so that they belong on HEC's screen and in no log.
    """

    def __init__(self, code: str, message: str = "", *, raw: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.raw = raw


class Coursera(Protocol):
    """The port. Each method raises Unavailable or NotGranted."""

    def invite(self, program_id: str, invitee: Invitee, *, look_first: bool = False) -> Invited:
        """Invite a person to a program, so that Coursera mails the invitation (4.1.g, R9).

        Pass `look_first` when an earlier attempt for the same license ended without an answer.
        """
        ...

    def remove(self, program_id: str, invitee: Invitee) -> None:
        """Take a person's invitation and membership away (5.z); one who has neither is done."""
        ...

    def memberships(self, program_id: str) -> Iterator[Membership | RowError]:
        """All members of a program, page by page."""
        ...

    def enrollments(self, program_id: str) -> Iterator[EnrollmentRow | RowError]:
        """All enrollments of a program, those of removed members included, page by page."""
        ...
