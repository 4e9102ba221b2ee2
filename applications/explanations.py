"""Where a person stands, in words: what it means, whose turn it is, by when (4.1.f)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applications.models import Application, Question
from applications.queries import Standing, timeline
from dlsei.models import Event, User
from dlsei.policy import clocks
from dlsei.policy.clauses import CLAUSES
from dlsei.policy.states import LicenseState
from dlsei.templatetags.components import day, moment
from licensing.models import License, Report


@dataclass(frozen=True)
class Link:
    url: str
    text: str


@dataclass(frozen=True)
class Explanation:
    """What the dashboard says first. `turn` names who acts next, `link` is what the person can do."""

    title: str
    text: str
    turn: str = ""
    by: str = ""
    quote: str = ""
    link: Link | None = None


@dataclass(frozen=True)
class DeadlineInWords:
    """A rule of section 5 as it will meet this license: what to do by the end of which day."""

    on: date
    clause: str
    text: str
    consequence: str


@dataclass(frozen=True)
class Entry:
    """One line of an applicant's timeline."""

    title: str
    at: datetime
    by: str = ""
    text: str = ""
    clause: str = ""


@dataclass(frozen=True)
class Situation:
    """All that the dashboard shows of the newest application and license."""

    standing: Standing
    explanation: Explanation
    deadlines: list[DeadlineInWords] = field(default_factory=list)
    data_as_of: datetime | None = None
    timeline: list[Entry] = field(default_factory=list)


def situation(standing: Standing, person: User) -> Situation:
    """The standing of `person` with its explanation, deadlines and timeline."""
    application, license = standing.application, standing.license
    live = license if license and license.is_live else None
    return Situation(
        standing=standing,
        explanation=EXPLANATIONS[standing.status](standing),
        deadlines=deadlines(live) if live else [],
        data_as_of=data_as_of(live) if live else None,
        timeline=entries(application, person) if application else [],
    )


def data_as_of(license: License) -> datetime | None:
    """How old Coursera's newest data of this license's cohort is (R17)."""
    reports = Report.objects.filter(cohorts=license.cohort_id)
    return reports.order_by("-as_of").values_list("as_of", flat=True).first()


def clause_in_words(clause: str) -> str:
    return _(CLAUSES[clause].plain) if clause in CLAUSES else ""


def _none(standing: Standing) -> Explanation:
    return Explanation(
        title=_("You have not applied yet"),
        text=_("Answer two questions to see whether you can, or begin your application."),
        link=Link(reverse("apply"), _("Begin your application")),
    )


def _draft(standing: Standing) -> Explanation:
    application = standing.application
    if application and application.disputes.filter(settled_at=None).exists():
        return Explanation(
            title=_("HEC has to look at your application first"),
            text=_(
                "Your answers and documents are kept. HEC checks them before they can go to your "
                "university, and writes to you."
            ),
            turn=_("HEC"),
        )
    return Explanation(
        title=_("Your application is not submitted yet"),
        text=_("What you have entered is kept. Nobody but you can see it until you submit it."),
        turn=_("You"),
        link=Link(reverse("apply"), _("Continue your application")),
    )


def _pending(standing: Standing) -> Explanation:
    application = standing.application
    assert application is not None and application.university is not None
    if standing.asked:
        question = Question.objects.open().filter(application=application).get()
        return Explanation(
            title=_("Your university has a question"),
            text=_("Your application waits for your answer and keeps its place meanwhile."),
            turn=_("You"),
            quote=question.text,
            link=Link(reverse("answer", args=[application.reference]), _("Answer the question")),
        )
    text = ngettext(
        "It is number %(position)s in the queue of %(university)s.",
        "It is number %(position)s in the queue of %(university)s.",
        standing.position or 0,
    ) % {"position": standing.position, "university": application.university}
    if standing.overdue:
        text += " " + _("The answer is late; your university and HEC are reminded of it.")
    return Explanation(
        title=_("Your application is with your university"),
        text=text,
        turn=_("The focal person of %(university)s") % {"university": application.university},
        by=moment(standing.due_at),
    )


def _waiting(standing: Standing) -> Explanation:
    return Explanation(
        title=_("Your application is approved; you are in line for a license"),
        text=_(
            "You are number %(position)s in the line of %(cohort)s. Every free license goes to "
            "the first in line; you need not do anything."
        )
        % {"position": standing.position, "cohort": standing.cohort},
        turn=_("HEC"),
    )


def _approved(standing: Standing) -> Explanation:
    return Explanation(
        title=_("Your application is approved"), text=_("Your license follows."), turn=_("HEC")
    )


def _issued(standing: Standing) -> Explanation:
    return Explanation(
        title=_("You have a license; your invitation is on its way"),
        text=_("Coursera and HEC each send you an e-mail. The link in HEC's activates it."),
        turn=_("HEC and Coursera"),
    )


def _invited(standing: Standing) -> Explanation:
    assert standing.license is not None
    return Explanation(
        title=_("Activate your license"),
        text=_("Open the link in the invitation that HEC sent you, or use the button here."),
        turn=_("You"),
        by=day(standing.deadline),
        link=Link(
            reverse("activate", args=[standing.license.token]), _("Activate and open Coursera")
        ),
    )


def _active(standing: Standing) -> Explanation:
    assert standing.license is not None
    text = _("You can learn on Coursera until the end of %(day)s.") % {"day": day(standing.ends)}
    if standing.has_open_case:
        text += " " + _("HEC is looking at your license because it was not used for long.")
    return Explanation(
        title=_("Your license is active"),
        text=text,
        turn=_("You"),
        by=day(standing.deadline),
        link=Link(reverse("activate", args=[standing.license.token]), _("Open Coursera")),
    )


