"""The CSV route: files for Coursera's admin portal, and its activity exports."""

import csv
import io
import tracemalloc
import zipfile
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from licensing.coursera.activity_exports import UnreadableFile, read_activity
from licensing.coursera.csv import write_bulk_invites, write_removals
from licensing.coursera.port import EnrollmentRow, Invitee, Membership, RowError
from licensing.coursera.sandbox import Sandbox
from licensing.coursera.sandbox_files import activity_archive, take_bulk_invites
from tests.contract.wire import AYESHA, PROGRAM, Clock

COURSE_ACTIVITY = (
    "Name,Email,External ID,Course,Course ID,Course Slug,University,Enrollment Time,"
    "Class Start Time,Class End Time,Last Course Activity Time,Overall Progress,"
    "Total Estimated Learning Hours (since enrolled),Completed,Removed From Program,"
    "Program Slug,Program Name,Collection Name,Collection ID,Completion Time,Course Grade"
)
USAGE_REPORT = (
    "Name,Email,External Id,Course,Course ID,Course Slug,University,Enrollment Time,"
    "Class Start Time,Last Course Activity Time,Overall Progress,Estimated Learning Hours,"
    "Completed,Removed From Program,Program Slug,Program Name,Enrollment Source,"
    "Completion Time,Course Grade"
)
PROGRAM_ACTIVITY = (
    "Name,Email,External ID,Program Name,Program Slug,# Enrolled Courses,# Completed Courses,"
    "Member State,Join Date,Invitation Date,Last Program Activity Date"
)
MEMBERSHIP_REPORT = PROGRAM_ACTIVITY.replace("External ID", "External Id").replace("Last", "Latest")
SPECIALIZATION_REPORT = (
    "Name,Email,External Id,Specialization,Specialization Slug,University,Enrollment Time,"
    "Last Specialization Activity Time,# Completed Courses,# Courses in Specialization,Completed,"
    "Removed From Program,Program Slug,Program Name,Enrollment Source,"
    "Specialization Completion Time"
)


