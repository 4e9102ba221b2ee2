"""Who decides: focal persons at their sittings, and HEC where they do not (4.1.e–4.1.l, R12, R16, R22)."""

from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from dlsei.policy.refusals import Refused
from dlsei.replay.events import Events
from dlsei.replay.vocabulary import HEC
from dlsei.replay.world import World
from dlsei.simulation.agenda import Agenda
from dlsei.simulation.calendar import Calendar
from dlsei.simulation.offices import SITTING, Office
from dlsei.simulation.people import Applicant
from verification import decisions, queue

if TYPE_CHECKING:
    from applications.models import Application
    from dlsei.models import User

QUESTIONS = (
    "The photo is too blurred to read the registration number. Can you send it again?",
    "Which semester are you in? The card does not say it.",
    "Please add the page with the signature of the registrar.",
)
REASONS = (
    "The card expired in June 2022. Please apply again with this year's card.",
    "The name on the document is not the name of the applicant.",
    "The document is of another university.",
)
TELEPHONED = "Enrollment confirmed by the registrar on the telephone."
AT_A_TIME = 40
"""So many decisions HEC makes for one university before it turns to the next."""


class Desks:
    """All desks of one simulation."""

    def __init__(
        self,
        offices: dict[str, Office],
        hec: dict[str, "User"],
        who: dict[int, Applicant],
        world: World,
        events: Events,
        agenda: Agenda,
        calendar: Calendar,
        seed: int,
    ) -> None:
        self.offices, self.officers, self.who = offices, hec, who
        self.world, self.events, self.agenda, self.calendar = world, events, agenda, calendar
        self.rng = Random(f"{seed}:HEC")
        self.known_to_hec: dict[str, int] = {}
        self.hec_sits = False
        self.runs_to_confirm = False

    @property
    def now(self) -> datetime:
        return self.events.now

    # A university's focal person

    def came(self, university: str | None) -> None:
        """Something waits at a university: its focal person gets to it in their way."""
        office = self.offices.get(university or "")
        if office is None or office.sits_at:
            return
        office.takes_leave(self.now, self.calendar)
        self._plan(office)

    def reminded(self, university: str) -> None:
        """The mail about what is overdue makes some of the slow ones sit down."""
        office = self.offices[university]
        if office.manner == "slow" and office.rng.random() < 0.5:
            office.sits_at = self.calendar.office_hour(self.now, office.rng, days=1)
            self.agenda.at(office.sits_at, partial(self._sit, office, office.sits_at))

    def _plan(self, office: Office) -> None:
        office.sits_at = office.next_sitting(self.now, self.calendar)
        self.agenda.at(office.sits_at, partial(self._sit, office, office.sits_at))

    def _sit(self, office: Office, planned: datetime) -> None:
        # Somebody who was reminded sits down earlier, and then has nothing to do here.
        if office.sits_at != planned:
            return
        office.rises_at = self.now + SITTING
        self._decide_next(office)

    def _decide_next(self, office: Office) -> None:
        if office.rises_at and self.now > office.rises_at:
            self._plan(office)
            return
        person = self.world.staff[office.staff[self.now.day % len(office.staff)]]
        university = self.world.universities[office.university]
        if application := queue.take_next(university, by=person, now=self.now):
            self._decide(application, person, office.rng)
        # After each decision the page says whether anything is left.
        if application and queue.next_in_turn(university, by=person, now=self.now):
            self.agenda.at(
                self.now + timedelta(seconds=office.rng.randint(40, 240)),
                partial(self._decide_next, office),
            )
        else:
            office.sits_at = office.rises_at = None

    # HEC

    def escalated(self, university: str) -> None:
        """HEC knows of a queue and works it in the next office hours, or hears that it will be."""
        office = self.offices.get(university)
        works = office is not None and office.manner != "never"
        if works and self.rng.random() < 0.6:
            return
        self.known_to_hec[university] = AT_A_TIME
        if not self.hec_sits:
            self.hec_sits = True
            self.agenda.at(self.calendar.office_hour(self.now, self.rng), self._hec_decides)

    def _hec_decides(self) -> None:
        while self.known_to_hec:
            university = next(iter(self.known_to_hec))
            officer = self.rng.choice(list(self.officers.values()))
            application = queue.take_next(
                self.world.universities[university], by=officer, now=self.now
            )
            if application is None or not self.known_to_hec[university]:
                del self.known_to_hec[university]
                continue
            self.known_to_hec[university] -= 1
            self._decide(application, officer, self.rng, note=TELEPHONED)
            wait = timedelta(seconds=self.rng.randint(60, 300))
            self.agenda.at(self.now + wait, self._hec_decides)
            return
        self.hec_sits = False

    def case_opened(self, name: str) -> None:
        """HEC looks at each case within some days; some it leaves to the next stage."""
        if self.rng.random() < 0.85:
            days = self.rng.randint(1, 6)
            self.agenda.at(
                self.calendar.office_hour(self.now, self.rng, days=days), partial(self._case, name)
            )

    def _case(self, name: str) -> None:
        by = self.world.staff[HEC]
        act = (
            partial(self.events.confirm, name, by=by, note="No answer to two letters.")
            if self.rng.random() < 0.5
            else partial(self.events.dismiss, name, by=by, note="The learner has examinations.")
        )
        self.events.attempt(act)

    def run_stopped(self) -> None:
        """The brake stopped a run: HEC looks at it on the next working day and lets it go on (R22)."""
        if not self.runs_to_confirm:
            self.runs_to_confirm = True
            self.agenda.at(self.calendar.office_hour(self.now, self.rng), self._confirm_run)

    def _confirm_run(self) -> None:
        self.runs_to_confirm = False
        self.events.attempt(partial(self.events.confirm_run, by=self.world.staff[HEC]))

    def revoke(self, name: str) -> None:
        """A university reports that somebody has left (5.z)."""
        by, note = self.world.staff[HEC], "The university reports that the student has left."
        self.events.attempt(partial(self.events.revoke, name, by=by, note=note))

    def _decide(self, application: "Application", by: "User", rng: Random, note: str = "") -> None:
        of, now = self.who[application.person_id], self.now
        values: dict[str, Any] = {"by": by, "now": now}
        if of.flaw == "ask" and not note:
            of.flaw = ""
            decisions.ask(application, text=rng.choice(QUESTIONS), **values)
            return
        if of.flaw == "reject":
            # Most do better the next time.
            of.flaw = "" if rng.random() < 0.8 else "reject"
            decisions.reject(application, reason=rng.choice(REASONS), note=note, **values)
            return
        try:
            decisions.approve(application, note=note, **values)
        except Refused as refused:
            reason = refused.refusal.message
            decisions.reject(application, reason=reason, note=note, **values)
