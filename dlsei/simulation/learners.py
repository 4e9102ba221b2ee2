"""What people do with a license: click, enroll, learn, complete, or nothing of it (section 5, A.6)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from dlsei.replay.edges import Edges
from dlsei.replay.events import Events
from dlsei.replay.world import World
from dlsei.simulation.agenda import Agenda
from dlsei.simulation.calendar import later
from dlsei.simulation.people import Applicant

COURSES = (
    "Learning How to Learn",
    "Programming for Everybody",
    "Financial Markets",
    "Machine Learning",
    "English for Career Development",
    "Introduction to Psychology",
    "Excel Skills for Business",
    "Data Science Methodology",
    "The Science of Well-Being",
    "Project Management Foundations",
)
SPECIALIZATIONS = (
    ("Google IT Automation with Python", "specialization"),
    ("Deep Learning", "specialization"),
    ("Google Data Analytics", "professional-certificate"),
)
WAKES_UP = 0.25
"""How many of those who do nothing are made to by a warning."""
LEAVES = 0.004


class Learners:
    """Everybody with a license."""

    def __init__(
        self,
        world: World,
        events: Events,
        edges: Edges,
        agenda: Agenda,
        leaves: Callable[[str], None],
    ) -> None:
        self.world, self.events, self.edges, self.agenda = world, events, edges, agenda
        self.leaves = leaves

    @property
    def now(self) -> datetime:
        return self.events.now

    def invited(self, of: Applicant) -> None:
        """The mail with the link has come."""
        if of.learner == "never-clicks":
            return
        self.agenda.at(later(self.now, of.rng, days=0.7), partial(self._click, of))
        if of.rng.random() < LEAVES:
            self.agenda.at(later(self.now, of.rng, days=50), partial(self.leaves, of.name))

    def warned(self, of: Applicant) -> None:
        """A deadline is near."""
        if of.learner in ("never-clicks", "only-clicks", "idles") and of.rng.random() < WAKES_UP:
            of.learner = "one-course"
            self.agenda.at(later(self.now, of.rng, days=0.5), partial(self._click, of))

    def _click(self, of: Applicant) -> None:
        if self.events.attempt(partial(self.events.click, of.name)) == "ok":
            self.starts(of)

    def starts(self, of: Applicant) -> None:
        """From the first look at Coursera's pages on."""
        if of.learner == "only-clicks":
            return
        self._later(of, 1.5, self._enroll)

    def _enroll(self, of: Applicant) -> None:
        course = of.rng.choice(COURSES)
        self.events.enroll(of.name, course=course)
        match of.learner:
            case "idles":
                self._later(of, 3, self._learn_once)
            case "one-course":
                self._later(of, 15, partial(self._complete, course))
            case _:
                self._later(of, 12, partial(self._complete, course))
                self._later(of, 3, self._learn, of.rng.randint(10, 60))
                if of.learner == "specializes":
                    content, kind = of.rng.choice(SPECIALIZATIONS)
                    self._later(of, 4, partial(self._specialize, content, kind))

    def _learn_once(self, of: Applicant) -> None:
        self.events.learn(of.name)

    def _learn(self, of: Applicant, left: int) -> None:
        """Twice or so a week, a new course now and then, until it is enough."""
        at = self._at_coursera(of)
        if not at or not left:
            return
        if left % 9 == 0:
            course = of.rng.choice(COURSES)
            self.events.enroll(of.name, course=course)
            self._later(of, 14, partial(self._complete, course))
        else:
            self.events.learn(of.name)
        self._later(of, 3, self._learn, left - 1)

    def _complete(self, course: str, of: Applicant) -> None:
        self.events.complete(of.name, course=course)

    def _specialize(self, content: str, kind: str, of: Applicant) -> None:
        self.events.enroll(of.name, course=content, kind=kind)
        self._later(of, 12, partial(self._advance, content), 0)

    def _advance(self, content: str, of: Applicant, percent: int) -> None:
        percent = min(percent + of.rng.randint(4, 16), 100)
        self.events.progress(of.name, course=content, percent=percent)
        if percent < 100 and self._at_coursera(of):
            self._later(of, 12, partial(self._advance, content), percent)

    def _later(
        self, of: Applicant, days: float, act: Callable[..., object], *values: object
    ) -> None:
        at = later(self.now, of.rng, days=days) + timedelta(seconds=of.rng.randrange(60))
        self.agenda.at(at, AtCoursera(partial(act, of, *values)))

    def _at_coursera(self, of: Applicant) -> bool:
        known = self.edges.sandbox.find(self.world.people[of.name].email)
        return known is not None and known.removed_at is None


class AtCoursera:
    """An act on Coursera's own pages: the product learns of it from a report only."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act

    def __call__(self) -> None:
        self._act()
