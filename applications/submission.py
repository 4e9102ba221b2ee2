"""From a draft to a submitted application, and what the applicant can still do with it (4.1.b)."""

import secrets
from datetime import datetime
from typing import Any

from django.db.models import Q

from applications import disputes, eligibility
from applications.inspection.refusals import refuse_document
from applications.models import Application, Dispute, IdentityClaim, Question, University
from dlsei import outbox
from dlsei.history import Actor
from dlsei.models import User
from dlsei.policy import turn
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.refusals import Refused, refuse
from dlsei.policy.states import ApplicationState
from dlsei.verbs import PERSON, lock, verb
from licensing import buckets, closing
from licensing.models import Programme

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference() -> str:
    """A reference that can be read out over the telephone and not be guessed, e.g. DL-7KQ4-2M9X."""
    part = ["".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(2)]
    return f"DL-{part[0]}-{part[1]}"


@verb
def start(person: User, *, by: Actor, now: datetime) -> Application:
    """The person's draft: the one there is, or a new one. Drafts need no open intake (R13)."""
    _require_own(person.pk, by)
    lock(PERSON, person.pk)
    draft = Application.objects.of(person).filter(status=ApplicationState.DRAFT).first()
    return draft or Application.objects.create(
        person=person, reference=new_reference(), created_at=now
    )


@verb
def save(
    application: Application,
    *,
    by: Actor,
    now: datetime,
    category: str | None = None,
    university: University | None = None,
    answers: dict[str, Any] | None = None,
) -> Application:
    """Keeps what a page of the form asked; what is not given stays. Only a draft can be edited.

    HEC is the institution of its own employees and of nobody else (R5).
    """
    application = own(application, by)
    if not application.is_draft:
        raise Refused(refuse("not-allowed"))
    if category is not None:
        application.category = category
        if category == Application.Category.HEC_EMPLOYEE:
            application.university = University.objects.get(is_hec=True)
        elif application.university and application.university.is_hec:
            application.university = None
    if university is not None:
        application.university = university
    if answers is not None:
        application.answers = application.answers | answers
    application.save(update_fields=["category", "university", "answers"])
    return application


@verb
def submit(application: Application, *, by: Actor, now: datetime) -> Application:
    """Submits a draft once, however often it is asked; from then on it stands in the queue (R10).

    A second person under a claimed CNIC keeps the draft, gets a neutral answer and is listed for
    HEC (R6): the application returned is then still a draft. If the number turns out to be theirs,
    it counts as submitted when they first tried. Raises `Refused` with the first of section 3's and
    4's reasons that applies, or with document-checking.
    """
    application = own(application, by, "person", "university")
    if not application.is_draft:
        return application
    person = application.person
    lock(PERSON, person.pk)
    _require_checked(application)
    today = karachi_date(now)
    cohort = closing.hold_open(buckets.target_cohort(today).pk)
    first_tried_at = disputes.first_tried_at(application)
    facts = eligibility.facts(
        person,
        application.category,
        application.university,
        documents=list(application.documents.accepted().values_list("kind", flat=True)),
        first_semester=application.first_semester,
    )
    refusal = eligibility.check(
        facts, cohort, today, admitted=disputes.is_admitted(first_tried_at, cohort)
    )
    if refusal or cohort.is_over(today):
        raise Refused(refusal or refuse("intake-closed"))
    claim = _claim(application, now)
    if claim is None:
        return application
    application.identity = claim
    application.cohort = cohort
    application.priority = eligibility.priority(facts, cohort)
    application.status = ApplicationState.PENDING
    application.submitted_at = first_tried_at or now
    application.save(update_fields=["identity", "cohort", "priority", "status", "submitted_at"])
    assert application.university is not None
    outbox.enqueue(
        "application-received",
        to=person,
        key=f"application:{application.pk}:received",
        values={
            "reference": application.reference,
            "university": application.university.name,
            "due_at": turn.due_at(now, Programme.in_force().policy.queue),
            "clause": "4.1.l",
        },
        now=now,
    )
    return application


def _claim(application: Application, now: datetime) -> IdentityClaim | None:
    """The person's own claim to their number, or None after noting a dispute over it."""
    person = application.person
    if not person.identity:
        raise Refused(refuse("not-allowed"))
    IdentityClaim.objects.bulk_create(
        [IdentityClaim(identity=person.identity, person=person, claimed_at=now)],
        ignore_conflicts=True,
    )
    # Locked, so that HEC does not move it to somebody else meanwhile.
    claim = IdentityClaim.objects.select_for_update(of=("self",)).get(pk=person.identity)
    if claim.person_id == person.pk:
        return claim
    if not Dispute.objects.filter(application=application, settled_at=None).exists():
        Dispute.objects.create(
            claim=claim, application=application, holder=claim.person, raised_at=now
        )
    return None


@verb
def withdraw(application: Application, *, by: Actor, now: datetime) -> Application:
    """The applicant takes a pending application back. Raises `Refused(not-pending)`."""
    application = own(application, by)
    if not application.is_pending:
        raise Refused(refuse("not-pending"))
    close_questions(Q(application=application), now)
    application.status = ApplicationState.WITHDRAWN
    application.closed_at = now
    application.save(update_fields=["status", "closed_at"])
    return application


@verb
def answer(application: Application, *, text: str = "", by: Actor, now: datetime) -> Application:
    """The applicant has answered: the application is back in its old place (R10).

    Raises `Refused` with nothing-asked or document-checking.
    """
    application = own(application, by)
    _require_checked(application)
    if not application.is_pending or not close_questions(
        Q(application=application), now, answer=text.strip(), answered=True
    ):
        raise Refused(refuse("nothing-asked"))
    return application


def _require_checked(application: Application) -> None:
    if application.documents.checking().exists():
        raise Refused(refuse_document("document-checking"))


def close_questions(which: Q, now: datetime, *, answer: str = "", answered: bool = False) -> int:
    """Ends open questions, answered or because nothing depends on them any more."""
    return (
        Question.objects.open()
        .filter(which)
        .update(**({"answered_at": now, "answer": answer} if answered else {"closed_at": now}))
    )


def _require_own(person: int, by: Actor) -> None:
    if not (isinstance(by, User) and by.pk == person):
        raise Refused(refuse("not-yours"))


def own(application: Application, by: Actor, *related: str) -> Application:
    """The application, locked, and with it what is `related`.

    Raises `Refused(not-yours)` for everybody but its applicant.
    """
    locked = Application.objects.select_for_update(of=("self",))
    application = (locked.select_related(*related) if related else locked).get(pk=application.pk)
    _require_own(application.person_id, by)
    return application