def table(header: str, *rows: dict[str, str]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, header.split(","), restval="", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def read(content: bytes) -> list[EnrollmentRow | Membership | RowError]:
    return list(read_activity(io.BytesIO(content), program_ids={"dlsei": PROGRAM}))


WHO = {"Name": "Ayesha Khan", "Email": "a.khan@example.edu"}
COURSE = {
    **WHO,
    "Course": "Machine\nLearning",
    "Course ID": "abcdefghijklmnopqrstuv",
    "Program Slug": "dlsei",
    "Overall Progress": "45.25",
}


class TestActivityExports:
    def test_course_activity_of_today(self) -> None:
        row = {
            **COURSE,
            "External ID": "LIC-0001",
            "Enrollment Time": "2026-04-01T00:00:00",
            "Last Course Activity Time": "2026-04-02 10:16:04",
            "Completed": "Yes",
            "Completion Time": "2026-04-02T10:16:04.000Z",
            "Removed From Program": "No",
        }

        (read_row,) = read(table(COURSE_ACTIVITY, row))

        at = datetime(2026, 4, 2, 10, 16, 4, tzinfo=UTC)
        assert read_row == EnrollmentRow(
            external_id="LIC-0001",
            email="a.khan@example.edu",
            full_name="Ayesha Khan",
            program_id=PROGRAM,
            content_id="abcdefghijklmnopqrstuv",
            content_kind="Course",
            content_name="Machine\nLearning",
            membership_state="MEMBER",
            enrolled_at=datetime(2026, 4, 1, tzinfo=UTC),
            last_activity_at=at,
            completed_at=at,
            is_completed=True,
            progress=Decimal("45.25"),
            courses_completed=None,
            courses_total=None,
        )

    def test_usage_report_of_earlier_years(self) -> None:
        row = {
            **COURSE,
            "External Id": "LIC-0001",
            "Enrollment Time": "2024-08-15T09:10:18.000Z",
            "Completed": "No",
            "Removed From Program": "Yes",
        }

        (read_row,) = read(table(USAGE_REPORT, row))

        assert isinstance(read_row, EnrollmentRow)
        assert read_row.enrolled_at == datetime(2024, 8, 15, 9, 10, 18, tzinfo=UTC)
        assert (read_row.last_activity_at, read_row.is_completed) == (None, False)
        assert read_row.membership_state == "DELETED_MEMBER"

    def test_specialization_report(self) -> None:
        row = {
            **WHO,
            "External Id": "LIC-0001",
            "Specialization": "Google IT Support",
            "Specialization Slug": "google-it-support",
            "Enrollment Time": "2023-02-01T00:00:00",
            "# Completed Courses": "2",
            "# Courses in Specialization": "5",
            "Completed": "No",
            "Program Slug": "another",
        }

        (read_row,) = read(table(SPECIALIZATION_REPORT, row))

        assert isinstance(read_row, EnrollmentRow)
        assert read_row.content_kind == "Specialization"
        assert (read_row.courses_completed, read_row.courses_total) == (2, 5)
        assert (read_row.progress, read_row.program_id) == (None, "another")

    @pytest.mark.parametrize("header", [PROGRAM_ACTIVITY, MEMBERSHIP_REPORT])
    def test_a_program_report_yields_its_members_alone(self, header: str) -> None:
        joined = {"Join Date": "2023-01-12T05:00:00", "Program Slug": "dlsei"}
        rows = [
            {**WHO, **joined, "Member State": "Member"},
            {**WHO, **joined, "Member State": "MEMBER"},
            {**WHO, **joined, "Member State": ""},
            {**WHO, **joined, "Member State": "Deleted Member"},
            {**WHO, "Member State": "INVITED_EMAIL_NOT_VERIFIED"},
            {**WHO, "Member State": ""},
        ]

        found = read(table(header, *rows))

        at = datetime(2023, 1, 12, 5, tzinfo=UTC)
        expected = Membership(WHO["Email"], WHO["Email"], WHO["Name"], at, PROGRAM)
        assert found == [expected] * 3

    def test_an_unknown_member_state_is_shown_not_guessed(self) -> None:
        rows = read(table(PROGRAM_ACTIVITY, {**WHO, "Member State": "Hibernating"}))

        assert [row.message for row in rows if isinstance(row, RowError)] == [
            "member state has an unknown value: “Hibernating”."
        ]

    def test_the_learners_list_is_a_list_of_members(self) -> None:
        header = "Full Name*,Email*,External Id,Join Date,Invitation Date"
        row = {"Full Name*": "Ayesha Khan", "Email*": "a@example.edu", "Join Date": "2023-01-12"}

        (member,) = read(b"\xef\xbb\xbf" + table(header, row))

        assert isinstance(member, Membership)
        assert (member.external_id, member.full_name) == ("a@example.edu", "Ayesha Khan")

    def test_columns_are_found_by_name_in_any_order(self) -> None:
        header = " ENROLLMENT TIME ,course id,EMAIL*,Name"
        content = f"{header}\r\n2023-01-12,abc,a@example.edu,Ayesha\r\n".encode()

        (row,) = read(content)

        assert isinstance(row, EnrollmentRow)
        assert (row.content_id, row.email, row.is_completed) == ("abc", "a@example.edu", False)

    @pytest.mark.parametrize(
        ("change", "column"),
        [
            ({"Email": ""}, "email"),
            ({"Course ID": ""}, "course id"),
            ({"Enrollment Time": ""}, "enrollment time"),
            ({"Enrollment Time": "12/01/2023"}, "enrollment time"),
            ({"Overall Progress": "half"}, "overall progress"),
            ({"Overall Progress": "-1"}, "overall progress"),
            ({"Completed": "Perhaps"}, "completed"),
        ],
    )
    def test_a_bad_row_is_reported_with_its_line_and_the_rest_is_read(
        self, change: dict[str, str], column: str
    ) -> None:
        good = {**COURSE, "Course": "Algorithms", "Enrollment Time": "2023-01-12T00:00:00"}

        first, error, last = read(table(COURSE_ACTIVITY, good, {**good, **change}, good))

        assert isinstance(first, EnrollmentRow)
        assert first == last
        assert isinstance(error, RowError)
        assert (error.line, error.column) == (3, column)
        assert column in error.message

    def test_a_line_that_is_no_csv_is_reported(self) -> None:
        good = {**COURSE, "Course": "Algorithms", "Enrollment Time": "2023-01-12T00:00:00"}
        huge = {**good, "Course": "x" * 200_000}

        error, row = read(table(COURSE_ACTIVITY, huge, good))

        assert isinstance(error, RowError)
        assert isinstance(row, EnrollmentRow)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "is empty"),
            (b"Name,Age\r\nAyesha,21\r\n", "Name, Age"),
            ("Name,Email,Join Date\r\nAyesha\xe9,a@b,".encode("latin-1"), "UTF-8"),
            (b"PK\x03\x04 broken PK\x05\x06" + b"\0" * 18, "archive"),
        ],
    )
    def test_what_is_no_export_is_refused_in_words(self, content: bytes, said: str) -> None:
        with pytest.raises(UnreadableFile, match=said):
            read(content)

    def test_an_archive_is_read_sheet_by_sheet_and_other_reports_are_left(self) -> None:
        good = {**COURSE, "Enrollment Time": "2023-01-12T00:00:00"}
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("ActivityByCity hec.csv", "City,Learners\r\nLahore,5\r\n")
            archive.writestr("CourseActivity hec.csv", table(COURSE_ACTIVITY, good, {}, {**WHO}))

        row, error = read(out.getvalue())

        assert isinstance(row, EnrollmentRow)
        assert isinstance(error, RowError)
        assert error.source == "CourseActivity hec.csv"

    def test_an_archive_of_other_reports_is_refused(self) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("ActivityByCity hec.csv", "City,Learners\r\nLahore,5\r\n")

        with pytest.raises(UnreadableFile, match="holds no CSV"):
            read(out.getvalue())

    def test_memory_does_not_grow_with_the_file(self) -> None:
        good = {**COURSE, "Enrollment Time": "2023-01-12T00:00:00"}
        content = io.BytesIO(table(COURSE_ACTIVITY, *[good] * 20_000))

        tracemalloc.start()
        count = sum(1 for _ in read_activity(content))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert count == 20_000
        assert peak < 2 * 1024**2


