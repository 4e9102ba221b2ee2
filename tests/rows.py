"""One row for each list of the console, made by the product's own verbs where there is one."""

import io
from datetime import date, timedelta
from decimal import Decimal

from applications import disputes, submission
from applications.models import Dispute
from dlsei import history
from dlsei.models import Mail
from licensing.models import (
    Cohort,
    CourseraJob,
    Extension,
    License,
    Programme,
    Report,
    RevocationCase,
    RevocationRun,
    UnmatchedRow,
)
from tests.factories import (
    NOW,
    SYSTEM,
    HecFactory,
    UniversityFactory,
    UserFactory,
    draft,
    licensed,
    submitted,
)
from verification import staff_invitations, staff_lists
from verification.models import Invitation, StaffList


def a_report() -> Report:
    return Report.objects.first() or Report.objects.create(source="api", as_of=NOW, imported_at=NOW)


def another_report() -> Report:
    return Report.objects.create(source="api", as_of=NOW, imported_at=NOW)


def with_case(license: License | None = None, *, day: int = 0) -> RevocationCase:
    """An open case of 5.iv's 30 days, on a report that speaks of the day after; `day` tells apart those of one license."""
    base = date(2022, 12, 1) - timedelta(days=day)
    with history.acting(by=SYSTEM, now=NOW):
        return RevocationCase.objects.create(
            license=license or licensed(),
            clause="5.iv",
            stage=30,
            base_on=base,
            deadline=base + timedelta(days=30),
            report=a_report(),
            evidence_on=NOW.date(),
            programme=Programme.in_force(),
            opened_at=NOW,
        )


def failing(job: CourseraJob) -> CourseraJob:
    CourseraJob.objects.filter(pk=job.pk).update(
        attempts=3, error="Unavailable: 503", due_at=NOW + timedelta(hours=1)
    )
    return job


def failing_invitation() -> License:
    license = licensed()
    failing(CourseraJob.objects.get(license=license))
    return license


def failing_mail() -> Mail:
    mail = submitted().person.mails.get()
    Mail.objects.filter(pk=mail.pk).update(
        attempts=2, error="SMTPServerDisconnected", due_at=NOW + timedelta(hours=1)
    )
    return mail


def dispute() -> Dispute:
    first = submitted().person
    second = UserFactory(identity_number=first.identity_number)
    submission.submit(draft(second), by=second, now=NOW)
    return Dispute.objects.get(application__person=second)


def settled_dispute() -> Dispute:
    return disputes.keep(dispute(), note="looked at", by=HecFactory(), now=NOW)


def invited() -> Invitation:
    university = UniversityFactory()
    address = f"new{university.pk}@example.pk"
    return staff_invitations.invite(address, "New", university, by=HecFactory(), now=NOW)


def withdrawn_invitation() -> None:
    staff_invitations.withdraw(invited(), by=HecFactory(), now=NOW)


def staff_list() -> StaffList:
    file = io.BytesIO(b"University,Full Name,Email\nHEC,A,a@b.example\n")
    found = staff_lists.keep(file, "staff.csv", by=HecFactory(), now=NOW)
    return staff_lists.send(found, by=HecFactory(), now=NOW)


def unmatched() -> UnmatchedRow:
    return UnmatchedRow.objects.create(report=a_report(), external_id="", email="x@example.com")


def stopped_run() -> RevocationRun:
    """A run that the brake stopped and that has ended since."""
    return RevocationRun.objects.create(
        cohort=Cohort.objects.named("Cohort I"),
        would_revoke=900,
        live=1000,
        stopped_at=NOW,
        finished_at=NOW,
    )


def running(days: int = 3, **fields) -> License:
    """A live license whose next rule falls due in so many days."""
    license = licensed()
    clock = {
        "next_deadline": NOW.date() + timedelta(days=days),
        "next_clause": "5.i",
        "next_mode": "automatic",
        "next_base": NOW.date(),
    }
    License.objects.filter(pk=license.pk).update(**clock | fields)
    license.refresh_from_db()
    return license


def extension(license: License | None = None) -> Extension:
    return Extension.objects.create(
        license=license or licensed(),
        ended_before_on=date(2023, 7, 31),
        ends_on=date(2023, 9, 30),
        content_name="Google Data Analytics",
        progress=Decimal("62.5"),
        report=a_report(),
        at=NOW,
    )
