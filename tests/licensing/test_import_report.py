"""`manage.py import_report`: activity exports of any size, from the command line."""

import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from licensing.models import Report
from tests.factories import licensed
from tests.licensing.imported_files import COURSES, course, sheet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]


@pytest.fixture
def later(clock: Any, now: datetime) -> None:
    clock.move_to(now + timedelta(days=10))


def run(*args: Any) -> dict[str, Any]:
    out = io.StringIO()
    call_command("import_report", *args, "--json", stdout=out)
    return dict(json.loads(out.getvalue()))


def export(tmp_path: Path, name: str = "f.csv") -> Path:
    license = licensed()
    path = tmp_path / name
    path.write_bytes(
        sheet(
            COURSES,
            course(license.person.email, license.reference),
            course("stranger@example.pk"),
            course("bad@example.pk", **{"Overall Progress": "much"}),
        ).getvalue()
    )
    return path


def test_it_imports_once(tmp_path: Path, later: None) -> None:
    path = export(tmp_path)

    first = run(path, "--as-of", "2023-01-20 08:00")
    again = run(path, "--as-of", "2023-01-20 08:00")

    assert (first["rows"], first["unmatched"], first["imported_before"]) == (2, 1, False)
    assert first["programs"] == {"dlsei-cohort-i": "Cohort I"}
    assert [error["line"] for error in first["not_read"]] == [4]
    assert (again["report"], again["imported_before"]) == (first["report"], True)
    assert str(Report.objects.get().as_of) == "2023-01-20 03:00:00+00:00"


def test_a_dry_run_changes_nothing(tmp_path: Path, later: None) -> None:
    found = run(export(tmp_path), "--dry-run")

    assert (found["rows"], found["new_enrollments"], found["errors"]) == (2, 1, 1)
    assert not Report.objects.exists()


def test_as_of_is_in_the_exports_own_name(tmp_path: Path, later: None) -> None:
    name = "CourseActivity hec - CourseraEnterpriseExport 2023-01-19 21-00-05 UTC.csv"

    run(export(tmp_path, name))

    assert str(Report.objects.get().as_of) == "2023-01-19 21:00:05+00:00"


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ([], "--as-of is needed"),
        (["--as-of", "2023-02-20 08:00"], "still to come"),
        (["--as-of", "today"], "takes a time in Karachi"),
        (["--program", "x=Cohort IX"], "one of Cohort I, Cohort II"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, later: None, args: list[str], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        run(export(tmp_path), *args)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        run(tmp_path / "none.csv")
