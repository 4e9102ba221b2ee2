"""What breaks each check of the audit, planted past the constraints that refuse it.

What the database refuses is let in by taking the constraint or trigger away inside the test's
transaction.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection

from applications.models import Application, Document, IdentityClaim
from dlsei.audit import SUBJECTS
from dlsei.history import acting
from dlsei.models import Event, Mail
from dlsei.policy.states import MOVES
from licensing import allocation, revocation
from licensing.models import (
    Allocation,
    Cohort,
    CourseraJob,
    License,
    Place,
    Report,
    RevocationCase,
    Tranche,
)
from tests.factories import (
    NOW,
    SYSTEM,
    FocalPersonFactory,
    HecFactory,
    UniversityFactory,
    UserFactory,
    approved,
    licensed,
    resize,
    submitted,
)
from verification import staff_invitations
from verification.models import Decision, FocalPerson

PLANTED: list[tuple[str, Callable[[], Any]]] = []
"""What a check says, and something that breaks it."""


def breaks(says: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    def planted(plant: Callable[[], Any]) -> Callable[[], Any]:
        PLANTED.append((says, plant))
        return plant

    return planted


def sql(statement: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement, params)


def without(table: str, *constraints: str) -> None:
    """Lets in what these constraints or unique indexes of `table` refuse, until the rollback."""
    for name in constraints:
        sql(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
        sql(f"DROP INDEX IF EXISTS {name}")


def unseen(table: str, change: str, *params: Any) -> None:
    """Changes `table` behind the history's back."""
    sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    sql(change, *params)
    sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def acted():
    return acting(by=SYSTEM, now=NOW)


def revoked_by_hand() -> License:
    return revocation.revoke(licensed(), note="asked by the university", by=HecFactory(), now=NOW)


@breaks("seats held are the live bucket licenses of the cohort, and never more than there are")
def a_seat_too_many():
    licensed()
    resize(Cohort.objects.named("Cohort I"), held=2)


@breaks("the ledger of every bucket ends with what the bucket holds and has")
def an_entry_that_the_bucket_knows_nothing_of():
    cohort = Cohort.objects.named("Cohort I")
    entries = Event.objects.filter(subject="bucket", subject_id=cohort.pk)
    Event.objects.create(
        subject="bucket",
        subject_id=cohort.pk,
        sequence=entries.count() + 1,
        to_state="5/18000",
        at=NOW,
        job=SYSTEM,
    )


@breaks("the bucket is what its opened tranches add up to")
def a_tranche_opened_without_its_seats():
    cohort = Cohort.objects.named("Cohort I")
    Tranche.objects.create(
        cohort=cohort, number=9, size=5, available_from=NOW.date(), opened_at=NOW
    )


@breaks("one live license a person")
def a_second_license():
    first = licensed()
    without("licensing_license", "one_live_license_a_person")
    with acted():
        License.objects.create(
            reference="L-X",
            person=first.person,
            cohort=first.cohort,
            source="paid-2021",
            state="active",
            issued_at=NOW,
            activated_at=NOW,
            ends_on=first.ends_on,
        )


@breaks("one open place a person, one open application a person")
def a_second_place():
    place = approved().place
    without("licensing_place", "one_open_place_a_person")
    with acted():
        Place.objects.create(
            person=place.person,
            cohort=place.cohort,
            submitted_at=NOW,
            reference="DL-X",
            entered_at=NOW,
        )


@breaks("one open place a person, one open application a person")
def an_application_beside_a_place():
    place = approved().place
    pending = submitted()
    Application.objects.filter(pk=pending.pk).update(person=place.person)


@breaks("one person a CNIC among submitted applications")
def a_number_used_by_another_person():
    application = submitted()
    IdentityClaim.objects.filter(pk=application.identity_id).update(person=UserFactory())


@breaks("every served place has its license, and only those")
def a_place_served_with_nothing():
    place = approved().place
    with acted():
        Place.objects.filter(pk=place.pk).update(state="served", served_at=NOW)


