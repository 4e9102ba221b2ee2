"""The one table of what may become of an application, its documents, a place, a license, a case, and of who decides."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dlsei.policy.wording import gettext_noop as _


class ApplicationState:
    """States of an application (4.1.f, R24)."""

    DRAFT: Final = "draft"
    PENDING: Final = "pending"
    APPROVED: Final = "approved"
    REJECTED: Final = "rejected"
    WITHDRAWN: Final = "withdrawn"
    LAPSED: Final = "lapsed"


class DocumentState:
    """States of an uploaded document (4.1.c, R7)."""

    CHECKING: Final = "checking"
    ACCEPTED: Final = "accepted"
    REFUSED: Final = "refused"


class PlaceState:
    """States of a place in a cohort's line for licenses (R11)."""

    WAITING: Final = "waiting"
    SERVED: Final = "served"
    ENDED: Final = "ended"


class LicenseState:
    """States of a license (R9, section 5)."""

    ISSUED: Final = "issued"
    INVITED: Final = "invited"
    ACTIVE: Final = "active"
    REVOKED: Final = "revoked"
    EXPIRED: Final = "expired"


class CaseState:
    """States of a revocation case (R16)."""

    OPEN: Final = "open"
    REVOKED: Final = "revoked"
    DISMISSED: Final = "dismissed"
    CLOSED: Final = "closed"


class NominationState:
    """States of a focal person's nomination (4.1.d)."""

    NOMINATED: Final = "nominated"
    SUSPENDED: Final = "suspended"
    REPLACED: Final = "replaced"


class OfficerState:
    """States of whoever acts for HEC (4.1.j)."""

    APPOINTED: Final = "appointed"
    SUSPENDED: Final = "suspended"


class InvitationState:
    """States of an invitation to act as focal person or for HEC (4.1.d, 4.1.j)."""

    INVITED: Final = "invited"
    ACCEPTED: Final = "accepted"
    WITHDRAWN: Final = "withdrawn"


class RecognitionState:
    """States of an institution on HEC's list (3.a, R5)."""

    RECOGNIZED: Final = "recognized"
    NOT_RECOGNIZED: Final = "not-recognized"


# Tuples, not sets: they are written into migrations and must keep their order there.
OPEN: Final = (ApplicationState.DRAFT, ApplicationState.PENDING)
LIVE: Final = (LicenseState.ISSUED, LicenseState.INVITED, LicenseState.ACTIVE)

LABELS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "application": MappingProxyType(
            {
                ApplicationState.DRAFT: _("Draft"),
                ApplicationState.PENDING: _("Pending"),
                ApplicationState.APPROVED: _("Approved"),
                ApplicationState.REJECTED: _("Rejected"),
                ApplicationState.WITHDRAWN: _("Withdrawn"),
                ApplicationState.LAPSED: _("Lapsed"),
            }
        ),
        "document": MappingProxyType(
            {
                DocumentState.CHECKING: _("Being checked"),
                DocumentState.ACCEPTED: _("Added"),
                DocumentState.REFUSED: _("Cannot be used"),
            }
        ),
        "place": MappingProxyType(
            {
                PlaceState.WAITING: _("Waiting in line"),
                PlaceState.SERVED: _("License issued"),
                PlaceState.ENDED: _("Left the line"),
            }
        ),
        "license": MappingProxyType(
            {
                LicenseState.ISSUED: _("Issued"),
                LicenseState.INVITED: _("Invited"),
                LicenseState.ACTIVE: _("Active"),
                LicenseState.REVOKED: _("Revoked"),
                LicenseState.EXPIRED: _("Expired"),
            }
        ),
        "case": MappingProxyType(
            {
                CaseState.OPEN: _("Open"),
                CaseState.REVOKED: _("License revoked"),
                CaseState.DISMISSED: _("Dismissed"),
                CaseState.CLOSED: _("Closed by itself"),
            }
        ),
        "nomination": MappingProxyType(
            {
                NominationState.NOMINATED: _("Nominated"),
                NominationState.SUSPENDED: _("Suspended"),
                NominationState.REPLACED: _("Replaced"),
            }
        ),
        "officer": MappingProxyType(
            {
                OfficerState.APPOINTED: _("Acts for HEC"),
                OfficerState.SUSPENDED: _("Suspended"),
            }
        ),
        "invitation": MappingProxyType(
            {
                InvitationState.INVITED: _("Invited"),
                InvitationState.ACCEPTED: _("Accepted"),
                InvitationState.WITHDRAWN: _("Withdrawn"),
            }
        ),
        "recognition": MappingProxyType(
            {
                RecognitionState.RECOGNIZED: _("Recognized"),
                RecognitionState.NOT_RECOGNIZED: _("Not recognized"),
            }
        ),
    }
)

