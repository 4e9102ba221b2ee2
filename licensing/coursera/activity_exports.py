"""Coursera's activity exports, as HEC downloads them from the admin portal (CSV route).

A file is the portal's ZIP or one of its CSVs, in the current layout or in the one used until about
2025. Columns are found by name, since HEC chooses them and Coursera renames them. Reading goes row
by row; a row that cannot be read is reported, and the reading goes on.
"""

import csv
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import TextIOWrapper
from typing import IO, BinaryIO

from dlsei.policy.wording import gettext_noop
from licensing.coursera.port import ContentKind, EnrollmentRow, Membership, RowError
from licensing.coursera.report_rows import (
    MISSING,
    NO_TIME,
    UNKNOWN_VALUE,
    Unreadable,
    count,
    percentage,
)

LARGEST_ARCHIVE = 2 * 1024**3  # bytes when unpacked
SHOWN_CHARACTERS = 120
YES_NO = {"yes": True, "true": True, "no": False, "false": False, "": False}
MEMBER_STATES = frozenset({"member", "joined"})
OTHER_STATES = frozenset(
    {
        "invited",
        "invited email not verified",
        "deleted",
        "deleted member",
        "soft deleted member",
        "removed",
        "whitelisted",
        "not member",
    }
)

UNKNOWN_LAYOUT = gettext_noop(
    "This is not a course, program or specialization activity export of Coursera. "
    "Its first line is: %(header)s"
)
NOT_UTF8 = gettext_noop("The file is not UTF-8 text. Save it as “CSV UTF-8” and upload it again.")
NO_EXPORT_INSIDE = gettext_noop(
    "The archive holds no CSV of course, program or specialization activity."
)
TOO_LARGE = gettext_noop("The archive is too large when unpacked.")
BROKEN_ARCHIVE = gettext_noop("The archive is damaged. Download it from Coursera again.")
BROKEN_LINE = gettext_noop("The line is not well-formed CSV.")

Row = EnrollmentRow | Membership | RowError


class UnreadableFile(Exception):
    """The file as a whole is no export of Coursera's; `sentence` takes `values`."""

    def __init__(self, sentence: str, **values: str) -> None:
        super().__init__(sentence % values)
        self.sentence = sentence
        self.values = values


@dataclass(frozen=True)
class _Cells:
    columns: Mapping[str, int]
    cells: list[str]

    def text(self, *names: str) -> str:
        """The first of these columns that is there and not blank."""
        for name in names:
            place = self.columns.get(name)
            if place is not None and place < len(self.cells) and self.cells[place].strip():
                return self.cells[place].strip()
        return ""

    def required(self, *names: str) -> str:
        value = self.text(*names)
        if not value:
            raise Unreadable(names[0], MISSING)
        return value

    def time(self, *names: str) -> datetime | None:
        value = self.text(*names)
        if not value:
            return None
        try:
            found = datetime.fromisoformat(value)
        except ValueError as error:
            raise Unreadable(names[0], NO_TIME, value) from error
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)

    def flag(self, name: str) -> bool:
        value = self.text(name)
        if value.lower() not in YES_NO:
            raise Unreadable(name, UNKNOWN_VALUE, value)
        return YES_NO[value.lower()]


def read_activity(file: BinaryIO, *, program_ids: Mapping[str, str] | None = None) -> Iterator[Row]:
    """Read an activity export for HEC, row by row.

    `file` is seekable. `program_ids` maps Coursera's program slugs to program ids. A program
    report yields a Membership for members only and passes over the invited and the removed.
    Raises UnreadableFile, on a step of the iteration, when the file is no export.
    """
    slugs = program_ids or {}
    if not zipfile.is_zipfile(file):
        file.seek(0)
        yield from _sheet(file, "", slugs)
        return
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            yield from _archive(archive, slugs)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise UnreadableFile(BROKEN_ARCHIVE) from error


def _archive(archive: zipfile.ZipFile, slugs: Mapping[str, str]) -> Iterator[Row]:
    sheets = [info for info in archive.infolist() if info.filename.lower().endswith(".csv")]
    if sum(info.file_size for info in sheets) > LARGEST_ARCHIVE:
        raise UnreadableFile(TOO_LARGE)
    exports = 0
    for info in sheets:
        with archive.open(info) as sheet:
            try:
                yield from _sheet(sheet, info.filename, slugs)
                exports += 1
            except _OtherReport:
                continue
    if not exports:
        raise UnreadableFile(NO_EXPORT_INSIDE)


