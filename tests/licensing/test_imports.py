"""Files that HEC brings in: preview, row errors, commit by a worker, receipt; the same again changes nothing."""

import io
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage

from dlsei import audit
from dlsei.policy.refusals import Refused
from licensing import activity, imports
from licensing.models import Import, Report, UnmatchedRow
from tests.factories import SYSTEM, HecFactory, UserFactory, licensed
from tests.licensing.imported_files import COURSES, MEMBERS, course, imported, previewed, sheet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme")]
LATER = timedelta(days=10)
Committed = Callable[..., AbstractContextManager[Any]]
ACTIVITY = Import.Kind.ACTIVITY


def refusal(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.refusal.code


class TestUpload:
    def test_only_hec_brings_files_in(self, now: datetime) -> None:
        with pytest.raises(Refused) as refused:
            imports.upload(sheet(COURSES), ACTIVITY, "x.csv", by=UserFactory(), now=now)

        assert refusal(refused) == "not-yours"

    def test_the_same_file_waits_once(self, now: datetime) -> None:
        hec, file = HecFactory(), sheet(COURSES, course("a@example.pk"))
        first = imports.upload(file, ACTIVITY, "x.csv", by=hec, now=now)
        file.seek(0)

        again = imports.upload(file, ACTIVITY, "renamed.csv", by=hec, now=now)

        assert again == first
        assert len(default_storage.listdir("imports")[1]) == 1

    def test_the_same_file_is_imported_once(self, now: datetime) -> None:
        hec, file = HecFactory(), sheet(COURSES, course("a@example.pk"))
        imported(file, ACTIVITY, hec, now=now + LATER)
        file.seek(0)

        with pytest.raises(Refused) as refused:
            imports.upload(file, ACTIVITY, "renamed.csv", by=hec, now=now + LATER)

        assert refusal(refused) == "imported-before"
        assert "2023-01-20 09:00" in str(refused.value)
        assert Report.objects.count() == 1


class TestPreview:
    def test_it_counts_shows_and_changes_nothing(self, now: datetime) -> None:
        license = licensed()
        file = sheet(
            COURSES,
            course(license.person.email.upper(), license.reference),
            course("stranger@example.pk"),
            course("late@example.pk", **{"Enrollment Time": "yesterday"}),
        )

        found = previewed(file, ACTIVITY, HecFactory(), now=now + LATER)

        assert found.state == "previewed"
        assert found.found["figures"] == {
            "rows": 2,
            "members": 0,
            "learners": 2,
            "licenses": 1,
            "unmatched": 1,
            "new_flags": 1,
            "new_enrollments": 1,
            "changed_enrollments": 0,
            "errors": 1,
        }
        assert found.found["programs"] == {"dlsei-cohort-i": 2}
        assert found.programs == {"dlsei-cohort-i": license.cohort_id}
        assert len(found.found["sample"]) == 2
        (error,) = found.errors
        assert (error["line"], error["column"]) == (4, "enrollment time")
        assert not Report.objects.exists()
        assert not license.enrollments.exists()

    def test_as_of_is_what_the_exports_name_says(self, now: datetime) -> None:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as files:
            name = "ProgramActivity hec - CourseraEnterpriseExport 2023-01-19 21-00-05 UTC.csv"
            member = {"Email": "a@example.pk", "Member State": "Member"}
            files.writestr(name, sheet(MEMBERS, member).getvalue())
        archive.seek(0)

        found = previewed(archive, ACTIVITY, HecFactory(), now=now + LATER, name="my file.zip")

        assert found.as_of == datetime(2023, 1, 19, 21, 0, 5, tzinfo=UTC)

    def test_a_file_that_is_no_export_fails_with_a_sentence(
        self, now: datetime, django_capture_on_commit_callbacks: Committed
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            found = previewed(io.BytesIO(b"a,b\n1,2\n"), ACTIVITY, HecFactory(), now=now)

        assert found.state == "failed"
        assert "not a course" in found.failure["sentence"]
        assert default_storage.listdir("imports")[1] == []

    def test_hec_says_to_which_cohort_a_program_belongs(self, now: datetime) -> None:
        license, hec = licensed(), HecFactory()
        file = sheet(COURSES, course(license.person.email, **{"Program Slug": "hec-2023"}))
        unknown = previewed(file, ACTIVITY, hec, now=now + LATER)
        assert unknown.programs == {"hec-2023": None}
        assert unknown.found["figures"]["licenses"] == 0

        chosen = imports.preview(unknown, {"hec-2023": license.cohort_id}, by=hec, now=now + LATER)
        assert chosen.found["figures"]["licenses"] == 1
        imports.commit(chosen, as_of=now, by=hec, now=now + LATER)
        imports.run(by=SYSTEM, now=now + LATER)

        another = sheet(COURSES, course("b@example.pk", **{"Program Slug": "hec-2023"}))
        remembered = previewed(another, ACTIVITY, hec, now=now + LATER)
        assert remembered.programs == {"hec-2023": license.cohort_id}


class TestCommit:
    def test_what_has_no_time_or_one_to_come_is_refused(self, now: datetime) -> None:
        hec = HecFactory()
        found = previewed(sheet(COURSES, course("a@example.pk")), ACTIVITY, hec, now=now)

        for as_of, code in ((None, "as-of-missing"), (now + LATER, "as-of-in-the-future")):
            with pytest.raises(Refused) as refused:
                imports.commit(found, as_of=as_of, by=hec, now=now)
            assert refusal(refused) == code

    def test_only_a_previewed_file_is_imported(self, now: datetime) -> None:
        hec = HecFactory()
        unread = imports.upload(sheet(COURSES), ACTIVITY, "x.csv", by=hec, now=now)

        with pytest.raises(Refused) as refused:
            imports.commit(unread, as_of=now, by=hec, now=now)

        assert refusal(refused) == "import-not-previewed"

    def test_a_worker_imports_it_and_good_rows_are_in(
        self,
        now: datetime,
        nudged: list[str],
        django_capture_on_commit_callbacks: Committed,
    ) -> None:
        license, hec = licensed(), HecFactory()
        file = sheet(
            COURSES,
            course(license.person.email, license.reference),
            course("broken@example.pk", **{"Overall Progress": "much"}),
            course("stranger@example.pk"),
        )

        with django_capture_on_commit_callbacks(execute=True):
            done = imported(file, ACTIVITY, hec, now=now + LATER)

        assert "run_imports" in nudged
        assert (done.state, done.report.imported_by, done.rows_done) == ("done", hec, 3)
        assert done.result == {"rows": 2, "members": 0, "unmatched": 1}
        assert len(done.errors) == 1
        license.refresh_from_db()
        assert license.enrolled_at == datetime(2023, 1, 12, 5, tzinfo=UTC)
        assert license.last_activity_at == datetime(2023, 1, 14, 5, tzinfo=UTC)
        assert license.enrollments.get().progress == 45.25
        assert default_storage.listdir("imports")[1] == []
        # No worker has sent the mails since.
        assert [b for b in audit.breaches(now + LATER) if b.invariant != "I6"] == []

    def test_committed_twice_and_run_twice_it_is_imported_once(self, now: datetime) -> None:
        hec, at = HecFactory(), now + LATER
        done = imported(sheet(COURSES, course("a@example.pk")), ACTIVITY, hec, now=at)

        imports.commit(done, as_of=now, by=hec, now=at)

        assert imports.run(by=SYSTEM, now=at) == {"imported": 0, "failed": 0}
        assert Report.objects.count() == 1

    def test_a_live_lease_keeps_other_workers_away(self, now: datetime) -> None:
        hec, at = HecFactory(), now + LATER
        found = previewed(sheet(COURSES, course("a@example.pk")), ACTIVITY, hec, now=at)
        imports.commit(found, as_of=now, by=hec, now=at)
        Import.objects.update(leased_until=at + timedelta(minutes=1), attempts=1)

        assert imports.run(by=SYSTEM, now=at) == {"imported": 0, "failed": 0}
        assert imports.run(by=SYSTEM, now=at + timedelta(minutes=2))["imported"] == 1

    def test_killed_after_the_merge_it_is_done_again_with_the_same_receipt(
        self, now: datetime
    ) -> None:
        hec, at = HecFactory(), now + LATER
        file = sheet(COURSES, course("a@example.pk"))
        found = previewed(file, ACTIVITY, hec, now=at)
        imports.commit(found, as_of=now, by=hec, now=at)
        report = activity.take([], source="csv", as_of=now, by=hec, now=at, sha256=found.sha256)

        imports.run(by=SYSTEM, now=at)

        found.refresh_from_db()
        assert (found.state, found.report) == ("done", report)

    def test_what_fails_is_tried_again_then_shown(self, now: datetime) -> None:
        hec, at = HecFactory(), now + LATER
        found = previewed(sheet(COURSES, course("a@example.pk")), ACTIVITY, hec, now=at)
        imports.commit(found, as_of=now, by=hec, now=at)
        default_storage.delete(found.file.name)

        results = [imports.run(by=SYSTEM, now=at)["failed"] for _ in range(4)]

        found.refresh_from_db()
        assert results == [1, 1, 1, 0]
        assert found.state == "failed"
        assert "FileNotFoundError" in found.failure["values"]["error"]


class TestCancel:
    def test_a_cancelled_file_is_gone_and_may_come_again(
        self, now: datetime, django_capture_on_commit_callbacks: Committed
    ) -> None:
        hec, file = HecFactory(), sheet(COURSES, course("a@example.pk"))
        found = previewed(file, ACTIVITY, hec, now=now)

        with django_capture_on_commit_callbacks(execute=True):
            assert imports.cancel(found, by=hec, now=now)
        assert not imports.cancel(found, by=hec, now=now)

        assert default_storage.listdir("imports")[1] == []
        file.seek(0)
        assert previewed(file, ACTIVITY, hec, now=now).pk != found.pk

    def test_what_nobody_commits_is_given_up_after_a_week(self, now: datetime) -> None:
        found = previewed(sheet(COURSES), ACTIVITY, HecFactory(), now=now)

        imports.run(by=SYSTEM, now=now + timedelta(days=7))
        found.refresh_from_db()
        assert found.state == "previewed"
        imports.run(by=SYSTEM, now=now + timedelta(days=7, seconds=1))
        found.refresh_from_db()
        assert found.state == "cancelled"


@pytest.mark.parametrize(
    "cell",
    [
        {"Email": "a" * 300 + "@example.pk"},
        {"External ID": "x" * 121},
        {"Course ID": "x" * 61},
        {"Overall Progress": "101"},
        {"Completed": "perhaps"},
        {"Enrollment Time": ""},
        {"Enrollment Time": "0001-01-01T00:00:00+14:00"},
    ],
    ids=lambda cell: next(iter(cell)),
)
def test_one_bad_cell_costs_its_row_alone(now: datetime, cell: dict[str, Any]) -> None:
    file = sheet(
        COURSES,
        course("good@example.pk", Course="N" * 400, Name="a\0b" + "N" * 400),
        {**course("bad@example.pk"), **cell},
    )

    done = imported(file, ACTIVITY, HecFactory(), now=now + LATER)

    assert (done.state, done.result["rows"], len(done.errors)) == ("done", 1, 1)
    assert UnmatchedRow.objects.get().full_name.startswith("abN")
