"""Coursera's activity exports, as HEC downloads them from the admin portal (CSV route).

A file is the portal's ZIP or one of its CSVs, in the current layout or in the one used until about
2025. HEC chooses the columns and Coursera renames them, so they are found by name.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import IO

from dlsei.policy.wording import gettext_noop
from licensing.coursera.port import ContentKind, EnrollmentRow, Membership, RowError
from licensing.coursera.report_rows import UNKNOWN_VALUE, Unreadable
from licensing.coursera.sheets import (
    SHOWN_CHARACTERS,
    Cells,
    Columns,
    Reader,
    UnreadableFile,
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
    file: IO[bytes], *, program_ids: Mapping[str, str] | None = None
) -> Iterator[Row]:
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


def read_users(file: IO[bytes], program_id: str) -> Iterator[Membership | RowError]:
    """Read who used a program, for HEC: an activity export, the list of learners, or any list of addresses.

    Whoever was only invited is passed over. Raises UnreadableFile as above.
    """
    if zipfile.is_zipfile(file):
        for row in read_activity(file):
            if not isinstance(row, RowError):
                row = Membership(row.external_id, row.email, row.full_name, None, program_id)
            yield row
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
        except (zipfile.BadZipFile, NotImplementedError):
            return None
    # A browser or a person may have written blanks as underscores or plus signs.
    stamps = (STAMP.search(re.sub(r"[_+ ]+", " ", each)) for each in names)
    for stamp in filter(None, stamps):
        try:
            return datetime.strptime(stamp[1], "%Y-%m-%d %H-%M-%S").replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


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
    rows: Iterator[tuple[int, Row]]
    rows = read_sheet(file, lambda columns: _layout(columns, slugs), source)
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


def _enrollments(
    columns: Columns,
    slugs: Mapping[str, str],
    *,
    kind: ContentKind,
    content: tuple[str, str],
    last_activity: str,
    completion: tuple[str, ...],
) -> Reader[Activity]:
    address = columns.required("email", longest=254)
    external_id = columns.text("external id", longest=120)
    full_name = columns.text("name", "full name")
    program = columns.text("program slug")
    content_id = columns.required(content[0], longest=60)
    content_name = columns.text(content[1])
    removed = columns.flag("removed from program")
    enrolled_at = columns.required_time("enrollment time")
    last_activity_at = columns.time(last_activity)
    completed_at = columns.time(*completion)
    completed = columns.flag("completed")
    progress = columns.percentage("overall progress")
    courses_completed = columns.count("# completed courses")
    courses_total = columns.count("# courses in specialization")

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
    address = columns.required("email", longest=254)
    external_id = columns.text("external id", longest=120)
    full_name = columns.text("name", "full name")
    program = columns.text("program slug")
    join_date = columns.time("join date")
    member_state = columns.text("member state")

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