class _OtherReport(UnreadableFile):
    pass


def _sheet(file: IO[bytes], source: str, slugs: Mapping[str, str]) -> Iterator[Row]:
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        lines = csv.reader(text)
        header = next(lines, [])
        columns = {_column(name): place for place, name in reversed(list(enumerate(header)))}
        read = _layout(columns)
        if read is None:
            raise _OtherReport(UNKNOWN_LAYOUT, header=", ".join(header)[:SHOWN_CHARACTERS])
        while (cells := _next(lines)) is not None:
            if isinstance(cells, str):
                yield RowError(lines.line_num, "", cells, {}, source)
                continue
            try:
                row = read(_Cells(columns, cells), slugs) if any(cells) else None
            except Unreadable as unreadable:
                yield unreadable.at(lines.line_num, source)
                continue
            if row is not None:
                yield row
    except UnicodeDecodeError as error:
        raise UnreadableFile(NOT_UTF8) from error
    finally:
        text.detach()


def _next(lines: Iterator[list[str]]) -> list[str] | str | None:
    """The next line's cells, or the sentence why it has none, or None at the end."""
    try:
        return next(lines, None)
    except csv.Error:
        return BROKEN_LINE


_Reader = Callable[[_Cells, Mapping[str, str]], EnrollmentRow | Membership | None]


def _column(name: str) -> str:
    return " ".join(name.replace("\ufeff", "").replace("*", "").lower().split())


def _layout(columns: Mapping[str, int]) -> _Reader | None:
    names = columns.keys()
    if {"course id", "enrollment time"} <= names:
        return _course
    if {"specialization slug", "enrollment time"} <= names:
        return _specialization
    if "member state" in names or {"join date", "email"} <= names:
        return _member
    return None


def _course(cells: _Cells, slugs: Mapping[str, str]) -> EnrollmentRow:
    return _enrollment(
        cells,
        slugs,
        content_kind="Course",
        content_id=cells.required("course id"),
        content_name=cells.text("course"),
        last_activity_at=cells.time("last course activity time"),
        completed_at=cells.time("completion time"),
    )


def _specialization(cells: _Cells, slugs: Mapping[str, str]) -> EnrollmentRow:
    return _enrollment(
        cells,
        slugs,
        content_kind="Specialization",
        content_id=cells.required("specialization slug"),
        content_name=cells.text("specialization"),
        last_activity_at=cells.time("last specialization activity time"),
        completed_at=cells.time("specialization completion time", "completion time"),
    )


def _enrollment(
    cells: _Cells,
    slugs: Mapping[str, str],
    *,
    content_kind: ContentKind,
    content_id: str,
    content_name: str,
    last_activity_at: datetime | None,
    completed_at: datetime | None,
) -> EnrollmentRow:
    email = cells.required("email")
    enrolled_at = cells.time("enrollment time")
    if enrolled_at is None:
        raise Unreadable("enrollment time", MISSING)
    return EnrollmentRow(
        external_id=cells.text("external id") or email,
        email=email,
        full_name=cells.text("name", "full name"),
        program_id=_program_id(cells, slugs),
        content_id=content_id,
        content_kind=content_kind,
        content_name=content_name,
        membership_state="DELETED_MEMBER" if cells.flag("removed from program") else "MEMBER",
        enrolled_at=enrolled_at,
        last_activity_at=last_activity_at,
        completed_at=completed_at,
        is_completed=cells.flag("completed"),
        progress=percentage(cells.text("overall progress"), "overall progress"),
        courses_completed=count(cells.text("# completed courses"), "# completed courses"),
        courses_total=count(
            cells.text("# courses in specialization"), "# courses in specialization"
        ),
    )


def _program_id(cells: _Cells, slugs: Mapping[str, str]) -> str:
    slug = cells.text("program slug")
    return slugs.get(slug, slug)


def _member(cells: _Cells, slugs: Mapping[str, str]) -> Membership | None:
    email = cells.required("email")
    joined_at = cells.time("join date")
    state = cells.text("member state")
    plain = " ".join(state.lower().replace("_", " ").split())
    if plain in OTHER_STATES or (not plain and joined_at is None):
        return None
    if plain and plain not in MEMBER_STATES:
        raise Unreadable("member state", UNKNOWN_VALUE, state)
    return Membership(
        external_id=cells.text("external id") or email,
        email=email,
        full_name=cells.text("name", "full name"),
        joined_at=joined_at,
        program_id=_program_id(cells, slugs),
    )
