"""HEC brings files in through the pages: upload, preview with row errors, commit, progress, receipt."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from dlsei.models import User
from licensing import imports, revocation
from licensing.models import CourseraJob, Import, License, Report, UnmatchedRow
from tests.factories import NOW, SYSTEM, FocalPersonFactory, HecFactory, UserFactory, licensed
from tests.licensing.imported_files import COURSES, PAID, cohort_1, course, paid_learner, sheet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]


@pytest.fixture
def hec() -> User:
    return HecFactory(full_name="Sana of HEC")


@pytest.fixture
def browser(sign_in: Callable[[User], Client], hec: User) -> Client:
    return sign_in(hec)


def upload(browser: Client, file: io.BytesIO, kind: str, name: str = "f.csv", **other: Any) -> Any:
    uploaded = SimpleUploadedFile(name, file.getvalue())
    data = {"kind": kind, "file": uploaded, **other}
    return browser.post(reverse("hec_imports"), data, follow=True)


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def address() -> str:
    return reverse("hec_import", args=[Import.objects.latest("id").pk])


class TestActivity:
    def test_from_the_file_to_the_receipt(self, browser: Client, hec: User) -> None:
        license = licensed()
        file = sheet(
            COURSES,
            course(license.person.email),
            course("stranger@example.pk"),
            course("late@example.pk", **{"Enrollment Time": "yesterday"}),
        )

        preview = text_of(upload(browser, file, "activity"))
        assert "Nothing has been changed yet" in preview
        assert "Line 4" in preview
        assert "not a date and time" in preview
        assert "stranger@example.pk" in preview
        assert not Report.objects.exists()

        missing = text_of(browser.post(address(), {"program_0": license.cohort_id}))
        assert "up to when the file speaks" in missing

        as_of = f"{NOW - timedelta(hours=2):%Y-%m-%dT%H:%M}"
        chosen = {"program_0": license.cohort_id, "as_of": as_of}
        going = browser.post(address(), chosen, follow=True)
        assert "Being imported: 0 of 3 rows read (0 %)" in text_of(going)
        assert going["Refresh"] == "3"

        imports.run(by=SYSTEM, now=NOW)
        done = browser.get(address())
        assert "Refresh" not in done
        receipt = text_of(done)
        assert "at the word of Sana of HEC" in receipt
        report = Report.objects.get()
        assert (report.as_of, report.imported_by) == (NOW - timedelta(hours=2), hec)
        assert reverse("hec_report", args=[report.pk]) in receipt

    def test_another_cohort_is_looked_at_again_first(self, browser: Client) -> None:
        license = licensed()
        file = sheet(COURSES, course(license.person.email, **{"Program Slug": "unknown"}))
        upload(browser, file, "activity")

        said = text_of(browser.post(address(), {"program_0": license.cohort_id}, follow=True))

        assert "has been read again" in said
        assert Import.objects.get().found["figures"]["licenses"] == 1

    def test_the_same_file_again_says_so(self, browser: Client) -> None:
        file = sheet(COURSES, course("a@example.pk"))
        upload(browser, file, "activity")
        assert "is here already" in text_of(upload(browser, file, "activity"))
        browser.post(address(), {"program_0": cohort_1().pk, "as_of": "2023-01-10T08:00"})
        imports.run(by=SYSTEM, now=NOW)

        said = text_of(upload(browser, file, "activity", name="other.csv"))

        assert "This very file was imported on 2023-01-10 09:00" in said
        assert Import.objects.count() == 1

    def test_a_file_that_is_none_says_what_is_wrong(self, browser: Client) -> None:
        said = text_of(upload(browser, io.BytesIO(b"a,b\n"), "activity"))

        assert "not a course, program or specialization activity export" in said

    def test_a_cancelled_file_changes_nothing(self, browser: Client) -> None:
        upload(browser, sheet(COURSES, course("a@example.pk")), "activity")

        said = text_of(browser.post(address(), {"cancel": "1"}, follow=True))

        assert "nothing has been changed" in said
        assert Import.objects.get().state == "cancelled"

    def test_errors_come_as_csv(self, browser: Client) -> None:
        bad = course("=cmd@example.pk", Completed="=cmd()")
        upload(browser, sheet(COURSES, bad), "activity")

        listed = text_of(
            browser.get(reverse("hec_import_list", args=[Import.objects.get().pk, "errors"]))
        )

        assert listed.splitlines()[1].startswith("2,,")


class TestPaidLearners:
    def test_from_the_file_to_the_receipt(self, browser: Client) -> None:
        file = sheet(
            PAID,
            paid_learner("a@example.pk", 2021),
            paid_learner("idle@example.pk", Activated="no"),
            paid_learner("b@example.pk", 2019),
        )

        preview = text_of(upload(browser, file, "paid"))
        assert "1 person who paid and never activated" in preview
        assert "2019" in preview
        browser.post(address())
        imports.run(by=SYSTEM, now=NOW)

        assert "license granted" in text_of(browser.get(address()))
        assert License.objects.get().source == "paid-2021"
        listed = browser.get(
            reverse("hec_import_list", args=[Import.objects.get().pk, "never-activated"])
        )
        assert "idle@example.pk" in text_of(listed)


class TestEarlierUsers:
    def test_they_are_flagged_and_listed(self, browser: Client) -> None:
        file = sheet(["Name", "Email"], {"Name": "Ayesha", "Email": "old@example.pk"})
        assert "Choose the cohort" in text_of(upload(browser, file, "cohort-users"))

        upload(browser, file, "cohort-users", cohort=cohort_1().pk)
        browser.post(address())
        imports.run(by=SYSTEM, now=NOW)

        address_of_list = reverse("hec_cohort_users")
        assert "old@example.pk" in text_of(browser.get(address_of_list, {"q": "ayesha"}))
        assert "old@example.pk" not in text_of(browser.get(address_of_list, {"q": "bilal"}))
        assert "old@example.pk" in text_of(browser.get(address_of_list, {"cohort": cohort_1().pk}))

    def test_a_row_is_matched_by_hand(self, browser: Client) -> None:
        license = licensed()
        report = Report.objects.create(source="csv", as_of=NOW, imported_at=NOW)
        row = UnmatchedRow.objects.create(report=report, external_id="x", email="x@example.com")
        page = reverse("hec_row_match", args=[row.pk])
        assert page in text_of(browser.get(reverse("hec_report", args=[report.pk])))

        assert "no license of this reference" in text_of(browser.post(page, {"license": "L-9"}))
        browser.post(page, {"license": license.reference.lower()})

        row.refresh_from_db()
        assert row.license == license
        assert license.reference in text_of(browser.get(page))


class TestRemovals:
    def test_a_list_is_taken_worked_through_and_recorded(
        self, browser: Client, hec: User, settings: Any
    ) -> None:
        """5.z, CSV route."""
        settings.COURSERA_MODE = "csv"
        license = licensed()
        invite = license.coursera_jobs.get()
        CourseraJob.objects.filter(pk=invite.pk).update(done_at=NOW, outcome="done")
        revocation.revoke(license, note="Left the university", by=hec, now=NOW)
        assert "Take a list of 1 person" in text_of(browser.get(reverse("hec_removals")))

        browser.post(reverse("hec_removals"))
        name = license.coursera_jobs.get(kind="remove").file
        listed = text_of(browser.get(reverse("hec_removals_file", args=[name])))
        assert license.reference in listed
        assert name in text_of(browser.get(reverse("hec_removals")))
        done = reverse("hec_removals_done", args=[name])
        assert "1 person is on it" in text_of(browser.get(done))
        assert "1 removal recorded" in text_of(browser.post(done, follow=True))

        assert license.coursera_jobs.get(kind="remove").outcome == "done"
        assert browser.get(done).status_code == 404

    def test_a_list_that_was_not_used_is_taken_anew(
        self, browser: Client, hec: User, settings: Any
    ) -> None:
        settings.COURSERA_MODE = "csv"
        license = licensed()
        license.coursera_jobs.update(done_at=NOW, outcome="done")
        revocation.revoke(license, note="Left the university", by=hec, now=NOW)
        browser.post(reverse("hec_removals"))
        name = license.coursera_jobs.get(kind="remove").file

        browser.post(reverse("hec_removals_done", args=[name]), {"set_aside": "1"})

        assert license.coursera_jobs.get(kind="remove").file == ""
        assert "Take a list of 1 person" in text_of(browser.get(reverse("hec_removals")))


def test_a_file_whose_cohort_was_not_chosen_is_kept(
    browser: Client, sign_in: Callable[[User], Client]
) -> None:
    # Given a list of users that was sent without saying whose
    page = text_of(
        upload(browser, io.BytesIO(b"Email\na@b.pk\n"), "cohort-users", name="users.csv")
    )
    assert "<bdi>users.csv</bdi> is kept; you need not choose it again" in page
    carried = re.findall(r'name="file_kept" value="([^"]+)"', page)[0]
    said = {"kind": "cohort-users", "cohort": cohort_1().pk, "file_kept": carried}

    # When another officer sends what that page carries, then there is nothing for them
    other = sign_in(HecFactory(full_name="Another of HEC"))
    assert "not here any more" in text_of(other.post(reverse("hec_imports"), said))
    assert not Import.objects.exists()

    # When the cohort is chosen, then the file is looked at
    assert "users.csv" in text_of(browser.post(reverse("hec_imports"), said, follow=True))
    assert Import.objects.get().cohort == cohort_1()


@pytest.mark.parametrize("name", ["hec_imports", "hec_cohort_users", "hec_removals"])
def test_nobody_but_hec_sees_it(sign_in: Callable[[User], Client], name: str) -> None:
    for person in (UserFactory(), FocalPersonFactory().person):
        assert sign_in(person).get(reverse(name)).status_code == 404
        assert sign_in(person).post(reverse(name)).status_code == 404
