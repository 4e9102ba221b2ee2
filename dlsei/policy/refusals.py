"""What the system says no to: a code, the clause behind it, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from dlsei.policy.wording import gettext_noop as _


@dataclass(frozen=True)
class Refusal:
    """A no, as a value: `sentence` is the untranslated text, `values` fill its placeholders."""

    code: str
    clause: str
    sentence: str
    values: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def message(self) -> str:
        """The sentence in English, for logs, commands and replay."""
        return self.sentence % self.values


class Refused(Exception):
    """Raised by a verb that refuses; nothing of what it began remains."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal

    def __str__(self) -> str:
        return f"{self.refusal.code} ({self.refusal.clause}): {self.refusal.message}"


_ROWS = (
    (
        "category-not-eligible",
        "3.b",
        _(
            "The program is for current students, faculty and staff of recognized universities "
            "and for HEC employees. Alumni and people from other organizations cannot apply."
        ),
    ),
    (
        "institution-not-recognized",
        "3.a",
        _(
            "Your institution is not on HEC's list of recognized universities. "
            "Choose the university that enrolls or employs you, or ask HEC about the list."
        ),
    ),
    (
        "already-applied",
        "4.1.b",
        _(
            "You already have an application or a license. "
            "Follow it on your dashboard; you cannot have a second one beside it."
        ),
    ),
    (
        "revoked-in-this-cohort",
        "A.2",
        _(
            "Your license of this cohort was revoked. "
            "You can apply again for the next cohort, when its applications open."
        ),
    ),
    (
        "cohort-user",
        "A.1",
        _(
            "You held a license of an earlier cohort, so you cannot apply for this one. "
            "If this is not so, ask HEC to check its record."
        ),
    ),
    (
        "document-missing",
        "4.1.c",
        _("Add at least one document that shows your place at the institution, then submit."),
    ),
    (
        "document-not-accepted",
        "4.1.c",
        _(
            "None of your documents is of a kind accepted for you. Add one that is; previous "
            "education counts only if you declare that you are in your first semester."
        ),
    ),
    (
        "intake-closed",
        "4.1.m",
        _(
            "Applications are closed at the moment. Keep your draft and submit it "
            "when applications open; the start page says when."
        ),
    ),
    (
        "not-pending",
        "4.1.f",
        _("This application is not pending any more. Open it again to see what became of it."),
    ),
    (
        "not-yours",
        "4.1.d",
        _(
            "This is not among the applications you may act on. "
            "Its own university's focal persons or HEC can do it."
        ),
    ),
    (
        "not-eligible",
        "3.a",
        _(
            "The applicant may not have a license by the clause named here. "
            "Reject the application and give that as the reason."
        ),
    ),
    (
        "out-of-turn",
        "4.1.k",
        _(
            "Another application is before this one. Decide that one first, "
            "or give the reason for deciding this one out of turn."
        ),
    ),
    (
        "note-missing",
        "4.1.j",
        _("Write down the information on which you decide; it is kept with the decision."),
    ),
    (
        "reason-missing",
        "4.1.i",
        _("Write the reason for the rejection; the applicant reads it word for word."),
    ),
    (
        "text-missing",
        "4.1.e",
        _("Write what you need from the applicant; it is sent word for word."),
    ),
    (
        "nothing-asked",
        "4.1.e",
        _("Nothing has been asked about this application, so there is nothing to answer."),
    ),
    (
        "link-not-valid",
        "4.1.h",
        _(
            "This activation link is not valid any more. "
            "Sign in to see your license, or ask HEC for a new invitation."
        ),
    ),
    (
        "no-stopped-run",
        "5.z",
        _("No run is stopped at the moment, so there is nothing to confirm."),
    ),
    (
        "no-open-case",
        "5.iv",
        _("This license has no open revocation case. Open the license to see what became of it."),
    ),
    (
        "no-live-license",
        "5.z",
        _("This person has no live license, so there is nothing to revoke."),
    ),
    (
        "not-allowed",
        "4.1.d",
        _("Your account may not do this. Ask HEC if it should."),
    ),
)

REFUSALS: Mapping[str, Refusal] = MappingProxyType({row[0]: Refusal(*row) for row in _ROWS})

# The second sentence of not-pending, for who was a moment late (4.1.f).
ALREADY_DECIDED = _("%(by)s decided this application on %(at)s. Your decision was not recorded.")


def refuse(
    code: str, *, clause: str | None = None, sentence: str | None = None, **values: str
) -> Refusal:
    """Return the refusal `code` of the table, with `values` for its sentence.

    `clause` and `sentence` replace the table's where the case at hand has its own.
    Raises KeyError for a code that the table does not have.
    """
    known = REFUSALS[code]
    return replace(
        known,
        clause=clause or known.clause,
        sentence=sentence or known.sentence,
        values=MappingProxyType(values),
    )
