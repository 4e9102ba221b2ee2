"""Coursera's activity exports, as HEC downloads them from the admin portal (CSV route).

A file is the portal's ZIP or one of its CSVs, in the current layout or in the one used until about
2025. HEC chooses the columns and Coursera renames them, so they are found by name.
"""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import IO

from dlsei.policy.wording import gettext_noop
from licensing.coursera.port import ContentKind, EnrollmentRow, Membership, RowError
from licensing.coursera.report_rows import UNKNOWN_VALUE, Unreadable
from licensing.coursera.sheets import (
    SHOWN_CHARACTERS,
    WORKBOOK,
    Cells,
    Columns,
    PlainRows,
    Reader,
    UnreadableFile,
    read_runs,
    read_sheet,
)

LARGEST_ARCHIVE = 2 * 1024**3  # bytes when unpacked
MEMBER_STATES = frozenset({"member", "joined"})
NEVER_JOINED = frozenset({"invited", "invited email not verified", "whitelisted", "not member"})
OTHER_STATES = NEVER_JOINED | {"deleted", "deleted member", "soft deleted member", "removed"}
# In the names of the ZIP and of the files in it: when Coursera made the export.
STAMP = re.compile(r"CourseraEnterpriseExport (\d{4}-\d\d-\d\d \d\d-\d\d-\d\d) UTC")

UNKNOWN_LAYOUT = gettext_noop(
    "This is not a course, program or specialization activity export of Coursera. "
    "Its first line is: %(header)s"
)
NO_EXPORT_INSIDE = gettext_noop(
    "The archive holds no CSV of course, program or specialization activity."
)
NO_ADDRESSES = gettext_noop("The file has no column “Email”. Its first line is: %(header)s")
TOO_LARGE = gettext_noop("The archive is too large when unpacked.")
BROKEN_ARCHIVE = gettext_noop("The archive is damaged. Download it from Coursera again.")

Activity = EnrollmentRow | Membership
Row = Activity | RowError


def read_activity(
    file: IO[bytes], *, program_ids: Mapping[str, str] | None = None, plain: bool = False
) -> Iterator[Row | PlainRows]:
    """Read an activity export for HEC, row by row.

    `file` is seekable. `program_ids` maps Coursera's program slugs to program ids. A program
    report yields a Membership for members only and passes over the invited and the removed. With
    `plain` most rows come as they stand in the file, many at once. Raises UnreadableFile, on a
    step of the iteration, when the file is no export.
    """
    slugs = program_ids or {}
    if not zipfile.is_zipfile(file):
        file.seek(0)
        yield from _sheet(file, "", slugs, plain)
        return
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            yield from _archive(archive, slugs, plain)
    except (zipfile.BadZipFile, RuntimeError, EOFError, zlib.error) as error:
        raise UnreadableFile(BROKEN_ARCHIVE) from error


def read_users(file: IO[bytes], program_id: str) -> Iterator[Membership | RowError]:
    """Read who used a program, for HEC: an activity export, the list of learners, or any list of addresses.

    Whoever was only invited is passed over. Raises UnreadableFile as above.
    """
    if zipfile.is_zipfile(file):
        for row in read_activity(file):
            if isinstance(row, RowError):
                yield row
            elif not isinstance(row, PlainRows):
                yield Membership(row.external_id, row.email, row.full_name, None, program_id)
        return
    file.seek(0)
    for _, user in read_sheet(file, lambda columns: _users(columns, program_id)):
        yield user


def made_at(file: IO[bytes], name: str) -> datetime | None:
    """When Coursera made this export, as its name or that of a file inside says; aware, or None."""
    names = [name]
    if zipfile.is_zipfile(file):
        file.seek(0)
        try:
            with zipfile.ZipFile(file) as archive:
                names += archive.namelist()
        except (zipfile.BadZipFile, RuntimeError):
            return None
    # A browser or a person may have written blanks as underscores or plus signs.
    stamps = (STAMP.search(re.sub(r"[_+ ]+", " ", each)) for each in names)
    for stamp in filter(None, stamps):
        try:
            return datetime.strptime(stamp[1], "%Y-%m-%d %H-%M-%S").replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _archive(
    archive: zipfile.ZipFile, slugs: Mapping[str, str], plain: bool
) -> Iterator[Row | PlainRows]:
    if "[Content_Types].xml" in archive.namelist():
        raise UnreadableFile(WORKBOOK)
    sheets = [info for info in archive.infolist() if info.filename.lower().endswith(".csv")]
    if sum(info.file_size for info in sheets) > LARGEST_ARCHIVE:
        raise UnreadableFile(TOO_LARGE)
    exports = 0
    for info in sheets:
        with archive.open(info) as sheet:
            try:
                yield from _sheet(sheet, info.filename, slugs, plain)
                exports += 1
            except _OtherReport:
                continue
    if not exports:
        raise UnreadableFile(NO_EXPORT_INSIDE)