class TestBulkInvites:
    def written(self, *invitees: Invitee) -> tuple[str, tuple[Invitee, ...]]:
        out = io.StringIO(newline="")
        made = write_bulk_invites(out, invitees)
        return out.getvalue(), made.left_out

    def test_the_layout_is_courseras(self) -> None:
        urdu = Invitee("LIC-0002", "بلال احمد", "b@example.edu")
        apostrophe = Invitee("LIC-0003", 'Zara "Z" O\'Neil, Dr', "z@example.edu")

        text, left_out = self.written(AYESHA, urdu, apostrophe)

        assert text == (
            "Full Name,Email,External ID\r\n"
            "Ayesha Khan,a.khan@example.edu,LIC-0001\r\n"
            "بلال احمد,b@example.edu,LIC-0002\r\n"
            '"Zara ""Z"" O\'Neil, Dr",z@example.edu,LIC-0003\r\n'
        )
        assert left_out == ()

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", " ="])
    def test_no_cell_is_a_formula(self, start: str) -> None:
        named = Invitee("LIC-0001", f"{start}cmd()", "a@example.edu")
        addressed = Invitee("LIC-0002", "Bilal", f"{start}b@example.edu")

        text, left_out = self.written(named, addressed)

        assert text.splitlines()[1:] == ["cmd(),a@example.edu,LIC-0001"]
        assert left_out == (addressed,)

    def test_who_has_no_name_left_is_returned(self) -> None:
        nameless = Invitee("LIC-0001", "=", "a@example.edu")

        assert self.written(nameless)[1] == (nameless,)


def test_the_removal_list_keeps_everybody_and_quotes_formulas() -> None:
    out = io.StringIO(newline="")
    odd = Invitee("LIC-0002", "=1+1", "-b@example.edu")

    made = write_removals(out, [(AYESHA, "DLSEI Cohort I"), (odd, "DLSEI Cohort I")])

    assert made.written == 2
    assert out.getvalue().splitlines() == [
        "Name,Email,External ID,Program",
        "Ayesha Khan,a.khan@example.edu,LIC-0001,DLSEI Cohort I",
        "'=1+1,'-b@example.edu,LIC-0002,DLSEI Cohort I",
    ]


class TestSandboxFiles:
    def test_a_bulk_invite_file_invites(self, sandbox: Sandbox) -> None:
        out = io.StringIO(newline="")
        write_bulk_invites(out, [AYESHA])
        out.seek(0)
        assert take_bulk_invites(sandbox, PROGRAM, out) == []
        assert sandbox.accept(PROGRAM, "LIC-0001")

        out.seek(0)
        (refused,) = take_bulk_invites(sandbox, PROGRAM, out)
        assert "EXISTING_MEMBERSHIP" in refused

    def test_the_export_says_what_the_api_says(
        self, sandbox: Sandbox, client, clock: Clock
    ) -> None:
        for number in range(3):
            reference = f"LIC-000{number}"
            sandbox.invite(PROGRAM, reference, f"Person {number}", f"p{number}@example.edu")
            sandbox.enroll(PROGRAM, reference, "Algorithms")
            sandbox.enroll(PROGRAM, reference, "Google IT Support", "specialization")
            clock.pass_by(hours=1)
        sandbox.complete(PROGRAM, "LIC-0000", "Algorithms")
        sandbox.progress(PROGRAM, "LIC-0001", "Google IT Support", 50)
        sandbox.delete_member(PROGRAM, "LIC-0002")
        sandbox.invite(PROGRAM, "LIC-0003", "Never joined", "never@example.edu")
        content = io.BytesIO(activity_archive(sandbox))

        rows = list(read_activity(content, program_ids={"dlsei-cohort-i": PROGRAM}))

        def facts(row: EnrollmentRow) -> tuple[object, ...]:
            times = row.enrolled_at, row.last_activity_at, row.completed_at
            done = row.is_completed, row.progress, row.membership_state
            return row.external_id, row.program_id, row.content_name, *times, *done

        from_files = {facts(row) for row in rows if isinstance(row, EnrollmentRow)}
        assert from_files == {facts(row) for row in client.enrollments(PROGRAM)}
        assert len(from_files) == 6
        members = [row for row in rows if isinstance(row, Membership)]
        assert members == list(client.memberships(PROGRAM))
