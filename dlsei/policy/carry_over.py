"""What becomes of unfinished business when a cohort ends (R19, R24)."""

from dataclasses import dataclass

from dlsei.policy.programme import CohortPolicy

APPROVED_WITHOUT_LICENSE = 1
STILL_PENDING = 2


@dataclass(frozen=True)
class Carried:
    """Where something goes: the cohort's name and the priority there; its time it keeps."""

    cohort: str
    priority: int


def of_waiting_place(successor: CohortPolicy | None) -> Carried | None:
    """Return where an approved application without a license goes; None: it lapses (R24)."""
    return _carried(successor, APPROVED_WITHOUT_LICENSE)


def of_pending_application(successor: CohortPolicy | None) -> Carried | None:
    """Return where a pending application goes; None: it lapses (R24)."""
    return _carried(successor, STILL_PENDING)


def _carried(successor: CohortPolicy | None, priority: int) -> Carried | None:
    return Carried(successor.name, priority) if successor else None
