"""How each list of the product is filled: what adds a row of it, and what the page shows of that row.

An address lists something, or it is in `LISTS_NOTHING`; `test_query_counts` fails on one that is in neither.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group

from applications.models import AddressChange, Application, Document, Question
from applications.models.applications import IdentityClaim
from dlsei.models import Mail, User
from licensing import buckets
from licensing.models import (
    Allocation,
    Cohort,
    CohortMember,
    CourseraJob,
    Import,
    License,
    Place,
    RevocationCase,
    UnmatchedRow,
)
from tests import rows
from tests.factories import (
    NOW,
    FocalPersonFactory,
    HecFactory,
    UniversityFactory,
    UserFactory,
    approved,
    licensed,
    submitted,
)
from tests.house.test_roles import World
from verification import decisions, queue, staff_invitations
from verification.console.history import CHUNK
from verification.models import Affected, FactorReset, Invitation, StaffList, WhatIf

MANY = 50
PAGE = 25


@dataclass(frozen=True)
class Listed:
    """One list of an address.

    `one` adds a row and returns what the page shows of it. Of a list in pages (`paged`, or `one`
    returns None) and of a file the rows are counted. `query` chooses the list, `who` whose page it is,
    `of` the rest of the address; `most` is how many rows the page shows at most, `in_file` the file,
    which asks once more after so many rows of a `chunk`.
    """

    one: Callable[[World], str | None]
    query: str = ""
    who: Callable[[World], User] | None = None
    of: Callable[[World], dict[str, Any]] | None = None
    most: int = MANY
    paged: bool = False
    in_file: int = MANY
    chunk: int = sys.maxsize


def _known(name: str) -> User:
    """A person of the lists, made when first asked for."""
    email = f"{name}@example.pk"
    return User.objects.filter(email=email).first() or UserFactory(email=email)


@cache
def in_pages(make: Callable[[], object]) -> Callable[[World], None]:
    """A row of a list in pages that needs nothing of the world."""

    def one(world: World) -> None:
        make()

    return one


def _pending(world: World) -> Application:
    return Application.objects.get(person=world.applicant, status="pending")


def _license(world: World) -> License:
    return License.objects.get(person=world.learner)


def _number(model: Any, **fields: Any) -> int:
    return int(model.objects.filter(**fields).count())


# What applicants see


def turned_down(world: World) -> str:
    application = submitted(_known("returning"), world.focal_person.university)
    decisions.reject(
        application, reason="Blurred", turn_reason="-", by=world.focal_person.person, now=NOW
    )
    return application.reference


def asked(world: World) -> str:
    text = f"Question {_number(Question)}?"
    decisions.ask(_pending(world), text=text, by=world.focal_person.person, now=NOW)
    return text


def _uploaded(application: Application) -> str:
    name = f"upload-{application.documents.count()}.png"
    Document.objects.create(
        application=application,
        kind="student-card",
        state="accepted",
        original_name=name,
        content_type="image/png",
        size=1,
        sha256=f"{application.pk}-{name}",
        uploaded_at=NOW + timedelta(seconds=1),
    )
    return name


def uploaded_to_draft(world: World) -> str:
    return _uploaded(Application.objects.get(person=world.drafter))


def brought(world: World) -> str:
    return _uploaded(_pending(world))


def searched(world: World) -> str:
    return str(UniversityFactory(name=f"Searched {_number(User)}-{UserFactory().pk}").name)


def dismissed(world: World) -> None:
    closed_case(world)


def closed_case(world: World) -> str:
    license = _license(world)
    case = rows.with_case(license, day=license.cases.count())
    RevocationCase.objects.filter(pk=case.pk).update(state="closed", closed_at=NOW)
    return "5.iv"


# What focal persons see


def submitted_here(world: World) -> None:
    submitted(university=world.focal_person.university)


def decided_here(world: World) -> str:
    university = world.focal_person.university
    application = submitted(university=university)
    reason = f"Reason {application.pk}"
    decisions.reject(
        application, reason=reason, turn_reason="-", by=world.focal_person.person, now=NOW
    )
    return reason


def looking(world: World) -> str:
    other = FocalPersonFactory(university=world.focal_person.university).person
    User.objects.filter(pk=other.pk).update(full_name=f"Looker {other.pk}")
    queue.open_application(_pending(world), by=other, now=NOW)
    return f"Looker {other.pk}"


def _bare(person: User, status: str, cohort: str, **fields: Any) -> Application:
    """An application of which only the row is known."""
    like = Application.objects.filter(status="pending").earliest("id")
    claim = IdentityClaim.objects.get_or_create(
        identity=person.identity, defaults={"person": person, "claimed_at": NOW}
    )[0]
    return Application.objects.create(
        reference=f"BARE-{_number(Application)}",
        person=person,
        category=like.category,
        university=like.university,
        cohort=Cohort.objects.named(cohort),
        identity=claim,
        status=status,
        created_at=NOW - timedelta(days=1),
        submitted_at=NOW - timedelta(days=1),
        **fields,
    )


def applied_before(world: World) -> str:
    return _bare(world.applicant, "withdrawn", "Cohort I", closed_at=NOW).reference


# What HEC sees


def invited_here(world: World) -> str:
    address = f"nominee{_number(Invitation)}@example.pk"
    staff_invitations.invite(
        address, "Nominee", world.focal_person.university, by=world.officer, now=NOW
    )
    return address


def expired_invitation(world: World) -> None:
    Invitation.objects.filter(pk=rows.invited().pk).update(expires_at=NOW)


def accepted_invitation(world: World) -> None:
    Invitation.objects.filter(pk=rows.invited().pk).update(accepted_at=NOW)


def on_the_staff_list(world: World) -> str:
    found = StaffList.objects.get(sent_at=None)
    found.rows.append(
        {
            "full_name": "A",
            "email": f"row{len(found.rows)}@example.pk",
            "role": "HEC",
            "since": "",
            "until": "2023-06-30",
        }
    )
    found.save()
    return str(found.rows[-1]["email"])


def _mail(world: World, **fields: Any) -> str:
    kind = f"kind-{_number(Mail)}"
    Mail.objects.create(
        kind=kind,
        person=world.applicant,
        key=kind,
        language="en",
        created_at=NOW,
        due_at=NOW,
        **fields,
    )
    return kind


def queued_mail(world: World) -> str:
    return _mail(world)


def failing_mail(world: World) -> None:
    _mail(world, attempts=1, error="SMTPServerDisconnected")


def sent_mail(world: World) -> None:
    _mail(world, sent_at=NOW)


def _job(world: World, kind: str, file: str = "", **fields: Any) -> CourseraJob:
    license = _license(world)
    number = license.coursera_jobs.count() + 1
    return CourseraJob.objects.create(
        license=license,
        kind=kind,
        generation=number,
        email=f"job{number}@example.pk",
        created_at=NOW,
        due_at=NOW,
        file=file,
        **fields,
    )


def invited_again(world: World) -> str:
    return _job(world, "invite", done_at=NOW, outcome="done").email


def _owed() -> CourseraJob:
    """An invitation of the lists that is in no file yet."""
    return CourseraJob.objects.filter(
        kind="invite", done_at=None, error="", file="", license__state="issued"
    ).latest("id")


def invite_file(world: World) -> str:
    job = _owed()
    CourseraJob.objects.filter(pk=job.pk).update(file=f"invites-file-{job.pk}")
    return f"invites-file-{job.pk}"


def removal_list(world: World) -> str:
    return _job(world, "remove", f"removals-list-{_number(CourseraJob)}").file


def in_the_invite_file(world: World) -> str:
    job = _owed()
    file = CourseraJob.objects.filter(kind="invite").earliest("id").file
    CourseraJob.objects.filter(pk=job.pk).update(file=file)
    return job.email


def on_the_removal_list(world: World) -> str:
    file = CourseraJob.objects.filter(kind="remove").earliest("id").file
    return _job(world, "remove", file).email


def lived(world: World) -> None:
    """A license of the allocation of the first, invited, with a case, due, and extended."""
    license = rows.running(-1)
    rows.with_case(license)
    rows.extension(license)
    Place.objects.filter(pk=license.place_id).update(allocation=Allocation.objects.earliest("id"))
    License.objects.filter(pk=license.pk).update(
        state="invited", invited_on=NOW.date(), invited_at=NOW
    )


def due_soon(world: World) -> None:
    License.objects.filter(pk=licensed().pk).update(
        next_deadline=NOW.date(), next_clause="5.i", next_mode="automatic", next_base=NOW.date()
    )


def in_line(world: World) -> str:
    return str(approved().university.name)


def pending_of_the_last_cohort(world: World) -> None:
    _bare(UserFactory(), "pending", "Cohort II")


def tranche(world: World) -> str:
    cohort = Cohort.objects.named("Cohort I")
    size = 1000 + cohort.tranches.count()
    buckets.add_tranche(cohort, size, NOW.date(), by=world.officer, now=NOW)
    return f"{size:,}"


def affected(world: World) -> None:
    asked = WhatIf.objects.earliest("id")
    WhatIf.objects.filter(pk=asked.pk).update(
        state="done", ended_at=NOW, result={"groups": {"revoked": 1}, "version": 1}
    )
    Affected.objects.create(
        what_if=asked,
        group="revoked",
        reference=f"AFFECTED-{_number(Affected)}",
        person=UserFactory(),
    )


def what_if_asked(world: World) -> None:
    WhatIf.objects.create(kind="figures", title="Then?", asked_by=world.officer, asked_at=NOW)


def unmatched_here(world: World) -> None:
    UnmatchedRow.objects.create(
        report=UnmatchedRow.objects.earliest("id").report, external_id="", email="x@example.com"
    )


def imported(world: World) -> None:
    Import.objects.create(
        kind="paid",
        name="paid.csv",
        size=1,
        sha256=f"sha {_number(Import)}",
        uploaded_by=world.officer,
        uploaded_at=NOW,
    )


def unreadable_row(world: World) -> str:
    found = Import.objects.earliest("id")
    source = f"source-{len(found.errors)}.csv"
    found.errors.append({"line": 1, "source": source, "sentence": "Wrong.", "values": {}})
    found.save()
    return source


def cohort_user(world: World) -> None:
    CohortMember.objects.create(
        cohort=Cohort.objects.named("Cohort I"),
        email=f"member{_number(CohortMember)}@example.pk",
        person=UserFactory(),
        flagged_at=NOW,
    )


def address_changed(world: World) -> str:
    after = f"after{_number(AddressChange)}@example.pk"
    AddressChange.objects.create(
        person=world.learner, before="b@example.pk", after=after, note="n", at=NOW, by=world.officer
    )
    return after


def factor_reset(world: World) -> str:
    note = f"Seen on day {_number(FactorReset)}."
    FactorReset.objects.create(
        person=world.focal_person.person, note=note, at=NOW, by=world.officer
    )
    return note


# What the superuser sees


def group(world: World) -> str:
    return str(Group.objects.create(name=f"Group {_number(Group)}"))


def address(world: World) -> str:
    return str(EmailAddress.objects.get(user=UserFactory()).email)


def university(world: World) -> str:
    return str(UniversityFactory(name=f"Anjuman {UserFactory().pk}").name)


def _close(which: str, name: str = "Cohort I") -> Callable[[World], dict[str, Any]]:
    return lambda world: {"pk": Cohort.objects.named(name).pk, "which": which}


def _learners_application(world: World) -> dict[str, Any]:
    return {"reference": Application.objects.get(person=world.learner).reference}


LISTS: dict[str, tuple[Listed, ...]] = {
    "dashboard": (
        Listed(turned_down, who=lambda world: _known("returning")),
        Listed(asked, who=lambda world: world.applicant),
        Listed(closed_case, who=lambda world: world.learner),
    ),
    "application": (Listed(asked), Listed(brought)),
    "answer": (Listed(brought),),
    "apply_documents": (Listed(uploaded_to_draft),),
    "apply_check": (Listed(uploaded_to_draft),),
    "apply_university": (Listed(searched, "q=Searched", most=PAGE),),
    "can_i_apply": (
        Listed(
            searched,
            "q=Searched&category=student",
            who=lambda world: _known("newcomer"),
            most=PAGE,
        ),
    ),
    "public_numbers": (Listed(searched, "q=Searched", most=PAGE),),
    "queue": (Listed(submitted_here),),
    "next_in_turn": (Listed(submitted_here),),
    "decided": (Listed(decided_here, paged=True),),
    "numbers": (Listed(decided_here, most=10, in_file=1),),
    "review": (Listed(asked), Listed(looking), Listed(applied_before), Listed(brought)),
    "meanwhile": (Listed(looking),),
    "hec_queues": (Listed(in_pages(submitted)),),
    "hec_search": (Listed(in_pages(licensed), "q=example"),),
    "hec_universities": (Listed(in_pages(UniversityFactory)),),
    "hec_university": (Listed(looking, paged=True), Listed(invited_here)),
    "hec_staff": (Listed(in_pages(HecFactory)),),
    "hec_staff_lists": (Listed(in_pages(rows.staff_list)),),
    "hec_staff_list": (Listed(on_the_staff_list),),
    "hec_invitations": (
        Listed(in_pages(rows.invited)),
        Listed(expired_invitation, "list=expired"),
        Listed(accepted_invitation, "list=accepted"),
        Listed(in_pages(rows.withdrawn_invitation), "list=withdrawn"),
    ),
    "hec_application": (
        Listed(asked),
        Listed(looking),
        Listed(applied_before),
        Listed(queued_mail),
        Listed(invited_again, of=_learners_application),
        Listed(closed_case, of=_learners_application),
    ),
    "hec_address": (Listed(address_changed, most=10),),
    "hec_factor_reset": (Listed(factor_reset, most=10),),
    "hec_disputes": (
        Listed(in_pages(rows.dispute)),
        Listed(in_pages(rows.settled_dispute), "list=settled"),
    ),
    "hec_bucket": (Listed(in_pages(licensed)),),
    "hec_ledger": (Listed(in_pages(licensed)),),
    "hec_allocation": (Listed(lived),),
    "hec_cohorts": (Listed(tranche),),
    "hec_cases": (Listed(lived), Listed(dismissed, "list=closed")),
    "hec_case": (Listed(closed_case),),
    "hec_clocks": (
        Listed(lived, "list=due"),
        Listed(due_soon, "list=soon"),
        Listed(due_soon, "list=all"),
    ),
    "hec_extensions": (Listed(lived),),
    "hec_what_ifs": (Listed(what_if_asked),),
    "hec_what_if": (Listed(affected, "group=revoked"),),
    "hec_invited": (
        Listed(in_pages(rows.failing_invitation), "list=failing"),
        Listed(in_pages(licensed), "list=waiting"),
        Listed(lived, "list=invited"),
    ),
    "hec_invite_again": (Listed(invited_again),),
    "hec_history": (
        Listed(in_pages(licensed), chunk=CHUNK),
        Listed(in_pages(licensed), "clause=4.1.k", chunk=CHUNK),
        Listed(in_pages(licensed), "about=Khan&actor=Bilal", chunk=CHUNK),
    ),
    "hec_numbers": (Listed(in_line, "file=decisions"),),
    "hec_close_list": (
        Listed(lived),
        Listed(in_pages(submitted), of=_close("P2")),
        Listed(pending_of_the_last_cohort, of=_close("lapse", "Cohort II")),
        # The first in line is served when licenses are issued for other lists.
        Listed(in_line, of=_close("P1"), paged=True, in_file=MANY - 1),
    ),
    "hec_runs": (Listed(in_pages(rows.stopped_run)),),
    "hec_outbox": (
        Listed(failing_mail, "list=failing-mails"),
        Listed(queued_mail, "list=queued-mails", paged=True),
        Listed(sent_mail, "list=sent-mails"),
        Listed(in_pages(rows.failing_invitation), "list=failing-jobs"),
        Listed(in_pages(licensed), "list=queued-jobs"),
        Listed(invited_again, "list=done-jobs", paged=True),
    ),
    "hec_reports": (Listed(in_pages(rows.another_report)),),
    "hec_report": (Listed(unmatched_here),),
    "hec_invites": (Listed(invite_file),),
    "hec_invites_file": (Listed(in_the_invite_file),),
    "hec_removals": (Listed(removal_list),),
    "hec_removals_file": (Listed(on_the_removal_list),),
    "hec_imports": (Listed(imported),),
    "hec_import": (Listed(unreadable_row, most=20),),
    "hec_import_list": (Listed(unreadable_row),),
    "hec_cohort_users": (Listed(cohort_user),),
    "admin:applications_university_changelist": (Listed(university),),
    "admin:account_emailaddress_changelist": (Listed(address),),
    "admin:auth_group_changelist": (Listed(group),),
}
OF_ALLAUTH = ("account_", "mfa_")
"""How the addresses of its pages begin, which list nothing either."""
LISTS_NOTHING = {
    "start",
    "policy",
    "account",
    "apply",
    "apply_role",
    "apply_details",
    "document_remove",
    "receipt",
    "license",
    "withdraw",
    "activate",
    "home",
    "document",
    "document_page",
    "invitation",
    "set_language",
    "too_large",
    "livez",
    "readyz",
    "metrics",
    "help",
    "help_page",
    "admin_home",
    "approve",
    "reject",
    "ask",
    "keyboard",
    # Two rows a cohort, and the programme has two.
    "hec_home",
    "hec_university_add",
    "hec_nominate",
    "hec_recognition",
    "hec_focal_end",
    "hec_focal_suspend",
    "hec_focal_replace",
    "hec_staff_suspend",
    "hec_invitation_again",
    "hec_invitation_withdraw",
    "hec_transfer",
    "hec_dispute",
    "hec_policy",
    "hec_tranche_add",
    "hec_cases_decide",
    "hec_what_if_ask",
    "hec_close",
    # A row a job, and the jobs are those of the schedule.
    "hec_health",
    "hec_license_revoke",
    "hec_run_confirm",
    "hec_mail_again",
    "hec_job_again",
    "hec_invites_uploaded",
    "hec_row_match",
    "hec_removals_done",
    "styleguide",
    "styleguide_dialog",
    "styleguide_mail",
}
"""Addresses of which no page grows with the database: held to the same dozen, and to the same count in a large world."""
