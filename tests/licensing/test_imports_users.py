"""Users of an earlier cohort from Coursera's data: flagged, matched, or matched by hand (A.1, R18, R21)."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from dlsei.policy.refusals import Refused
from licensing import matching, staging
from licensing.models import CohortMember, Import, Report, UnmatchedRow
from tests.factories import HecFactory, UserFactory, licensed
from tests.licensing.imported_files import (
    COURSES,
    MEMBERS,
    cohort_1,
    course,
    imported,
    sheet,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme")]
LATER = timedelta(days=10)
USERS = Import.Kind.COHORT_USERS


def flagged() -> set[str]:
    return set(CohortMember.objects.values_list("email", flat=True))


def test_whom_a_file_names_is_flagged_unless_a_license_of_ours_speaks(now: datetime) -> None:
    license, person = licensed(), UserFactory(email="known@example.pk")
    file = sheet(
        ["Full Name", "Email", "External ID"],
        {"Full Name": "Ayesha", "Email": "KNOWN@example.pk"},
        {"Full Name": "Licensed", "Email": "another@example.pk", "External ID": license.reference},
        {"Full Name": "Licensed too", "Email": license.person.email},
        {"Full Name": "No address", "Email": ""},
    )

    done = imported(file, USERS, HecFactory(), now=now, cohort=cohort_1())

    assert flagged() == {"KNOWN@example.pk"}
    assert CohortMember.objects.get().person == person
    assert done.result == {"rows": 3, "new_flags": 1}
    assert len(done.errors) == 1
    assert not Report.objects.exists()


def test_who_was_only_invited_never_used_it(now: datetime) -> None:
    file = sheet(
        MEMBERS,
        {"Email": "member@example.pk", "Member State": "Member"},
        {"Email": "gone@example.pk", "Member State": "Deleted Member"},
        {"Email": "idle@example.pk", "Member State": "INVITED"},
    )

    imported(file, USERS, HecFactory(), now=now, cohort=cohort_1())

    assert flagged() == {"member@example.pk", "gone@example.pk"}


def test_an_activity_export_flags_whom_it_names_without_a_license(now: datetime) -> None:
    license = licensed()
    file = sheet(COURSES, course(license.person.email), course("stranger@example.pk"))

    imported(file, Import.Kind.ACTIVITY, HecFactory(), now=now + LATER)

    assert flagged() == {"stranger@example.pk"}
    assert UnmatchedRow.objects.get().email == "stranger@example.pk"


def test_a_row_matched_by_hand_counts_at_once_and_in_later_reports(now: datetime) -> None:
    license, hec = licensed(), HecFactory()
    first = sheet(
        COURSES,
        course("private@mail.example"),
        course("private@mail.example", **{"Course ID": "two"}),
    )
    imported(first, Import.Kind.ACTIVITY, hec, now=now + LATER)
    row = UnmatchedRow.objects.order_by("id")[0]

    assert matching.match(row, license, by=hec, now=now + LATER) == 2

    license.refresh_from_db()
    assert license.enrolled_at == datetime(2023, 1, 12, 5, tzinfo=UTC)
    assert license.enrollments.count() == 2
    assert flagged() == set()
    later = sheet(COURSES, course("Private@mail.example", **{"Overall Progress": "80"}))
    imported(later, Import.Kind.ACTIVITY, hec, now=now + LATER + timedelta(days=1))
    assert license.enrollments.get(content_id="machine-learning-id").progress == 80
    assert not UnmatchedRow.objects.filter(license=None).exists()


def test_what_an_import_left_in_the_session_is_in_nobodys_way(now: datetime) -> None:
    """Given rows of an import that could not clear up, when HEC matches by hand, then they are gone."""
    license, hec = licensed(), HecFactory()
    imported(
        sheet(COURSES, course("private@mail.example")), Import.Kind.ACTIVITY, hec, now=now + LATER
    )
    with connection.cursor() as cursor:
        staging.stage(cursor)
        cursor.execute(
            "INSERT INTO reported (email, external_id, content_id, content_kind)"
            " VALUES ('left@behind.example', %s, 'left', 'Course')",
            [license.reference],
        )

    matching.match(UnmatchedRow.objects.get(), license, by=hec, now=now + LATER)

    assert [one.content_id for one in license.enrollments.all()] == ["machine-learning-id"]


def test_only_hec_matches_by_hand(now: datetime) -> None:
    license = licensed()
    file = io.BytesIO(sheet(COURSES, course("x@example.pk")).getvalue())
    imported(file, Import.Kind.ACTIVITY, HecFactory(), now=now + LATER)

    with pytest.raises(Refused):
        matching.match(UnmatchedRow.objects.get(), license, by=license.person, now=now + LATER)
