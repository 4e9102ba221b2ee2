"""How long an activity export takes, as a multiple of a bare COPY of the same file; how much memory it needs."""

import csv
import io
import resource
import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from dlsei import history
from licensing import staging
from licensing.models import Cohort, Enrollment, License
from tests.factories import SYSTEM
from tests.licensing.imported_files import COURSES, course

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("programme", "clock"),
]

COURSES_EACH = 5
LIMIT_MIB = 300
# To reach: 7 (again: 4), and another 3 for the clocks. 26,000 rows come near it (5.6 and 4.4); of a
# million, staging and sorting alone cost more, and here every fifth row makes a license active, with its history.
TIMES_COPY, TIMES_COPY_AGAIN = 16, 14
CLOCKS, CLOCKS_AGAIN = 12, 3


PEOPLE = """
INSERT INTO dlsei_user (email, full_name, password, identity_kind, identity_number, mobile, language,
  is_hec, is_staff, is_superuser, is_active, date_joined)
SELECT 'learner' || n || '@example.pk', 'Learner ' || n, '', 'cnic', '', '', 'en',
  false, false, false, true, %(now)s FROM generate_series(1, %(n)s) n
"""
PLACES = """
INSERT INTO licensing_place (person_id, cohort_id, priority, submitted_at, reference, state, entered_at, served_at)
SELECT id, %(cohort)s, 0, %(now)s, 'P' || id, 'served', %(now)s, %(now)s FROM dlsei_user WHERE email LIKE 'learner%%'
"""
LICENSES = """
INSERT INTO licensing_license (reference, person_id, cohort_id, place_id, source, state, issued_at,
  invited_at, invited_on, ends_on, extended, end_clause, next_clause, next_stage, next_mode)
SELECT 'L-' || person_id, person_id, cohort_id, id, 'bucket', 'invited', %(now)s,
  %(now)s, %(now)s, '2023-07-31', false, '', '', 0, '' FROM licensing_place
"""


def learners(count: int, now: datetime) -> None:
    params = {"n": count, "now": now, "cohort": Cohort.objects.named("Cohort I").pk}
    with transaction.atomic(), history.acting(by=SYSTEM, now=now), connection.cursor() as cursor:
        for statement in (PEOPLE, PLACES, LICENSES):
            cursor.execute(statement, params)
        cursor.execute("ANALYZE")


def export(path: Path, rows: int, moved: str) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COURSES, restval="")
        writer.writeheader()
        for number in range(rows):
            learner, content = number // COURSES_EACH + 1, number % COURSES_EACH
            day = f"2023-01-{number % 31 + 1:02}"
            writer.writerow(
                course(
                    f"learner{learner}@example.pk",
                    **{
                        "Course ID": f"course-{content:015}",
                        "Name": "Khan, Ayesha" if number % 3 else "عائشہ خان",
                        "Last Course Activity Time": f"{day}T05:{number % 60:02}:00",
                        # One row in ten has moved when the export comes again.
                        "Overall Progress": moved if number % 10 == 0 else "45.25",
                    },
                )
            )


def bare_copy(path: Path) -> None:
    columns = ", ".join(f"c{number} text" for number in range(len(COURSES)))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE bare ({columns}) ON COMMIT DROP")
        with cursor.copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy, path.open() as file:
            while block := file.read(1 << 16):
                copy.write(block)


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def imported(path: Path) -> tuple[float, float]:
    """How long an import takes: without the licenses' facts and clocks, and these alone."""
    learning = 0.0

    def timed(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal learning
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            if sql == staging.LEARN:
                learning += time.perf_counter() - began

    with connection.execute_wrapper(timed):
        whole = seconds(
            lambda: call_command(
                "import_report", path, "--as-of", "2023-01-10 08:00", stdout=io.StringIO()
            )
        )
    return whole - learning, learning


@pytest.mark.parametrize("rows", [26_000, 1_000_000])
def test_an_export_is_imported(rows: int, tmp_path: Path, now: datetime, clock: object) -> None:
    learners(rows // COURSES_EACH, now - timedelta(days=1))
    first, again = tmp_path / "first.csv", tmp_path / "again.csv"
    export(first, rows, "45.25")
    export(again, rows, "60")
    # A noisy machine moves both: the COPY before, between and after.
    copies = [seconds(lambda: bare_copy(first))]
    new, clocks = imported(first)
    copies.append(seconds(lambda: bare_copy(first)))
    later, clocks_later = imported(again)
    copies.append(seconds(lambda: bare_copy(first)))
    copy = statistics.median(copies)

    print(
        f"{rows:,} rows: bare COPY {copy:.2f} s, import {new:.1f} s ({new / copy:.1f}×)"
        f" and clocks {clocks:.1f} s ({clocks / copy:.1f}×), the next export {later:.1f} s"
        f" ({later / copy:.1f}×) and {clocks_later:.1f} s ({clocks_later / copy:.1f}×);"
        f" memory at most {peak_mib():.0f} MiB"
    )
    assert Enrollment.objects.count() == rows
    assert Enrollment.objects.filter(progress=60).count() == rows // 10
    assert License.objects.filter(state="active").count() == rows // COURSES_EACH
    assert new <= TIMES_COPY * copy
    assert clocks <= CLOCKS * copy
    assert later <= TIMES_COPY_AGAIN * copy
    assert clocks_later <= CLOCKS_AGAIN * copy
    assert peak_mib() < LIMIT_MIB
