"""How the policy is read where its text is silent or at odds with itself, one sentence a reading."""

from collections.abc import Mapping
from types import MappingProxyType

from dlsei.policy.wording import gettext_noop as _

READINGS: Mapping[str, str] = MappingProxyType(
    {
        "R1": _(
            "A day lasts from midnight to midnight in Karachi, and a last day is a day of use."
        ),
        "R2": _(
            "Where two sections give a cohort different last days the later one counts, "
            "so that no learner loses a day that was promised."
        ),
        "R3": _(
            "A cohort's licenses are the sum of its tranches, each from its own day on, "
            "and unused ones do not move to another cohort."
        ),
        "R4": _(
            "A license that a learner paid for takes no seat, is exempt from revocation by rule, "
            "ends as expired, and once ended bars nothing."
        ),
        "R5": _(
            "The institution must be on HEC's list of recognized universities, HEC counts as an "
            "institution of its own, and a person applies in one capacity."
        ),
        "R6": _(
            "One person has one account under one CNIC or passport number; "
            "HEC settles it when two people submit under the same number."
        ),
        "R7": _(
            "One document of an accepted kind is enough, and previous education counts only with "
            "the declaration of being in the first semester."
        ),
        "R8": _(
            "Opening an application locks nothing; who saw it first, and when, is kept on record."
        ),
        "R9": _(
            "Coursera's invitation goes out first and HEC's second; the first click on HEC's link, "
            "or Coursera reporting the learner, makes the license active."
        ),
        "R10": _(
            "A university's queue is decided in the order of priority and submission; deciding "
            "another application needs a reason, and one that waits for the applicant steps aside."
        ),
        "R11": _(
            "One national line a cohort: a free license goes to the first approved applicant "
            "in the order of priority and submission."
        ),
        "R12": _(
            "The time to decide counts from the submission; focal persons are reminded when it is "
            "over and HEC is told later, but nothing is ever decided automatically."
        ),
        "R13": _(
            "Applications are open on the days of the intake as long as a license is left that "
            "nobody holds and nobody in line is promised."
        ),
        "R14": _(
            "The days to activate, to begin and to complete a course count from the day of the "
            "invitation, and sending it again starts nothing anew."
        ),
        "R15": _(
            "A learner has all of the last day; only what happened by its end counts, by its own "
            "time, whenever the report of it arrives."
        ),
        "R16": _(
            "Each rule of section 5 either revokes by itself or opens a case that HEC decides, "
            "and each revocation keeps its evidence."
        ),
        "R17": _(
            "Nobody is revoked by a rule before a report from Coursera covers the whole last day, "
            "and learners are warned before it."
        ),
        "R18": _(
            "Who held a license of an earlier cohort that was not revoked cannot apply again; "
            "who lost it can, once, in the next cohort, and the old record stays."
        ),
        "R19": _(
            "At a cohort's end what is approved or still pending moves to the next cohort, ahead "
            "of new applications, and keeps its time of submission."
        ),
        "R20": _(
            "Progress is looked at with every report of the season; an extended license takes no "
            "seat of the next cohort and can be lost only by lying unused."
        ),
        "R21": _(
            "Coursera's rows are matched to licenses by reference and then by e-mail address, "
            "and those that match nothing are listed for HEC."
        ),
        "R22": _(
            "A run that would revoke unusually many licenses stops before the first "
            "and waits until HEC confirms it."
        ),
        "R23": _(
            "A scheduled job may run late or twice: it does what is due and not done, "
            "and nothing a second time."
        ),
        "R24": _(
            "When the last cohort ends, applications that are pending or in line lapse, "
            "and their applicants are told."
        ),
    }
)
