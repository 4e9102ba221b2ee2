"""Where a person stands, with the deadlines that lie ahead and what happened so far, in words (4.1.f)."""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext as _

from applications.four_answers import Explanation, clause_in_words, explain
from applications.models import Application
from applications.queries import Standing, timeline
from dlsei.models import Event, User
from dlsei.policy import clocks
from dlsei.policy.states import LicenseState
from licensing.models import License, Report


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


def situation(standing: Standing, person: User, today: date) -> Situation:
    """The standing of `person` with the four answers, its deadlines and its timeline."""
    application, license = standing.application, standing.license
    live = license if license and license.is_live else None
    return Situation(
        standing=standing,
        explanation=explain(standing, person, today),
        deadlines=deadlines(live) if live else [],
        data_as_of=data_as_of(live) if live else None,
        timeline=entries(application, person) if application else [],
    )


def data_as_of(license: License) -> datetime | None:
    """How old Coursera's newest data of this license's cohort is (R17)."""
    reports = Report.objects.filter(cohorts=license.cohort_id)
    return reports.order_by("-as_of").values_list("as_of", flat=True).first()


def deadlines(license: License) -> list[DeadlineInWords]:
    """The rules that can still meet a live license, the nearest first, its last day at the end."""
    handled = frozenset(
        clocks.Ground(*ground) for ground in license.cases.values_list("clause", "stage", "base_on")
    )
    facts = license.facts(handled)
    asked = set(license.cases.open().values_list("clause", flat=True))
    found: dict[str, clocks.Deadline] = {}
    for rule in license.cohort.policy.revocation.rules:
        deadline = clocks.next_deadline(facts, [rule])
        # Of a rule with stages only the next; what falls after the last day never falls due, and
        # HEC cannot be asked again about what it has not decided yet.
        if deadline and deadline.mode == "review" and rule.clause in asked:
            continue
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