@breaks("every served place has its license, and only those")
def a_license_for_a_place_that_waits():
    licensed()
    unseen("licensing_place", "UPDATE licensing_place SET state = 'waiting', served_at = NULL")


@breaks("no free seat while a place waits whose window is open")
def a_place_left_waiting():
    approved(now=NOW - timedelta(hours=1))


@breaks("each allocation served its places in (priority, submitted_at, id) order")
def a_license_before_its_turn():
    applications = [approved(now=NOW + timedelta(minutes=n)) for n in range(2)]
    allocation.issue(applications[0].cohort, by=SYSTEM, now=NOW)
    assert Allocation.objects.get().served == 2
    Place.objects.filter(pk=applications[0].place_id).update(submitted_at=NOW + timedelta(hours=1))


@breaks("each decision has another actor than the applicant, a note on behalf, a reason to reject")
def a_decision_for_oneself():
    application = approved()
    without("verification_decision", "nobody_decides_for_oneself")
    Decision.objects.update(actor=application.person)


@breaks("each decision has another actor than the applicant, a note on behalf, a reason to reject")
def a_decision_on_behalf_without_a_note():
    application = approved()
    without("verification_decision", "on_behalf_needs_a_note")
    Decision.objects.update(on_behalf_of=application.university)


@breaks("each decision has another actor than the applicant, a note on behalf, a reason to reject")
def a_rejection_without_a_reason():
    approved()
    without("verification_decision", "a_rejection_has_a_reason")
    Decision.objects.update(outcome="rejected")


@breaks("each decision has another actor than the applicant, a note on behalf, a reason to reject")
def a_decision_out_of_turn_without_a_reason():
    approved()
    without("verification_decision", "out_of_turn_needs_a_reason")
    Decision.objects.update(head=submitted())


@breaks("every approved or rejected application has one decision, which says so")
def an_approval_that_nobody_decided():
    approved()
    Decision.objects.all().delete()


@breaks("every approved or rejected application has one decision, which says so")
def an_approval_decided_as_a_rejection():
    approved()
    Decision.objects.update(outcome="rejected", reason="no")


def _a_move(thing: str) -> Callable[[], Any]:
    def a_move_that_the_table_of_states_does_not_know():
        subject = SUBJECTS.get(thing, thing)
        Event.objects.create(
            subject=subject,
            subject_id=1,
            sequence=1,
            from_state="revoked",
            to_state="open",
            at=NOW,
            job=SYSTEM,
        )

    return a_move_that_the_table_of_states_does_not_know


for _thing in MOVES:
    breaks(f"every move of a {_thing} is one that the table of states allows")(_a_move(_thing))


@breaks("the last event of every application says the state it is in")
def an_application_changed_unseen():
    submitted()
    unseen("applications_application", "UPDATE applications_application SET status = 'withdrawn'")


@breaks("the last event of every document says the state it is in")
def a_document_changed_unseen():
    submitted()
    unseen(
        "applications_document",
        "UPDATE applications_document SET state = 'checking', file = %s",
        f"quarantine/{0:032}",
    )


@breaks("the last event of every place says the state it is in")
def a_place_changed_unseen():
    approved()
    unseen("licensing_place", "UPDATE licensing_place SET state = 'ended', ended_at = %s", NOW)


@breaks("the last event of every license says the state it is in")
def a_license_changed_unseen():
    licensed()
    unseen(
        "licensing_license",
        "UPDATE licensing_license SET state = 'expired', ended_at = %s, end_clause = '1.a'",
        NOW,
    )


@breaks("the last event of every revocationcase says the state it is in")
def a_case_changed_unseen():
    revoked_by_hand()
    unseen("licensing_revocationcase", "UPDATE licensing_revocationcase SET state = 'dismissed'")


@breaks("the last event of every focalperson says the state it is in")
def a_focal_person_suspended_unseen():
    FocalPersonFactory()
    unseen("verification_focalperson", "UPDATE verification_focalperson SET suspended_at = %s", NOW)


@breaks("the last event of every invitation says the state it is in")
def an_invitation_accepted_unseen():
    staff_invitations.invite("new@hec.example", "Sana", by=SYSTEM, now=NOW)
    unseen("verification_invitation", "UPDATE verification_invitation SET accepted_at = %s", NOW)


