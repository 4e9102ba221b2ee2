"""Two people under one CNIC or passport number: HEC finds out whose it is (R6)."""

from datetime import datetime

from django.urls import reverse

from applications.models import Application, Dispute, IdentityClaim
from dlsei import outbox
from dlsei.history import Actor
from dlsei.models import User
from dlsei.permissions import require_hec
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.refusals import Refusal, Refused, refuse
from dlsei.policy.wording import gettext_noop as _
from dlsei.verbs import PERSON, lock, verb
from licensing import buckets
from licensing.models import Cohort, License, Place

_REFUSALS = {
    "number-not-claimed": _(
        "The second person no longer gives this number, so there is nothing to move: leave it with "
        "the first."
    ),
    "holder-still-has": _(
        "The first person has an application or a license under this number. Give their right "
        "number, and it goes on under that; or end it first."
    ),
    "number-taken": _("The number given for the first person belongs to somebody else already."),
    "number-the-same": _("That is the number in dispute. Give the first person's right number."),
}


def _refusal(code: str) -> Refused:
    return Refused(Refusal(code, "4.1.a", _REFUSALS[code]))


@verb
def keep(dispute: Dispute, *, note: str, by: Actor, now: datetime) -> Dispute:
    """The number stays with whoever submitted under it first; the second corrects theirs.

    Both are told neutrally. Raises `Refused` with not-yours or note-missing. Again for a settled one
    it changes nothing.
    """
    officer = _officer(by, note)
    dispute, claim = _locked(dispute)
    if dispute.settled_at is None:
        claimant = dispute.application.person
        _settle(dispute, Dispute.Outcome.KEPT, note, officer, now)
        _tell(dispute, owner=claim.person, other=claimant, now=now)
    return dispute


@verb
def move(
    dispute: Dispute,
    *,
    note: str,
    by: Actor,
    now: datetime,
    holder_kind: str = User.Identity.CNIC,
    holder_number: str = "",
) -> Dispute:
    """The number is the second person's, who may now submit as of their first try.

    `holder_number` is the first person's right number as it is stored: their applications and
    licenses go on under it. Without one they must have nothing open, and give a number before they
    apply again. Both are told neutrally. Raises `Refused` with not-yours, note-missing,
    number-not-claimed, holder-still-has, number-taken or number-the-same. Again for a settled one it
    changes nothing.
    """
    officer = _officer(by, note)
    dispute, claim = _locked(dispute)
    if dispute.settled_at is not None:
        return dispute
    holder, claimant = claim.person, dispute.application.person
    if claimant.identity != claim.identity:
        raise _refusal("number-not-claimed")
    right = f"{holder_kind}:{holder_number}" if holder_number else ""
    if right == claim.identity:
        raise _refusal("number-the-same")
    if not right and _has_something_open(holder):
        raise _refusal("holder-still-has")
    theirs = _claim_of(holder, right, dispute, now)
    Application.objects.filter(person=holder, identity=claim).update(identity=theirs)
    if holder.identity == claim.identity:
        holder.identity_kind, holder.identity_number = holder_kind, holder_number
        holder.save(update_fields=["identity_kind", "identity_number"])
    claim.person, claim.claimed_at = claimant, dispute.raised_at
    claim.save(update_fields=["person", "claimed_at"])
    _settle(dispute, Dispute.Outcome.MOVED, note, officer, now)
    _tell(dispute, owner=claimant, other=holder, now=now)
    return dispute


def first_tried_at(application: Application) -> datetime | None:
    """When a draft was first submitted, if only somebody else's claim to its number was in the way."""
    settled = Dispute.objects.filter(
        application=application,
        outcome=Dispute.Outcome.MOVED,
        claim=application.person.identity,
        claim__person=application.person_id,
    )
    return settled.order_by("raised_at").values_list("raised_at", flat=True).first()


def is_admitted(first_tried: datetime | None, cohort: Cohort) -> bool:
    """Whether the first try was one to this cohort: its intake was open then, and counts (R13)."""
    return first_tried is not None and (buckets.target_cohort(karachi_date(first_tried)) == cohort)


def _officer(by: Actor, note: str) -> User:
    officer = require_hec(by)
    if not note.strip():
        raise Refused(refuse("note-missing"))
    return officer


def _locked(dispute: Dispute) -> tuple[Dispute, IdentityClaim]:
    """Dispute and claim for update, after both people: whoever of them submits now waits."""
    claim = IdentityClaim.objects.get(pk=dispute.claim_id)
    lock(PERSON, claim.person_id, dispute.application.person_id)
    claim = (
        IdentityClaim.objects.select_for_update(of=("self",))
        .select_related("person")
        .get(pk=dispute.claim_id)
    )
    dispute = (
        Dispute.objects.select_for_update(of=("self",))
        .select_related("application__person")
        .get(pk=dispute.pk)
    )
    return dispute, claim


def _has_something_open(person: User) -> bool:
    return (
        Application.objects.of(person).pending().exists()
        or Place.objects.waiting().filter(person=person).exists()
        or License.objects.live().filter(person=person).exists()
    )


def _claim_of(holder: User, right: str, dispute: Dispute, now: datetime) -> IdentityClaim:
    """Under what the holder's applications stand from now on: their right number, or a mark of this."""
    identity = right or f"given up:{dispute.pk}"
    claim, _ = IdentityClaim.objects.get_or_create(
        identity=identity, defaults={"person": holder, "claimed_at": now}
    )
    if claim.person_id != holder.pk:
        raise _refusal("number-taken")
    return claim


def _settle(dispute: Dispute, outcome: str, note: str, officer: User, now: datetime) -> None:
    dispute.outcome, dispute.note = outcome, note.strip()
    dispute.settled_at, dispute.settled_by = now, officer
    dispute.save(update_fields=["outcome", "note", "settled_at", "settled_by"])


def _tell(dispute: Dispute, *, owner: User, other: User, now: datetime) -> None:
    """Neither mail says that there is another account, let alone whose."""
    for person in (owner, other):
        outbox.enqueue(
            "identity-checked",
            to=person,
            key=f"dispute:{dispute.pk}:{person.pk}",
            values={
                "theirs": person == owner,
                "to_submit": person == owner == dispute.application.person,
                "number_missing": person == other and not person.identity_number,
                "link": outbox.link(reverse("account" if person == other else "dashboard")),
            },
            now=now,
        )
