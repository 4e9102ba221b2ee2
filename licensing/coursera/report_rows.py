"""Rows of Coursera's API, read into the port's values.

A field that is absent and one that is null mean the same. A row that cannot be read becomes a
RowError, so that one odd row never costs a whole night's report.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from dlsei.policy.wording import gettext_noop
from licensing.coursera.port import ContentKind, EnrollmentRow, Membership, RowError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KINDS: Mapping[str, ContentKind] = {"Course": "Course", "Specialization": "Specialization"}

MISSING = gettext_noop("%(column)s is empty.")
NO_TIME = gettext_noop("%(column)s is not a date and time: “%(value)s”.")
NO_PERCENTAGE = gettext_noop("%(column)s is not a number from 0 to 100: “%(value)s”.")
NO_COUNT = gettext_noop("%(column)s is not a whole number: “%(value)s”.")
UNKNOWN_VALUE = gettext_noop("%(column)s has an unknown value: “%(value)s”.")
TOO_LONG = gettext_noop("%(column)s is too long: “%(value)s”.")
NO_RECORD = gettext_noop("The row is not a record.")

SHOWN_CHARACTERS = 60
MOST = 32_767
"""No learner has more courses; what the database can hold."""


class Unreadable(Exception):
    """One value of a row could not be read; becomes the RowError of that row."""

    def __init__(self, column: str, sentence: str, value: object = "") -> None:
        super().__init__(column)
        self.column = column
        self.sentence = sentence
        self.value = str(value)[:SHOWN_CHARACTERS]

    def at(self, line: int, source: str = "") -> RowError:
        """The error of this row; `line` counts from 1, `source` names the file within an archive."""
        values = {"column": self.column, "value": self.value}
        return RowError(line, self.column, self.sentence, values, source)


def read_enrollment(element: Any, number: int, program_id: str) -> EnrollmentRow | RowError:
    """One row of `enrollmentReports`; `number` counts rows from 1."""
    try:
        row = _record(element)
        kind = KINDS.get(_text(row, "contentType"))
        if kind is None:
            raise Unreadable("contentType", UNKNOWN_VALUE, row["contentType"])
        return EnrollmentRow(
            external_id=_text(row, "externalId"),
            email=_text(row, "email"),
            full_name=str(row.get("fullName") or ""),
            program_id=str(row.get("programId") or program_id),
            content_id=_text(row, "contentId"),
            content_kind=kind,
            content_name=str(row.get("contentName") or ""),
            membership_state=_text(row, "membershipState"),
            enrolled_at=_required_time(row, "enrolledAt"),
            last_activity_at=_time(row, "lastActivityAt") or _time(row, "lastActivity"),
            completed_at=_time(row, "completedAt"),
            is_completed=row.get("isCompleted") is True,
            progress=percentage(row.get("overallProgress"), "overallProgress"),
            courses_completed=None,
            courses_total=(
                count(row.get("numCoursesInSpecialization"), "numCoursesInSpecialization")
                if kind == "Specialization"
                else None
            ),
        )
    except Unreadable as unreadable:
        return unreadable.at(number)


def read_membership(element: Any, number: int, program_id: str) -> Membership | RowError:
    """One row of a program's memberships; `number` counts rows from 1."""
    try:
        row = _record(element)
        return Membership(
            external_id=_text(row, "externalId"),
            email=_text(row, "email"),
            full_name=str(row.get("fullName") or ""),
            joined_at=_time(row, "joinedAt"),
            program_id=str(row.get("programId") or program_id),
        )
    except Unreadable as unreadable:
        return unreadable.at(number)


def percentage(value: object, column: str) -> Decimal | None:
    """A share from 0 to 100, given as a number or as text; None where there is none."""
    if value is None or value == "":
        return None
    try:
        share = Decimal(str(value))
    except InvalidOperation as error:
        raise Unreadable(column, NO_PERCENTAGE, value) from error
    if not share.is_finite() or not 0 <= share <= 100:
        raise Unreadable(column, NO_PERCENTAGE, value)
    return share


def count(value: object, column: str) -> int | None:
    """A number of things, given as a number or as text; None where there is none."""
    if value is None or value == "":
        return None
    try:
        number = int(str(value))
    except ValueError as error:
        raise Unreadable(column, NO_COUNT, value) from error
    if not 0 <= number <= MOST:
        raise Unreadable(column, NO_COUNT, value)
    return number


def _record(element: Any) -> dict[str, Any]:
    if not isinstance(element, dict):
        raise Unreadable("", NO_RECORD)
    return element


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Unreadable(name, MISSING)
    return value


def _time(row: Mapping[str, Any], name: str) -> datetime | None:
    value = row.get(name)
    if value is None:
        return None
    try:
        return EPOCH + timedelta(milliseconds=int(value))
    except (TypeError, ValueError, OverflowError) as error:
        raise Unreadable(name, NO_TIME, value) from error


def _required_time(row: Mapping[str, Any], name: str) -> datetime:
    found = _time(row, name)
    if found is None:
        raise Unreadable(name, MISSING)
    return found
