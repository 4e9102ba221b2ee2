"""What the system does about each clause, and by which readings of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dlsei.policy.wording import gettext_noop as _


@dataclass(frozen=True)
class Practice:
    """What happens by a clause: `does` untranslated, `readings` the ids of how it is read."""

    clause: str
    does: str
    readings: tuple[str, ...] = ()


_ROWS = (
    Practice(
        "1.a",
        _("The cohort has its dates and its bucket; its licenses expire after the last day."),
        ("R1", "R2", "R3"),
    ),
    Practice("1.b", _("A further tranche of the bucket opens on its day."), ("R3",)),
    Practice("1.c", _("The cohort has dates and a bucket of its own."), ("R2", "R3")),
    Practice(
        "2.a",
        _("HEC imports these licenses; they expire with the cohort named for their year."),
        ("R4",),
    ),
    Practice(
        "2.b",
        _("HEC imports these licenses; they expire with the cohort named for their year."),
        ("R2", "R4"),
    ),
    Practice(
        "3.a",
        _("Checked before the form, at submission and once more at the decision."),
        ("R5",),
    ),
    Practice("3.b", _("Refused before the form, with this clause in plain words."), ("R5",)),
    Practice(
        "4.1.a",
        _("An account with a verified e-mail address; a CNIC belongs to one person."),
        ("R6",),
    ),
    Practice(
        "4.1.b",
        _(
            "A draft is kept, the answers are shown for a check, "
            "and submitting once gives a receipt with a reference."
        ),
        ("R6", "R13"),
    ),
    Practice("4.1.c", _("At least one document of an accepted kind is needed."), ("R7",)),
    Practice(
        "4.1.d",
        _("A focal person sees submitted applications of the own university, never a draft."),
        ("R5",),
    ),
    Practice(
        "4.1.e",
        _(
            "The document stands beside what the applicant states; "
            "the focal person approves, rejects or asks for more."
        ),
        ("R7", "R10"),
    ),
    Practice(
        "4.1.f",
        _("Who opened an application is recorded; what was seen and not decided is reminded of."),
        ("R8", "R12"),
    ),
    Practice(
        "4.1.g",
        _(
            "The approval is told by mail; with the license go out Coursera's own invitation "
            "and HEC's with the activation link."
        ),
        ("R9", "R11"),
    ),
    Practice(
        "4.1.h",
        _("The first click is recorded and leads to Coursera, as does every later one."),
        ("R9",),
    ),
    Practice(
        "4.1.i", _("A rejection needs a reason, which the applicant reads word for word."), ()
    ),
    Practice(
        "4.1.j",
        _(
            "HEC decides on behalf of the university; who did, for whom, and on what information "
            "is kept with the decision."
        ),
        ("R12",),
    ),
    Practice(
        "4.1.k",
        _(
            "Queues and the line are in order of priority and submission; "
            "a decision out of turn needs a reason."
        ),
        ("R10", "R11"),
    ),
    Practice(
        "4.1.l",
        _("Every application has a time by which to act; reminders and HEC's notice follow it."),
        ("R12",),
    ),
    Practice(
        "4.1.m",
        _("Submitting is possible while the intake is open and a license is left."),
        ("R13",),
    ),
    Practice("4.2.a", _("The kinds of document go by what the applicant is."), ("R7",)),
    Practice("4.2.b", _("The same pages, checks, queue and line as for students."), ("R5",)),
    Practice(
        "5.i",
        _("Falls due when the license is not active by the end of the last day."),
        ("R14", "R15", "R16", "R17"),
    ),
    Practice(
        "5.ii",
        _(
            "Falls due when the license is active and no course is begun by the end of the last day."
        ),
        ("R14", "R15", "R16", "R17"),
    ),
    Practice(
        "5.iii",
        _("Falls due when no course is completed by the end of the last day."),
        ("R14", "R15", "R16", "R17"),
    ),
    Practice(
        "5.iv",
        _("Falls due, stage by stage, when the last known activity is too long ago."),
        ("R15", "R16", "R17"),
    ),
    Practice(
        "5.z",
        _("The seat goes back to the bucket, and from there to the next in line."),
        ("R11", "R16", "R22"),
    ),
    Practice("A.0", _("The dates of the second cohort, the later last day among two."), ("R2",)),
    Practice(
        "A.1",
        _("Coursera's data sets a flag on users of the cohort before; applying is then refused."),
        ("R18", "R21"),
    ),
    Practice(
        "A.2",
        _("A new application stands beside the old one, which stays as it ended."),
        ("R18",),
    ),
    Practice(
        "A.3",
        _("Four priority classes; each is issued licenses from its own day on."),
        ("R10", "R19", "R24"),
    ),
    Practice(
        "A.4", _("As for the licenses of section 2: they end with the second cohort."), ("R4",)
    ),
    Practice("A.5", _("The same rules, with thresholds that each cohort may set."), ("R16",)),
    Practice(
        "A.6",
        _("Every report of the season is searched for licenses to extend; each learner is told."),
        ("R20",),
    ),
)

PRACTICE: Mapping[str, Practice] = MappingProxyType({row.clause: row for row in _ROWS})