class _OtherReport(UnreadableFile):
    pass


def _sheet(
    file: IO[bytes], source: str, slugs: Mapping[str, str], plain: bool
) -> Iterator[Row | PlainRows]:
    rows: Iterator[tuple[int, Row | PlainRows]]
    rows = read_runs(file, lambda columns: _layout(columns, slugs), source, plain=plain)
    return (row for _, row in rows)


def _layout(columns: Columns, slugs: Mapping[str, str]) -> Reader[Activity]:
    if columns.has("course id", "enrollment time"):
        return _enrollments(
            columns,
            slugs,
            kind="Course",
            content=("course id", "course"),
            last_activity="last course activity time",
            completion=("completion time",),
        )
    if columns.has("specialization slug", "enrollment time"):
        return _enrollments(
            columns,
            slugs,
            kind="Specialization",
            content=("specialization slug", "specialization"),
            last_activity="last specialization activity time",
            completion=("specialization completion time", "completion time"),
        )
    if columns.has("member state") or columns.has("join date", "email"):
        return _members(columns, slugs)
    raise _OtherReport(UNKNOWN_LAYOUT, header=", ".join(columns.header)[:SHOWN_CHARACTERS])


def _learner(columns: Columns) -> tuple[Callable[[Cells], str], ...]:
    return (
        columns.required("email", longest=254, into="email"),
        columns.text("external id", longest=120, into="external_id"),
        columns.text("name", "full name", into="full_name"),
        columns.text("program slug", longest=254, into="program"),
    )


def _enrollments(
    columns: Columns,
    slugs: Mapping[str, str],
    *,
    kind: ContentKind,
    content: tuple[str, str],
    last_activity: str,
    completion: tuple[str, ...],
) -> Reader[Activity]:
    columns.kind = kind
    address, external_id, full_name, program = _learner(columns)
    content_id = columns.required(content[0], longest=60, into="content_id")
    content_name = columns.text(content[1], into="content_name")
    removed = columns.flag("removed from program")
    enrolled_at = columns.required_time("enrollment time", into="enrolled_at")
    last_activity_at = columns.time(last_activity, into="last_activity_at")
    completed_at = columns.time(*completion, into="completed_at")
    completed = columns.flag("completed")
    progress = columns.percentage("overall progress", into="progress")
    courses_completed = columns.count("# completed courses", into="courses_completed")
    courses_total = columns.count("# courses in specialization", into="courses_total")

    # By position, as named arguments would take a quarter of the time of a row.
    def read(cells: Cells) -> EnrollmentRow:
        email = address(cells)
        slug = program(cells)
        return EnrollmentRow(
            external_id(cells) or email,
            email,
            full_name(cells),
            slugs.get(slug, slug),
            content_id(cells),
            kind,
            content_name(cells),
            "DELETED_MEMBER" if removed(cells) else "MEMBER",
            enrolled_at(cells),
            last_activity_at(cells),
            completed_at(cells),
            completed(cells),
            progress(cells),
            courses_completed(cells),
            courses_total(cells),
        )

    return read


def _members(columns: Columns, slugs: Mapping[str, str]) -> Reader[Activity]:
    address, external_id, full_name, program = _learner(columns)
    member_state = columns.text("member state")
    if columns.has("member state"):
        join_date = columns.time("join date", into="joined_at")
        columns.only("member state", "(?:Member|MEMBER|Joined|JOINED)")
    else:
        # Who has no date has not joined.
        join_date = columns.time("join date")
        columns.required_time("join date", into="joined_at")

    def read(cells: Cells) -> Membership | None:
        email = address(cells)
        joined_at = join_date(cells)
        state = member_state(cells)
        plain = " ".join(state.lower().replace("_", " ").split())
        if plain in OTHER_STATES or (not plain and joined_at is None):
            return None
        if plain and plain not in MEMBER_STATES:
            raise Unreadable("member state", UNKNOWN_VALUE, state)
        slug = program(cells)
        return Membership(
            external_id=external_id(cells) or email,
            email=email,
            full_name=full_name(cells),
            joined_at=joined_at,
            program_id=slugs.get(slug, slug),
        )

    return read


def _users(columns: Columns, program_id: str) -> Reader[Membership]:
    if not columns.has("email"):
        raise UnreadableFile(NO_ADDRESSES, header=", ".join(columns.header)[:SHOWN_CHARACTERS])
    address = columns.required("email", longest=254)
    external_id = columns.text("external id", longest=120)
    full_name = columns.text("name", "full name")
    member_state = columns.text("member state")

    def read(cells: Cells) -> Membership | None:
        email = address(cells)
        if " ".join(member_state(cells).lower().replace("_", " ").split()) in NEVER_JOINED:
            return None
        return Membership(external_id(cells) or email, email, full_name(cells), None, program_id)

    return read
