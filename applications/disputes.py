"""Two people under one CNIC or passport number: HEC finds out whose it is (R6)."""

from datetime import datetime

from applications.models import Dispute
from dlsei.history import Actor
from dlsei.permissions import require_hec
from dlsei.policy.refusals import Refused, refuse
from dlsei.verbs import verb


@verb
def settle(dispute: Dispute, *, note: str, by: Actor, now: datetime) -> Dispute:
    """Records what HEC found out; the number stays with whoever submitted under it first.

    Raises `Refused` with not-yours or note-missing. Again for a settled one it changes nothing.
    """
    person = require_hec(by)
    if not note.strip():
        raise Refused(refuse("note-missing"))
    dispute = Dispute.objects.select_for_update(of=("self",)).get(pk=dispute.pk)
    if dispute.settled_at is None:
        dispute.settled_at, dispute.settled_by, dispute.note = now, person, note.strip()
        dispute.save(update_fields=["settled_at", "settled_by", "note"])
    return dispute
