"""Files as HEC brings them in."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

from dlsei.models import User
from licensing import imports
from licensing.models import Cohort, Import
from tests.factories import SYSTEM

COURSES = [
    *("Name", "Email", "External ID", "Course", "Course ID", "Enrollment Time"),
    *("Last Course Activity Time", "Overall Progress", "Completed", "Removed From Program"),
    *("Program Slug", "Program Name", "Completion Time"),
]
MEMBERS = [
    "Name",
    "Email",
    "External ID",
    "Program Name",
    "Program Slug",
    "Member State",
    "Join Date",
]
PAID = ["Full Name", "Email", "CNIC or Passport", "Year", "Activated"]


def sheet(header: list[str], *rows: dict[str, Any]) -> io.BytesIO:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, header, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return io.BytesIO(out.getvalue().encode())


def course(email: str, external_id: str = "", **other: Any) -> dict[str, Any]:
    """A line of CourseActivity: enrolled on 12 January 2023, last active on the 14th."""
    return {
        "Name": "Ayesha Khan",
        "Email": email,
        "External ID": external_id,
        "Course": "Machine Learning",
        "Course ID": "machine-learning-id",
        "Enrollment Time": "2023-01-12T05:00:00",
        "Last Course Activity Time": "2023-01-14T05:00:00",
        "Overall Progress": "45.25",
        "Completed": "No",
        "Removed From Program": "No",
        "Program Slug": "dlsei-cohort-i",
        **other,
    }


def paid_learner(email: str, year: int | str = 2022, **other: Any) -> dict[str, Any]:
    return {
        "Full Name": "Bilal Ahmed",
        "Email": email,
        "CNIC or Passport": "35202-1234567-1",
        "Year": year,
        "Activated": "yes",
        **other,
    }


def previewed(
    file: io.BytesIO, kind: str, by: User, *, now: datetime, name: str = "file.csv", **other: Any
) -> Import:
    """The file after HEC has uploaded it and looked at its preview."""
    imported = imports.upload(file, kind, name, by=by, now=now, **other)
    return imports.preview(imported, by=by, now=now)


def imported(file: io.BytesIO, kind: str, by: User, *, now: datetime, **other: Any) -> Import:
    """The file after the worker has imported it; activity speaks up to an hour ago."""
    waiting = previewed(file, kind, by, now=now, **other)
    imports.commit(waiting, as_of=now - timedelta(hours=1), by=by, now=now)
    imports.run(by=SYSTEM, now=now)
    waiting.refresh_from_db()
    return waiting


def cohort_1() -> Cohort:
    return Cohort.objects.named("Cohort I")
