"""HEC brings files in and carries files out: preview, row errors, progress, receipt; invites and removals by hand."""

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from dlsei.models import User
from licensing import activity, imports, revocation
from licensing.coursera.activity_exports import read_activity
from licensing.models import Enrollment, Import, License
from tests.factories import HecFactory, licensed
from tests.journeys.conftest import BY, Arrive
from tests.journeys.test_applicant import sign_in
from tests.journeys.visitor import Visitor
from tests.licensing.imported_files import COURSES, PAID, course, paid_learner, sheet

DAYS = timedelta(days=1)
ROWS = 26_000
BAD = 40


@pytest.fixture
def officer(programme_of_today: None) -> User:
    return HecFactory(full_name="Rubina Akhtar")


def run(*, by: str = BY) -> None:
    imports.run(by=by, now=timezone.now())


def export_of(rows: int, learner: str, today: date) -> bytes:
    """An activity export whose every 650th row cannot be read; its first learner has a license."""
    yesterday = f"{today - DAYS:%Y-%m-%d}T05:00:00"
    times = {"Enrollment Time": yesterday, "Last Course Activity Time": yesterday}
    bad = rows // BAD

    def row(number: int) -> dict[str, Any]:
        email = learner if number == 0 else f"learner{number}@example.pk"
        more = {"Overall Progress": "half"} if number % bad == bad - 1 else {}
        return course(email, Name="عائشہ خان" if number % 2 else "Ayesha Khan", **times, **more)

    return sheet(COURSES, *map(row, range(rows))).getvalue()


def upload(hec: Visitor, name: str, content: bytes, kind: str = "") -> Visitor:
    hec.open("/admin/hec/imports/")
    if kind:
        hec.choose(kind)
    return hec.attach(name, "text/csv", content).press("Upload and look at it")


def downloaded(hec: Visitor, words: str) -> list[list[str]]:
    with hec.page.expect_download() as download:
        hec.page.get_by_role("link", name=words).first.click()
    return list(csv.reader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))


def test_an_export_comes_in(
    arrive: Arrive, officer: User, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    license = licensed(now=timezone.now() - 5 * DAYS)
    hec = arrive()
    sign_in(hec, officer.email)

    # Given an export of 26,000 rows of which 40 cannot be read, when it is uploaded
    upload(hec, "CourseActivity.csv", export_of(ROWS, license.person.email, today))

    # Then the preview says what is in it, and changes nothing
    hec.sees("Nothing has been changed yet", "25,960 rows that can be read")
    hec.sees("40 rows that cannot be read", "Line 651", "not a number from 0 to 100")
    assert not Enrollment.objects.exists()
    assert len(downloaded(hec, "All of them as CSV")) == 1 + BAD

    # When it is imported, the page says how far it is, and then by itself that it is done
    hec.press("Import").sees("There is a problem", "up to when the file speaks")
    hec.write("Data as of", f"{today:%Y-%m-%d}T00:00").press("Import")
    hec.sees("Being imported", "0 of 26,000 rows read (0 %)")
    Import.objects.update(rows_done=20_000)
    hec.page.get_by_text("20,000 of 26,000 rows read (76 %)").wait_for()
    run()
    hec.page.get_by_role("heading", name="Receipt").wait_for()

    # Then the receipt says what came of it
    hec.sees("at the word of Rubina Akhtar", "25,960 rows", "25,959 rows that fit no license")
    license.refresh_from_db()
    assert license.last_activity_at is not None
    hec.follow("The report as of").sees("25,959 rows that fit no license").open(
        "/admin/hec/imports/"
    )
    hec.sees("CourseActivity.csv", "Imported")
    upload(hec, "again.csv", export_of(ROWS, license.person.email, today))
    hec.sees("There is a problem", "This very file was imported")


def test_what_is_no_export_says_so(arrive: Arrive, officer: User) -> None:
    hec = arrive(width=360, height=740)
    sign_in(hec, officer.email)

    upload(hec, "learners.csv", b"PK\x03\x04 a workbook")

    hec.sees("Failed", "Save the sheet as “CSV UTF-8”")
    upload(hec, "learners.csv", b"").sees("There is a problem")


def test_paid_learners_come_in(arrive: Arrive, officer: User) -> None:
    hec = arrive(width=360, height=740)
    sign_in(hec, officer.email)
    file = sheet(
        PAID,
        paid_learner("a@example.pk", 2021, **{"Full Name": "بلال احمد"}),
        paid_learner("A@example.pk", 2021),
        paid_learner("idle@example.pk", Activated="no"),
    )

    upload(hec, "paid.csv", file.getvalue(), "Paid learners")
    hec.sees("stands in line 2 already", "1 person who paid and never activated")
    assert downloaded(hec, "1 person who paid")[1][1] == "idle@example.pk"
    hec.press("Import").sees("Being imported")
    run()
    hec.open(f"/admin/hec/imports/{Import.objects.get().pk}/").sees("Receipt", "1 license granted")

    assert License.objects.get().source == "paid-2021"


def test_users_of_an_earlier_cohort_come_in(arrive: Arrive, officer: User) -> None:
    hec = arrive()
    sign_in(hec, officer.email)
    file = sheet(["Name", "Email"], {"Name": "عائشہ", "Email": "old@example.pk"})

    upload(hec, "users.csv", file.getvalue(), "Users of an earlier cohort")
    hec.sees("There is a problem", "Choose the cohort")
    hec.choose("Users of an earlier cohort")
    hec.page.get_by_label("Whose users are they?").select_option("Cohort I")
    hec.attach("users.csv", "text/csv", file.getvalue()).press("Upload and look at it")
    hec.press("Import")
    run()
    hec.open(f"/admin/hec/imports/{Import.objects.get().pk}/")
    hec.follow("Everybody flagged as a user of this cohort").sees("old@example.pk", "عائشہ")


def test_files_are_carried_to_coursera_by_hand(
    arrive: Arrive, officer: User, settings: Any, work: Callable[[], None]
) -> None:
    settings.COURSERA_MODE = "csv"
    license = licensed(now=timezone.now())
    hec = arrive()
    sign_in(hec, officer.email)

    # A bulk-invite file is taken, carried there and marked as uploaded
    hec.open("/admin/hec/invites/").press("Take a file for 1 person").sees("Not uploaded yet")
    assert downloaded(hec, "invites-")[1][1:] == [license.person.email, license.reference]
    hec.follow("It is uploaded").press("Yes, it is uploaded").sees("1 invitation recorded")

    # Whoever loses the license is on the list of removals
    revocation.revoke(license, note="Left the university", by=officer, now=timezone.now())
    hec.open("/admin/hec/removals/").press("Take a list of 1 person").sees("Not done yet")
    assert license.reference in downloaded(hec, "removals-")[1]
    hec.follow("It is done").press("Yes, all are removed").sees("1 removal recorded")


def test_a_learner_is_matched_by_hand(arrive: Arrive, officer: User) -> None:
    license = licensed(now=timezone.now() - 5 * DAYS)
    file = sheet(COURSES, course("private@example.com", Name=license.person.full_name))
    hec = arrive()
    sign_in(hec, officer.email)
    now = timezone.now()

    report = activity.take(read_activity(file), source="csv", as_of=now - DAYS, by=officer, now=now)

    hec.open(f"/admin/hec/reports/{report.pk}/").follow("private@example.com")
    hec.write("License", license.reference).press("Match")
    hec.sees("The learner's rows now belong to this license", "matched by hand")
