"""Files as they come: odd text, odd cells, odd sizes. A sentence for each that is none; a bad row costs itself alone."""

import csv
import io
import zipfile
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licensing import staging
from licensing.coursera import sheets
from licensing.coursera.activity_exports import read_activity
from licensing.coursera.port import EnrollmentRow, RowError
from licensing.coursera.sheets import PlainRows, UnreadableFile
from licensing.models import Import
from tests.factories import HecFactory, licensed
from tests.licensing.imported_files import (
    COURSES,
    MEMBERS,
    PAID,
    cohort_1,
    course,
    imported,
    paid_learner,
    previewed,
    sheet,
)

LATER = timedelta(days=10)
TABLE = f"SELECT {', '.join(staging.COLUMNS)} FROM reported"


def text(header: list[str], *rows: dict[str, Any], delimiter: str = ",") -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, header, restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def addresses(content: bytes) -> list[str]:
    return [
        row.email for row in read_activity(io.BytesIO(content)) if isinstance(row, EnrollmentRow)
    ]


class TestText:
    GOOD = (course("a@example.pk", Name="عائشہ خان"), course("b@example.pk", Name='Zara "Z", Dr'))

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_encodings_and_delimiters_of_spreadsheets(self, encoding: str, delimiter: str) -> None:
        content = text(COURSES, *self.GOOD, delimiter=delimiter).encode(encoding)

        rows = [row for row in read_activity(io.BytesIO(content)) if isinstance(row, EnrollmentRow)]

        assert [row.full_name for row in rows] == ["عائشہ خان", 'Zara "Z", Dr']

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_ends_of_lines(self, end: str) -> None:
        content = text(COURSES, *self.GOOD).replace("\r\n", end).rstrip(end)
        assert addresses(content.encode()) == ["a@example.pk", "b@example.pk"]

    def test_a_cell_of_several_lines_and_the_numbers_after_it(self) -> None:
        rows = (
            course("a@example.pk", Course="Machine\nLearning\n"),
            course("b@example.pk", Completed="?"),
        )
        first, error = read_activity(sheet(COURSES, *rows))

        assert isinstance(first, EnrollmentRow)
        assert isinstance(error, RowError)
        assert (first.content_name, error.line) == ("Machine\nLearning", 5)

    def test_a_quotation_mark_too_many_costs_its_line_alone(self) -> None:
        lines = text(COURSES, *[course(f"{n}@example.pk") for n in range(2000)]).splitlines()
        lines[500] = lines[500].replace("Ayesha", '"Ayesha')
        content = "\n".join(lines).encode()

        rows = list(read_activity(io.BytesIO(content)))

        (error,) = [row for row in rows if isinstance(row, RowError)]
        assert (error.line, len(rows)) == (501, 2000)

    def test_cells_that_are_missing_or_too_many(self) -> None:
        lines = text(COURSES, *[course(f"{n}@example.pk") for n in range(3)]).splitlines()
        lines[1] = ",".join(lines[1].split(",")[:6])
        lines[2] += ",more,and more"

        assert len(addresses("\n".join(lines).encode())) == 3


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty"),
        (b"\xef\xbb\xbf", "The file is empty"),
        ("Name,Email,Join Date\nB\xe9la,b@example.pk,\n".encode("latin-1"), "not UTF-8"),
        ("Name".encode("utf-16")[:-1], "not UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a workbook"),
        (b",".join([b"x"] * 2000), "2000 columns"),
        (b",".join([b"x"] * 1_000_000), "longer than a million"),
        (b"x" * 3_000_000, "longer than a million"),
        (b"\0" * 5000, "The file is empty"),
    ],
    ids=[
        "empty",
        "mark",
        "latin-1",
        "cut off",
        "xls",
        "columns",
        "a million columns",
        "one line",
        "nuls",
    ],
)
def test_what_is_no_csv_is_said(content: bytes, says: str) -> None:
    with pytest.raises(UnreadableFile, match=says):
        list(read_activity(io.BytesIO(content), plain=True))


