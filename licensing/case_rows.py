"""Several revocation cases decided at once, each by itself: what cannot be done is said, and stops nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dlsei.history import Actor
from dlsei.permissions import require_hec
from dlsei.policy.refusals import Refusal, Refused, refuse
from dlsei.verbs import Busy
from licensing.models import RevocationCase
from licensing.revocation import require_note


@dataclass(frozen=True)
class Row:
    """One case and what became of it: done, refused with a reason, or somebody else was at it."""

    case: RevocationCase
    refusal: Refusal | None = None
    busy: bool = False

    @property
    def done(self) -> bool:
        return self.refusal is None and not self.busy


def decide(
    ids: Iterable[int],
    decide: Callable[..., Any],
    *,
    note: str,
    by: Actor,
    now: datetime,
) -> list[Row]:
    """Confirms or dismisses (`decide`: `revocation.confirm` or `dismiss`) exactly these cases (ids).

    Each is a transaction of its own (R16). Raises `Refused` with not-yours or note-missing before
    the first; ids that no case has are left out.
    """
    require_hec(by)
    require_note(note)
    rows = []
    chosen = RevocationCase.objects.filter(pk__in=list(ids)).order_by("opened_at", "id")
    for case in chosen.select_related("license__person", "license__cohort"):
        try:
            if case.state != "open":
                raise Refused(refuse("no-open-case"))
            decide(case.license, case=case, note=note, by=by, now=now)
        except Refused as refused:
            rows.append(Row(case, refusal=refused.refusal))
        except Busy:
            rows.append(Row(case, busy=True))
        else:
            rows.append(Row(case))
    return rows
