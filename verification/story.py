"""What happened to an application and to all that came of it, for those who answer for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from applications import queries
from applications.models import Application
from dlsei.models import Event
from dlsei.policy.states import LABELS
from verification.actors import actor
from verification.models import Decision

THINGS = {"revocationcase": "case"}


@dataclass(frozen=True)
class Entry:
    """One line of a timeline: what, when, by whom, by which clause, in whose words."""

    title: str
    at: datetime
    by: str = ""
    text: str = ""
    clause: str = ""


def of(application: Application) -> list[Entry]:
    """Events, questions and first sightings, newest first (4.1.f, I5)."""
    decision: Decision | None = getattr(application, "decision", None)
    entries = [_event(event, decision) for event in queries.timeline(application)]
    for question in application.questions.all():
        entries.append(
            Entry(_("More asked"), question.asked_at, str(question.asked_by), question.text)
        )
        if question.answered_at:
            answered = Entry(
                _("Answered"), question.answered_at, str(application.person), question.answer
            )
            entries.append(answered)
    for sighting in application.sightings.all():
        entries.append(Entry(_("First opened"), sighting.first_seen_at, str(sighting.person)))
    # Events come in the order in which they were written: at one instant the later one stays above.
    return sorted(entries, key=lambda entry: entry.at)[::-1]


def _transfer(event: Any) -> Entry:
    title = _("Moved from %(former)s to %(university)s")
    names = {"former": event.data["from"], "university": event.data["to"]}
    return Entry(title % names, event.at, str(event.actor), event.note)


def _event(event: Event, decision: Decision | None) -> Entry:
    if event.subject == "transfer":
        return _transfer(event)
    thing = THINGS.get(event.subject, event.subject)
    words = {
        "application": _("Application: %(state)s"),
        "place": _("Place in line: %(state)s"),
        "license": _("License: %(state)s"),
        "case": _("Revocation case: %(state)s"),
    }[thing]
    by = actor(event)
    text = ""
    if thing == "application" and decision and event.to_state == decision.outcome:
        text = "\n".join(
            part
            for part in (
                decision.reason,
                decision.note and _("Evidence: %(note)s") % {"note": decision.note},
                decision.turn_reason
                and _("Out of turn: %(reason)s") % {"reason": decision.turn_reason},
            )
            if part
        )
    state = _(LABELS[thing][event.to_state])
    return Entry(words % {"state": state}, event.at, by, text, event.clause)