def _rejected(standing: Standing) -> Explanation:
    assert standing.application is not None
    decision = getattr(standing.application, "decision", None)
    return Explanation(
        title=_("Your application was rejected"),
        text=_("This is the reason that was given:"),
        quote=decision.reason if decision else "",
    )


def _withdrawn(standing: Standing) -> Explanation:
    return Explanation(
        title=_("You withdrew your application"), text=_("Nothing is decided about it any more.")
    )


def _lapsed(standing: Standing) -> Explanation:
    return Explanation(
        title=_("Your application has lapsed"),
        text=_("The programme ended before you could be given a license."),
    )


def _revoked(standing: Standing) -> Explanation:
    return Explanation(
        title=_("Your license was revoked"),
        text=_("Clause %(clause)s: %(words)s")
        % {"clause": standing.clause, "words": clause_in_words(standing.clause)},
    )


def _expired(standing: Standing) -> Explanation:
    return Explanation(
        title=_("Your license has expired"),
        text=_("Its last day was %(day)s.") % {"day": day(standing.ends)},
    )


EXPLANATIONS: dict[str, Callable[[Standing], Explanation]] = {
    "none": _none,
    "draft": _draft,
    "pending": _pending,
    "waiting": _waiting,
    "approved": _approved,
    "issued": _issued,
    "invited": _invited,
    "active": _active,
    "rejected": _rejected,
    "withdrawn": _withdrawn,
    "lapsed": _lapsed,
    "revoked": _revoked,
    "expired": _expired,
}


def deadlines(license: License) -> list[DeadlineInWords]:
    """The rules that can still meet a live license, the nearest first, its last day at the end."""
    handled = frozenset(
        clocks.Ground(*ground) for ground in license.cases.values_list("clause", "stage", "base_on")
    )
    facts = license.facts(handled)
    found: dict[str, clocks.Deadline] = {}
    for rule in license.cohort.policy.revocation.rules:
        deadline = clocks.next_deadline(facts, [rule])
        # Of a rule with stages only the next; what falls after the last day never falls due.
        if deadline and deadline.on < license.ends_on:
            found.setdefault(rule.clause, deadline)
    ends = DeadlineInWords(
        license.ends_on, "", _("Your license ends"), _("You keep what you have learnt.")
    )
    return [_in_words(one) for one in sorted(found.values(), key=lambda one: one.on)] + [ends]


def _in_words(deadline: clocks.Deadline) -> DeadlineInWords:
    to_do = {
        "5.i": _("Activate your license"),
        "5.ii": _("Enroll in a course"),
        "5.iii": _("Complete a course"),
        "5.iv": _("Learn something on Coursera"),
    }
    consequences = {
        "automatic": _("Otherwise your license is taken back."),
        "review": _("Otherwise HEC decides whether you keep your license."),
    }
    return DeadlineInWords(
        deadline.on, deadline.clause, to_do[deadline.clause], consequences[deadline.mode]
    )


def entries(application: Application, person: User) -> list[Entry]:
    """What happened to an application and its license, as its applicant reads it, newest first."""
    told = [
        entry for event in timeline(application) if (entry := _entry(event, application, person))
    ]
    for question in application.questions.all():
        asked_by = str(application.university)
        told.append(Entry(_("You were asked"), question.asked_at, asked_by, question.text))
        if question.answered_at:
            answered = Entry(_("You answered"), question.answered_at, _("You"), question.answer)
            told.append(answered)
    return sorted(told, key=lambda entry: entry.at)[::-1]


def _entry(event: Event, application: Application, person: User) -> Entry | None:
    titles = {
        ("application", "draft"): _("Application begun"),
        ("application", "pending"): _("Application submitted"),
        ("application", "approved"): _("Application approved"),
        ("application", "rejected"): _("Application rejected"),
        ("application", "withdrawn"): _("Application withdrawn"),
        ("application", "lapsed"): _("Application lapsed"),
        ("transfer", "moved"): _("Moved to %(university)s"),
        ("license", "issued"): _("License issued"),
        ("license", "invited"): _("Invitation sent"),
        ("license", "active"): _("License activated"),
        ("license", "revoked"): _("License revoked"),
        ("license", "expired"): _("License expired"),
        ("revocationcase", "open"): _("HEC looks at your license"),
        ("revocationcase", "dismissed"): _("HEC decided that you keep your license"),
        ("revocationcase", "closed"): _("Your license is no longer looked at"),
    }
    title = titles.get((event.subject, event.to_state))
    if title is None:
        return None
    if event.subject == "transfer":
        title = title % {"university": event.data["to"]}
    text = ""
    if event.to_state == "rejected":
        text = getattr(getattr(application, "decision", None), "reason", "")
    elif event.to_state in (LicenseState.REVOKED, LicenseState.EXPIRED):
        text = clause_in_words(event.clause)
    return Entry(title, event.at, _who(event, application, person), text, event.clause)


def _who(event: Event, application: Application, person: User) -> str:
    """Never the name of the one who decided: it is the university's or HEC's decision."""
    if event.actor_id == person.pk:
        return _("You")
    if event.on_behalf_of:
        return _("HEC, on behalf of %(university)s") % {"university": event.on_behalf_of}
    if event.subject == "application" and event.actor_id:
        return str(application.university)
    return _("HEC") if event.actor_id else ""
