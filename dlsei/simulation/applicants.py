"""What people do to get a license: register, fill the form in, submit, answer, try again (4.1.a–4.1.i)."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from applications import registration
from dlsei.policy.calendar_days import karachi_date
from dlsei.replay.events import Events
from dlsei.replay.world import BY, World
from dlsei.simulation.agenda import Agenda
from dlsei.simulation.calendar import RUSHES, Calendar, later, within
from dlsei.simulation.people import Applicant

if TYPE_CHECKING:
    from dlsei.models import User

AT_ONCE = 0.6
ANSWERS = 0.85
APPLIES_AGAIN_AFTER_REJECTION = 0.6
APPLIES_AGAIN_AFTER_REVOCATION = 0.45
TRIES_THE_OTHER_COHORT = 0.06
INTAKE_CLOSED = "refused: intake-closed"


class Applicants:
    """Everybody who applies. `refused` counts what was refused at submitting, by code."""

    def __init__(
        self,
        world: World,
        events: Events,
        agenda: Agenda,
        calendar: Calendar,
        came: Callable[[str | None], None],
    ) -> None:
        self.world, self.events, self.agenda, self.calendar = world, events, agenda, calendar
        self.came = came
        self.who: dict[int, Applicant] = {}
        self.refused: Counter[str] = Counter()
        self._numbers = count(1)

    @property
    def now(self) -> datetime:
        return self.events.now

    def register(self, of: Applicant, email: str = "") -> "User":
        """Gives somebody an account."""
        person = registration.register(
            email or f"{of.name}@people.example",
            of.full_name,
            identity_number=of.number,
            language=of.language,
            by=BY,
            now=self.now,
        )
        self.world.people[of.name] = person
        self.world.answers[of.name] = of
        self.who[person.pk] = of
        return person

    def arrive(self, of: Applicant) -> None:
        """Somebody finds the service, registers and fills the form in."""
        if of.name not in self.world.people:
            self.register(of)
        self._fill_in(of)

    def _fill_in(self, of: Applicant) -> None:
        self.events.fill_in(of.name)
        if of.steadiness == "drafts":
            return
        soon = self.now + timedelta(minutes=of.rng.randint(2, 40))
        at = soon if of.rng.random() < AT_ONCE else later(self.now, of.rng, days=0.8)
        self.agenda.at(at, partial(self._submit, of))

    def _submit(self, of: Applicant) -> None:
        outcome = self.events.attempt(partial(self.events.submit, of.name))
        if outcome == "ok":
            self.came(of.university)
            if of.steadiness == "withdraws":
                of.steadiness = "submits"
                self.agenda.at(later(self.now, of.rng, days=0.5), partial(self._withdraw, of))
            return
        self.refused[outcome.removeprefix("refused: ")] += 1
        of.tries -= 1
        if outcome == INTAKE_CLOSED and of.tries > 0:
            self.agenda.at(self._next_chance(of), partial(self._submit, of))

    def _next_chance(self, of: Applicant) -> datetime:
        """Most look again within days; who reads the news comes back with the next seats."""
        rushes = [self.calendar.day(day) for day, _, _ in RUSHES]
        ahead = [day for day in rushes if day > karachi_date(self.now)]
        if ahead and of.rng.random() < 0.4:
            return within(ahead[0] + timedelta(of.rng.randint(0, 4)), of.rng)
        return later(self.now, of.rng, days=6)

    def _withdraw(self, of: Applicant) -> None:
        self.events.attempt(partial(self.events.withdraw, of.name))

    def asked(self, of: Applicant) -> None:
        """The university asks for more; most answer, some never do."""
        if of.rng.random() < ANSWERS:
            self.agenda.at(later(self.now, of.rng, days=1), partial(self._answer, of))

    def _answer(self, of: Applicant) -> None:
        papers = of.documents if of.rng.random() < 0.7 else ()
        if self.events.attempt(partial(self.events.answer, of.name, papers)) == "ok":
            self.came(of.university)

    def rejected(self, of: Applicant) -> None:
        if of.rng.random() < APPLIES_AGAIN_AFTER_REJECTION:
            self.agenda.at(later(self.now, of.rng, days=3), partial(self._fill_in, of))

    def revoked(self, of: Applicant) -> None:
        """Some apply once more, for the next cohort (A.2); a few try in the same one."""
        if of.rng.random() < APPLIES_AGAIN_AFTER_REVOCATION:
            opens = within(
                self.calendar.day(RUSHES[2][0]) + timedelta(of.rng.randint(0, 60)), of.rng
            )
            at_once = of.rng.random() < TRIES_THE_OTHER_COHORT
            back = later(self.now, of.rng, days=4)
            self.agenda.at(back if at_once else max(opens, back), partial(self._comes_back, of))

    def expired(self, of: Applicant) -> None:
        """A few who had a license to its end would like another one (A.1)."""
        if of.rng.random() < TRIES_THE_OTHER_COHORT:
            self.agenda.at(later(self.now, of.rng, days=10), partial(self._fill_in, of))

    def _comes_back(self, of: Applicant) -> None:
        # Whoever lost a license for doing nothing does better with the next one, mostly.
        of.learner = of.rng.choice(("steady", "one-course", "specializes", of.learner))
        of.tries = max(of.tries, 2)
        self._fill_in(of)