@breaks("the last event of every university says the state it is in")
def a_university_not_recognized_any_more_unseen():
    UniversityFactory()
    unseen("applications_university", "UPDATE applications_university SET recognized = false")


@breaks("the last event of every user says the state it is in")
def an_officer_made_unseen():
    UserFactory()
    unseen("dlsei_user", "UPDATE dlsei_user SET is_hec = true")


@breaks("no event is missing from a sequence")
def an_event_taken_out():
    submitted()
    unseen("dlsei_event", "DELETE FROM dlsei_event WHERE sequence = 1")


@breaks("every mail that is due is sent, tried or visibly failing")
def a_mail_that_nobody_tried():
    Mail.objects.create(
        kind="case-opened",
        person=UserFactory(),
        key="forgotten",
        language="en",
        created_at=NOW,
        due_at=NOW - timedelta(hours=1),
    )


@breaks("every change has the mail that it owes")
def a_receipt_never_written():
    submitted()
    Mail.objects.all().delete()


@breaks("every change has the mail that it owes")
def a_revocation_that_its_learner_is_not_told_of():
    revoked_by_hand()
    Mail.objects.filter(kind="license-revoked").delete()


@breaks("every bucket license has its invitation owed to Coursera")
def a_license_that_coursera_never_hears_of():
    licensed()
    CourseraJob.objects.all().delete()


@breaks("every ended license that Coursera was told of is owed its removal")
def a_revoked_learner_left_at_coursera():
    license = licensed()
    CourseraJob.objects.update(done_at=NOW, outcome="done")
    revocation.revoke(license, note="asked by the university", by=HecFactory(), now=NOW)
    CourseraJob.objects.filter(kind="remove").delete()


@breaks("no license is invited before Coursera is")
def an_invitation_by_us_alone():
    licensed()
    with acted():
        License.objects.update(state="invited", invited_at=NOW, invited_on=NOW.date())


@breaks(
    "every revocation has its case: by rule on a report of a later day, by hand with actor and note"
)
def a_revocation_on_old_data():
    revoked_by_hand()
    report = Report.objects.create(source="api", as_of=NOW - timedelta(days=9), imported_at=NOW)
    RevocationCase.objects.update(clause="5.i", report=report, evidence_on=NOW.date() + DAY)
    License.objects.update(end_clause="5.i")


@breaks(
    "every revocation has its case: by rule on a report of a later day, by hand with actor and note"
)
def a_revocation_on_data_of_another_cohort():
    revoked_by_hand()
    report = Report.objects.create(source="csv", as_of=NOW, imported_at=NOW)
    report.cohorts.set(Cohort.objects.exclude(licenses__state="revoked"))
    RevocationCase.objects.update(
        clause="5.i", report=report, deadline=NOW.date() - 2 * DAY, evidence_on=NOW.date()
    )
    License.objects.update(end_clause="5.i")


@breaks(
    "every revocation has its case: by rule on a report of a later day, by hand with actor and note"
)
def a_revocation_without_its_case():
    revoked_by_hand()
    RevocationCase.objects.all().delete()


@breaks(
    "every revocation has its case: by rule on a report of a later day, by hand with actor and note"
)
def a_revocation_by_hand_of_nobody():
    revoked_by_hand()
    without(
        "licensing_revocationcase",
        "by_rule_on_a_report_by_hand_with_actor_and_note",
        "a_case_decided_by_a_person_has_a_note",
    )
    RevocationCase.objects.update(decided_by=None, note="")


@breaks("every decision was made by a focal person of that university in their period, or by HEC")
def a_decision_after_the_period():
    approved()
    with acted():
        FocalPerson.objects.update(since=NOW.date() - 9 * DAY, until=NOW.date() - DAY)


@breaks("no document's file has a name that could be guessed")
def a_document_under_its_own_name():
    submitted()
    Document.objects.update(file="documents/ayesha-khan.pdf")


DAY = timedelta(days=1)