@pytest.mark.django_db
@pytest.mark.usefixtures("programme")
@pytest.mark.parametrize("kind", Import.Kind.values)
def test_a_workbook_named_csv_is_said(now: datetime, kind: str) -> None:
    workbook = io.BytesIO()
    with zipfile.ZipFile(workbook, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    workbook.seek(0)
    cohort = cohort_1() if kind == Import.Kind.COHORT_USERS else None

    found = previewed(workbook, kind, HecFactory(), now=now, name="learners.csv", cohort=cohort)

    assert found.state == "failed"
    assert "workbook" in found.failure["sentence"]


# Cells at the edge of what needs no reading.
TIMES = [
    *("", "2023-01-12", "2023-01-12T05:00:00", "2023-01-12 05:00:00.25", "2023-01-31T23:59:59Z"),
    *("2024-02-29", "2023-02-29", "2023-04-31", "2023-1-2", "2023-01-12T24:00:00", "20230112"),
    *("2023-01-12T05:00:00+05:00", "2023-01-00", "soon", " 2023-01-12 ", "٢٠٢٣-٠١-١٢"),
]
SHARES = ["", "0", "45.25", "99.999", "100", "100.0", "101", "-1", "1e1", "٤٥", " 7", "NaN", "half"]
FLAGS = ["Yes", "No", "", "yes", "TRUE", "maybe", " Yes"]
WORDS = [
    *(
        "",
        " ",
        "Ayesha Khan",
        " blank ",
        "\tTab",
        'Zara "Z"',
        "a,b",
        "a;b",
        "two\nlines",
        "عائشہ خان",
    ),
    *("\\N", "\\.", "x\0y", "'", "\u3000wide", "N" * 400, "NULL"),
]
IDS = ["", "L-000001", "x" * 120, "x" * 121, "a b", "-1", "ﺍ", '"', "machine-learning-id"]
ADDRESSES = [
    "a@example.pk",
    "A@Example.PK",
    "",
    " a@example.pk",
    "a b@example.pk",
    "a" * 255,
    "آ@example.pk",
]


def activity_row() -> st.SearchStrategy[dict[str, str]]:
    cells = {
        "Name": WORDS,
        "Email": ADDRESSES,
        "External ID": IDS,
        "Course": WORDS,
        "Course ID": IDS,
        "Enrollment Time": TIMES,
        "Last Course Activity Time": TIMES,
        "Overall Progress": SHARES,
        "Completed": FLAGS,
        "Removed From Program": FLAGS,
        "Program Slug": ["", "dlsei-cohort-i", "a b"],
        "Program Name": WORDS,
        "Completion Time": TIMES,
    }
    # One odd cell or two: rows that are odd all over are never taken as they stand.
    good = st.just(course("a@example.pk"))
    odd = st.lists(
        st.sampled_from(sorted(cells)).flatmap(
            lambda name: st.tuples(st.just(name), st.sampled_from(cells[name]))
        ),
        max_size=2,
    )
    return st.builds(lambda row, changes: {**row, **dict(changes)}, good, odd)


def member_row() -> st.SearchStrategy[dict[str, str]]:
    states = ["Member", "MEMBER", "", "Invited", "Deleted Member", "Hibernating", "joined"]
    return st.fixed_dictionaries(
        {
            "Name": st.sampled_from(WORDS),
            "Email": st.sampled_from(["a@example.pk", "b@example.pk", ""]),
            "Program Slug": st.sampled_from(["", "dlsei-cohort-i"]),
            "Member State": st.sampled_from(states),
            "Join Date": st.sampled_from(TIMES),
        }
    )


def table_of(content: str, *, plain: bool) -> tuple[list[tuple[Any, ...]], list[RowError], int]:
    with (
        staging.staged(read_activity(io.BytesIO(content.encode()), plain=plain)) as staged,
        connection.cursor() as cursor,
    ):
        cursor.execute(TABLE)
        return sorted(cursor.fetchall(), key=str), staged.errors, staged.rows


def same_either_way(content: str) -> None:
    as_they_stand, read = table_of(content, plain=True), table_of(content, plain=False)
    # The reader puts the address where there is no external id; the matching does it for the rest.
    named = [[(row[0] or row[1], *row[1:]) for row in rows] for rows in (as_they_stand[0], read[0])]
    assert sorted(named[0], key=str) == sorted(named[1], key=str)
    assert as_they_stand[1] == read[1]


@pytest.mark.django_db
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    rows=st.one_of(
        st.tuples(st.just(COURSES), st.lists(activity_row(), min_size=1, max_size=12)),
        st.tuples(st.just(MEMBERS), st.lists(member_row(), min_size=1, max_size=12)),
    ),
    delimiter=st.sampled_from(sheets.DELIMITERS),
    block=st.sampled_from([16, 200, 1 << 16]),
)
def test_rows_taken_as_they_stand_say_what_reading_them_says(
    rows: tuple[list[str], list[dict[str, str]]], delimiter: str, block: int
) -> None:
    header, cells = rows
    with mock.patch.object(sheets, "BLOCK", block):
        same_either_way(text(header, *cells, delimiter=delimiter))


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_nearly_all_rows_of_an_export_need_no_reading(quoting: Any) -> None:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COURSES, restval="", quoting=quoting)
    writer.writeheader()
    writer.writerows(
        course(
            f"{n}@example.pk", Name='Khan, "A"', **{"Enrollment Time": f"2023-01-{n % 31 + 1:02}"}
        )
        for n in range(1000)
    )

    rows = list(read_activity(io.BytesIO(out.getvalue().encode()), plain=True))

    plain = sum(row.text.count("\n") for row in rows if isinstance(row, PlainRows))
    assert plain >= 990


@pytest.mark.django_db
@pytest.mark.usefixtures("programme")
class TestPeople:
    def test_paid_learners_of_every_kind(self, now: datetime) -> None:
        holder = licensed().person
        file = sheet(
            PAID,
            paid_learner("first@example.pk", 2021, **{"Full Name": "عائشہ خان"}),
            paid_learner("FIRST@example.pk", 2021),
            paid_learner("blank @example.pk"),
            paid_learner(f" {holder.email.upper()} ", 2022),
            paid_learner("later@example.pk", 2030),
            paid_learner("first@example.pk", 2022),
        )

        done = imported(file, Import.Kind.PAID, HecFactory(), now=now)

        said = {error["line"]: error["sentence"] % error["values"] for error in done.errors}
        assert done.result["granted"] == 1
        assert sorted(said) == [3, 4, 5, 6, 7]
        assert "stands in line 2 already" in said[3]
        assert "not an e-mail address" in said[4]
        assert "holds the live license" in said[5]
        assert "no year whose paid licenses" in said[6]
        assert "stands in line 2 already" in said[7]
