"""Approving, rejecting and asking, by a focal person or by HEC on their behalf (4.1.e–4.1.l)."""

from datetime import datetime

from django.db.models import Q

from applications import eligibility, submission
from applications.models import Application, Question
from dlsei import outbox
from dlsei.history import Actor, acting
from dlsei.models import User
from dlsei.policy import eligibility as policy
from dlsei.policy.calendar_days import KARACHI, karachi_date
from dlsei.policy.refusals import ALREADY_DECIDED, Refusal, Refused, refuse
from dlsei.policy.states import ApplicationState
from dlsei.verbs import UNIVERSITY, Busy, lock, verb
from licensing import closing, line
from verification import queue
from verification.models import Decision
from verification.permissions import require_reviewer


@verb
def approve(
    application: Application, *, by: Actor, now: datetime, note: str = "", reason: str = ""
) -> Decision:
    """Approves: the applicant takes a place in the line, and the license follows in its turn (R11).

    `note` is the evidence when HEC decides on behalf, `reason` says why out of turn. Raises
    `Refused` with not-yours, not-pending, note-missing, not-eligible or out-of-turn, in this order.
    """
    application, person, on_behalf = _for_decision(application, by, now)
    _require(note.strip() or not on_behalf, "note-missing")
    cohort = application.cohort
    assert cohort is not None and application.submitted_at is not None
    facts = eligibility.facts(
        application.person, application.category, application.university, besides=application
    )
    barrier = eligibility.check_person(facts, cohort)
    if barrier:
        raise Refused(policy.not_eligible(barrier))
    _require(not cohort.is_over(karachi_date(now)), "not-eligible")
    decision = _decide(application, Decision.Outcome.APPROVED, person, on_behalf, note, reason, now)
    with acting(by=by, now=now, on_behalf_of=_principal(application, on_behalf), clause="4.1.g"):
        place = line.enter(
            application.person,
            cohort,
            priority=application.priority,
            submitted_at=application.submitted_at,
            number=application.pk,
            reference=application.reference,
            by=by,
            now=now,
        )
        Application.objects.filter(pk=application.pk).update(
            status=ApplicationState.APPROVED, decided_at=now, place=place
        )
    _tell("application-approved", application, now, cohort=cohort.name)
    return decision


@verb
def reject(
    application: Application,
    *,
    reason: str,
    by: Actor,
    now: datetime,
    note: str = "",
    turn_reason: str = "",
) -> Decision:
    """Rejects, with the reason that the applicant reads word for word (4.1.i).

    Raises `Refused` with not-yours, not-pending, note-missing, reason-missing or out-of-turn.
    """
    application, person, on_behalf = _for_decision(application, by, now)
    _require(note.strip() or not on_behalf, "note-missing")
    _require(reason.strip(), "reason-missing")
    decision = _decide(
        application, Decision.Outcome.REJECTED, person, on_behalf, note, turn_reason, now, reason
    )
    with acting(by=by, now=now, on_behalf_of=_principal(application, on_behalf), clause="4.1.i"):
        Application.objects.filter(pk=application.pk).update(
            status=ApplicationState.REJECTED, decided_at=now, closed_at=now
        )
    _tell("application-rejected", application, now, reason=reason.strip(), clause="4.1.i")
    return decision


@verb
def ask(application: Application, *, text: str, by: Actor, now: datetime) -> Question:
    """Asks the applicant for more; the application steps aside without losing its place (R10).

    Raises `Refused` with not-yours, not-pending or text-missing.
    """
    application, person, _ = _for_decision(application, by, now)
    _require(text.strip(), "text-missing")
    pressed_twice = application.questions.open().filter(text=text.strip(), asked_by=person).first()
    if pressed_twice:
        return pressed_twice
    submission.close_questions(Q(application=application), now)
    question = Question.objects.create(
        application=application, asked_by=person, asked_at=now, text=text.strip()
    )
    _tell(
        "more-information",
        application,
        now,
        stage=f"asked:{question.pk}",
        question=question.text,
    )
    return question


def _for_decision(
    application: Application, by: Actor, now: datetime
) -> tuple[Application, User, bool]:
    """Locks the university's queue, then the application, and checks permission and state."""
    university = application.university_id
    assert university is not None
    person, on_behalf = require_reviewer(by, application, karachi_date(now))
    lock(UNIVERSITY, university)
    if application.cohort_id:
        closing.hold_open(application.cohort_id)
    application = (
        Application.objects.select_for_update(of=("self",))
        .select_related("person", "university", "cohort")
        .get(pk=application.pk)
    )
    if not application.is_pending:
        raise Refused(already_decided(application))
    if is_elsewhere_by_now(application, university):
        # Not its former focal persons' any more (I9); for HEC, another queue than the one locked.
        require_reviewer(by, application, karachi_date(now))
        raise Busy
    return application, person, on_behalf


def is_elsewhere_by_now(application: Application, university: int) -> bool:
    """Whether it was moved between the first look and the lock of this university's queue."""
    return application.university_id != university


def already_decided(application: Application) -> Refusal:
    """Why nothing can be done about an application that is pending no more: by whom, and when."""
    decision = Decision.objects.filter(application=application).select_related("actor").first()
    if decision is None:
        return refuse("not-pending")
    return refuse(
        "not-pending",
        sentence=ALREADY_DECIDED,
        by=decision.actor.full_name,
        at=f"{decision.at.astimezone(KARACHI):%Y-%m-%d %H:%M}",
    )


def _decide(
    application: Application,
    outcome: str,
    person: User,
    on_behalf: bool,
    note: str,
    turn_reason: str,
    now: datetime,
    reason: str = "",
) -> Decision:
    before = queue.ahead(application, by=person, now=now)
    _require(turn_reason.strip() or before is None, "out-of-turn")
    submission.close_questions(Q(application=application), now)
    return Decision.objects.create(
        application=application,
        applicant=application.person,
        outcome=outcome,
        reason=reason.strip(),
        note=note.strip(),
        actor=person,
        on_behalf_of=application.university if on_behalf else None,
        head=before or application,
        turn_reason=turn_reason.strip() if before else "",
        at=now,
    )


def _require(condition: object, code: str) -> None:
    if not condition:
        raise Refused(refuse(code))


def _principal(application: Application, on_behalf: bool) -> str:
    return str(application.university) if on_behalf else ""


def _tell(
    kind: str, application: Application, now: datetime, *, stage: str = "", **values: str
) -> None:
    outbox.enqueue(
        kind,
        to=application.person,
        key=f"application:{application.pk}:{stage or kind}",
        values={
            "reference": application.reference,
            "university": str(application.university),
            **values,
        },
        now=now,
    )
