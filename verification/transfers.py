"""An application filed at the wrong university goes to its own, with its time (R10)."""

from datetime import datetime

from django.db.models import Q

from applications import submission
from applications.models import Application, Transfer, University
from dlsei import outbox
from dlsei.history import Actor
from dlsei.permissions import require_hec
from dlsei.policy import turn
from dlsei.policy.refusals import Refusal, Refused, refuse
from dlsei.policy.wording import gettext_noop as _
from dlsei.verbs import UNIVERSITY, Busy, lock, verb
from licensing import closing
from licensing.models import Programme
from verification.decisions import already_decided
from verification.models import Sighting

_REFUSALS = {
    "transfer-not-possible": _(
        "HEC is the institution of its own employees and of nobody else: this application cannot go "
        "there or leave it. Reject it with that reason, so that the applicant can apply again."
    ),
    "transfer-nowhere": _("The application is at this university already."),
}


@verb
def transfer(
    application: Application, university: University, *, note: str, by: Actor, now: datetime
) -> Transfer:
    """Moves a pending application to another university's queue, where it has its old time and class.

    What the former university asked is closed, and what its people had open keeps nobody away any
    more. Raises `Refused` with not-yours, note-missing, not-pending, transfer-nowhere,
    transfer-not-possible or institution-not-recognized.
    """
    officer = require_hec(by)
    if officer == application.person:
        raise Refused(refuse("not-yours"))
    if not note.strip():
        raise Refused(refuse("note-missing"))
    former = application.university_id
    if former is None or application.cohort_id is None:
        raise Refused(refuse("not-pending"))
    lock(UNIVERSITY, former, university.pk)
    closing.hold_open(application.cohort_id)
    application = (
        Application.objects.select_for_update(of=("self",))
        .select_related("person", "university", "cohort")
        .get(pk=application.pk)
    )
    if not application.is_pending:
        raise Refused(already_decided(application))
    if application.university_id != former:
        # Another transfer came first, and its university's queue is not locked here.
        raise Busy
    _check(application, university)
    submission.close_questions(Q(application=application), now)
    Sighting.objects.filter(application=application).update(left_at=now)
    moved = Transfer.objects.create(
        application=application,
        from_university_id=former,
        to_university=university,
        note=note.strip(),
        at=now,
        by=officer,
    )
    Application.objects.filter(pk=application.pk).update(university=university)
    assert application.submitted_at is not None
    outbox.enqueue(
        "application-transferred",
        to=application.person,
        key=f"transfer:{moved.pk}",
        values={
            "reference": application.reference,
            "university_from": str(application.university),
            "university": university.name,
            "submitted_at": application.submitted_at,
            "due_at": turn.due_at(application.submitted_at, Programme.in_force().policy.queue),
        },
        now=now,
    )
    return moved


def _check(application: Application, university: University) -> None:
    assert application.university is not None
    if application.university_id == university.pk:
        raise _refusal("transfer-nowhere")
    if university.is_hec or application.university.is_hec:
        raise _refusal("transfer-not-possible")
    if not university.recognized:
        raise Refused(refuse("institution-not-recognized"))


def _refusal(code: str) -> Refused:
    return Refused(Refusal(code, "4.1.d", _REFUSALS[code]))