# From "" a thing begins. Approved ends as lapsed only while it waits in line (R24);
# only a paid license begins active (R4).
MOVES: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "application": MappingProxyType(
            {
                "": (ApplicationState.DRAFT,),
                ApplicationState.DRAFT: (ApplicationState.PENDING,),
                ApplicationState.PENDING: (
                    ApplicationState.APPROVED,
                    ApplicationState.REJECTED,
                    ApplicationState.WITHDRAWN,
                    ApplicationState.LAPSED,
                ),
                ApplicationState.APPROVED: (ApplicationState.LAPSED,),
            }
        ),
        "document": MappingProxyType(
            {
                "": (DocumentState.CHECKING,),
                DocumentState.CHECKING: (DocumentState.ACCEPTED, DocumentState.REFUSED),
            }
        ),
        "place": MappingProxyType(
            {
                "": (PlaceState.WAITING,),
                PlaceState.WAITING: (PlaceState.SERVED, PlaceState.ENDED),
            }
        ),
        "license": MappingProxyType(
            {
                "": (LicenseState.ISSUED, LicenseState.ACTIVE),
                LicenseState.ISSUED: (
                    LicenseState.INVITED,
                    LicenseState.REVOKED,
                    LicenseState.EXPIRED,
                ),
                LicenseState.INVITED: (
                    LicenseState.ACTIVE,
                    LicenseState.REVOKED,
                    LicenseState.EXPIRED,
                ),
                LicenseState.ACTIVE: (LicenseState.REVOKED, LicenseState.EXPIRED),
            }
        ),
        "case": MappingProxyType(
            {
                "": (CaseState.OPEN,),
                CaseState.OPEN: (CaseState.REVOKED, CaseState.DISMISSED, CaseState.CLOSED),
            }
        ),
        # From a state to the same: its period was changed, or the mail sent again.
        "nomination": MappingProxyType(
            {
                "": (NominationState.NOMINATED,),
                NominationState.NOMINATED: (
                    NominationState.NOMINATED,
                    NominationState.SUSPENDED,
                    NominationState.REPLACED,
                ),
                NominationState.SUSPENDED: (
                    NominationState.SUSPENDED,
                    NominationState.NOMINATED,
                    NominationState.REPLACED,
                ),
                NominationState.REPLACED: (NominationState.NOMINATED,),
            }
        ),
        "officer": MappingProxyType(
            {
                "": (OfficerState.APPOINTED,),
                OfficerState.APPOINTED: (OfficerState.SUSPENDED,),
                OfficerState.SUSPENDED: (OfficerState.APPOINTED,),
            }
        ),
        "invitation": MappingProxyType(
            {
                "": (InvitationState.INVITED,),
                InvitationState.INVITED: (
                    InvitationState.INVITED,
                    InvitationState.ACCEPTED,
                    InvitationState.WITHDRAWN,
                ),
            }
        ),
        "recognition": MappingProxyType(
            {
                "": (RecognitionState.RECOGNIZED, RecognitionState.NOT_RECOGNIZED),
                RecognitionState.RECOGNIZED: (RecognitionState.NOT_RECOGNIZED,),
                RecognitionState.NOT_RECOGNIZED: (RecognitionState.RECOGNIZED,),
            }
        ),
    }
)


def states(thing: str) -> tuple[str, ...]:
    """Return all states of `thing`, a key of `MOVES`."""
    return tuple(LABELS[thing])


def choices(thing: str) -> list[tuple[str, str]]:
    """Return (state, untranslated label) pairs of `thing`, for model fields and filters."""
    return list(LABELS[thing].items())


def allowed(thing: str, from_: str, to: str) -> bool:
    """Say whether `thing` may move from state `from_` ("" to begin) to state `to`."""
    return to in MOVES[thing].get(from_, ())


def is_final(thing: str, state: str) -> bool:
    """Say whether nothing can become of a `thing` in `state` any more."""
    return state not in MOVES[thing]


def mermaid(thing: str) -> str:
    """Return the state diagram of `thing` as Mermaid text, for the documentation."""
    lines = ["stateDiagram-v2"]
    for from_, targets in MOVES[thing].items():
        lines += [f"    {from_ or '[*]'} --> {to}" for to in targets]
    lines += [f"    {state} --> [*]" for state in states(thing) if is_final(thing, state)]
    return "\n".join(lines) + "\n"
