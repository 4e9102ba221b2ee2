"""Plays the year: the crowd, the desks and the learners meet the product, with the beat between."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from random import Random

from django.db import connection
from django.test.utils import override_settings

from applications import universities
from dlsei import outbox, schedule
from dlsei.policy import programme as policy
from dlsei.policy.calendar_days import karachi_date, midnight
from dlsei.replay.beat import Beat
from dlsei.replay.edges import Edges, edges
from dlsei.replay.events import Events
from dlsei.replay.play import as_expected
from dlsei.replay.vocabulary import HEC, HEC_INSTITUTION
from dlsei.replay.world import BY, World
from dlsei.simulation import papers
from dlsei.simulation.agenda import Agenda
from dlsei.simulation.applicants import Applicants
from dlsei.simulation.calendar import Calendar, within
from dlsei.simulation.desks import Desks
from dlsei.simulation.learners import AtCoursera, Learners
from dlsei.simulation.offices import offices
from dlsei.simulation.people import Applicant, crowd, one
from licensing import buckets, programme
from verification import focal_persons, hec_staff

PEOPLE_OF_THE_REAL_YEAR = 100_000
"""Buckets and the brake are made smaller in the same measure as the crowd."""
LAG_HOURS = 24
HEC_OFFICER, FOCAL_PERSON = "hec@demo.example", "focal@demo.example"
"""Who signs in when the simulated programme is looked at; the focal person's is the largest university."""
HEC_OFFICERS = 3
PAID = {2021: 0.015, 2022: 0.025}
NAMED_BY_COURSERA = 0.005
"""Of the applicants: who uses Cohort I at Coursera without a license of ours (A.1)."""
# From, until, what is out of order: days of the programme, at noon.
OUTAGES = (
    (date(2023, 1, 4), timedelta(hours=5), "coursera"),
    (date(2023, 1, 14), timedelta(days=10), "reports"),
    (date(2023, 3, 9), timedelta(hours=3), "mail"),
    (date(2023, 5, 18), timedelta(hours=30), "beat"),
    (date(2023, 10, 2), timedelta(days=4), "reports"),
)


@dataclass(frozen=True)
class Plan:
    """What is to be played: how many people, by which seed, moved how far, until when.

    `until` is aware, None for the day after the last cohort's end. `real_papers` draws documents.
    """

    applicants: int
    seed: int
    moved: int = 0
    until: datetime | None = None
    real_papers: bool = False

    @property
    def scale(self) -> float:
        return self.applicants / PEOPLE_OF_THE_REAL_YEAR

    def programme(self, base: policy.Tables) -> str:
        """The programme file with its buckets scaled, and its dates moved."""
        tables = policy.shifted(base, self.moved)
        cohorts = {
            name: {
                "tranches": [
                    {"size": max(round(size * self.scale), 1), "from": opens}
                    for size, opens in cohort.tranches
                ]
            }
            for name, cohort in policy.read(policy.to_toml(tables), "programme").cohorts.items()
        }
        brake = policy.read(policy.to_toml(tables), "programme").revocation.brake.licenses
        scaled = {
            "cohorts": cohorts,
            "revocation": {"brake": {"licenses": max(round(brake * self.scale), 5)}},
        }
        return policy.to_toml(policy.overlay(tables, scaled))


@dataclass(frozen=True)
class Lived:
    """What the database cannot tell of a year: who was refused at the door, where all of it ended."""

    ended: datetime
    refused: dict[str, int]
    edges: Edges


class SimulatedWorld(World):
    """A world whose people fill in the whole form."""

    def __init__(self, paper: Callable[[str, Applicant], object]) -> None:
        super().__init__()
        self._paper = paper

    def form(self, who: str) -> dict[str, object]:
        of: Applicant = self.answers[who]
        return {**super().form(who), **of.details}

    def paper(self, who: str, kind: str):
        return self._paper(kind, self.answers[who])


def play(
    plan: Plan,
    base: policy.Tables,
    progress: Callable[[float, datetime], None] = lambda share, now: None,
    go_on: Callable[[], None] = lambda: None,
) -> Lived:
    """Plays a plan in the database that is connected, which must be migrated and empty."""
    text = plan.programme(base)
    read = policy.read(text, "programme")
    start = midnight(min(cohort.starts for cohort in read.cohorts.values()))
    over = midnight(max(cohort.ends for cohort in read.cohorts.values()) + timedelta(2))
    end = plan.until or over
    due = timedelta(hours=read.queue.due_hours)
    with (
        as_expected(),
        edges(start, "api", keep_documents=plan.real_papers) as made,
        override_settings(COURSERA_REPORT_LAG_HOURS=LAG_HOURS),
    ):
        made.sandbox.set_faults(report_lag_hours=LAG_HOURS)
        beat = Beat(
            made,
            nightly_reports=True,
            reminded_after=(due, due + timedelta(hours=read.queue.escalate_after_overdue_hours)),
            go_on=go_on,
        )
        with schedule.nudges_to(beat.nudge):
            year = _Year(plan, text, read, made, beat, start)
            year.play(end, progress)
        return Lived(end, dict(sorted(year.applicants.refused.items())), made)


class _Year:
    def __init__(
        self,
        plan: Plan,
        text: str,
        read: policy.Programme,
        made: Edges,
        beat: Beat,
        start: datetime,
    ) -> None:
        self.plan, self.edges, self.beat, self.start = plan, made, beat, start
        self.calendar, self.agenda = Calendar(plan.moved), Agenda()
        self.world = SimulatedWorld(papers.drawn if plan.real_papers else papers.token)
        self.events = Events(self.world, made, beat)
        self.offices = offices(plan.seed)
        self.applicants = Applicants(
            self.world, self.events, self.agenda, self.calendar, lambda u: self.desks.came(u)
        )
        programme.load(text, "the programme", by=BY, now=start)
        made.sandbox.programs = {
            buckets.cohort_named(name).coursera_program: name for name in read.cohorts
        }
        self._build(start)
        officers = {name: self.world.staff[name] for name in self._officers}
        self.desks = Desks(
            self.offices,
            officers,
            self.applicants.who,
            self.world,
            self.events,
            self.agenda,
            self.calendar,
            plan.seed,
        )
        self.learners = Learners(self.world, self.events, made, self.agenda, self.desks.revoke)
        self.read = read
        self._plan_the_year()

    def _build(self, now: datetime) -> None:
        with universities.SHIPPED.open(encoding="utf-8", newline="") as file:
            universities.load(file, by=BY, now=now)
        for name in (*self.offices, HEC_INSTITUTION):
            self.world.universities[name] = universities.add(name, by=BY, now=now)
        rng = Random(f"{self.plan.seed}:staff")
        self._officers = (HEC, *(f"{HEC} {n}" for n in range(2, HEC_OFFICERS + 1)))
        number = 90_000_000
        for name in self._officers:
            number += 1
            self.world.staff[name] = hec_staff.appoint(
                self._account(name, number, rng), by=BY, now=now
            )
        for office in self.offices.values():
            # Where nobody is nominated nobody decides: HEC does (R12).
            if office.manner == "never" and office.rng.random() < 0.5:
                office.staff = ()
            for name in office.staff:
                number += 1
                person = self._account(name, number, rng)
                self.world.staff[name] = person
                university = self.world.universities[office.university]
                focal_persons.nominate(person, university, karachi_date(now), by=BY, now=now)

    def _account(self, key: str, number: int, rng: Random):
        of = one(key, number, rng, None)
        email = f"staff{number - 90_000_000}@people.example"
        if key == HEC:
            email = HEC_OFFICER
        elif key == next(iter(self.offices.values())).staff[0]:
            email = FOCAL_PERSON
        person = self.applicants.register(of, email)
        del self.world.people[key]
        return person

    def _plan_the_year(self) -> None:
        plan, calendar = self.plan, self.calendar
        first = min(cohort.intake_from for cohort in self.read.cohorts.values())
        last = max(cohort.intake_until for cohort in self.read.cohorts.values())
        sizes = {office.university: office.size for office in self.offices.values()}
        for of in crowd(
            plan.applicants, plan.seed, sizes, calendar, calendar.arrivals(first, last)
        ):
            self.agenda.at(of.arrives, partial(self.applicants.arrive, of))
        rng = Random(f"{plan.seed}:others")
        number = 80_000_000
        for year, share in PAID.items():
            for _ in range(max(round(plan.applicants * share), 1)):
                number += 1
                of = one(f"p{number}", number, rng, rng.choice(list(sizes)))
                at = within(calendar.day(date(2023, 1, rng.randint(3, 12))), rng)
                self.agenda.at(at, partial(self._paid, of, year))
        for _ in range(max(round(plan.applicants * NAMED_BY_COURSERA), 1)):
            number += 1
            of = one(f"c{number}", number, rng, rng.choice(list(sizes)))
            at = within(calendar.day(date(2023, 1, rng.randint(3, 30))), rng)
            self.agenda.at(at, partial(self._known_to_coursera, of))
            wants = within(calendar.day(date(2023, 7, 13)) + timedelta(rng.randint(0, 90)), rng)
            self.agenda.at(wants, partial(self.applicants.arrive, of))
        for day, lasts, of_what in OUTAGES:
            at = midnight(calendar.day(day)) + timedelta(hours=12)
            self.agenda.at(at, partial(self.events.outage, of=of_what, until=at + lasts))

    def _paid(self, of: Applicant, year: int) -> None:
        """HEC takes over a license that was paid for; its holder goes on learning (R4)."""
        self.applicants.register(of)
        self.events.import_paid(of.name, year=year)
        self.learners.starts(of)

    def _known_to_coursera(self, of: Applicant) -> None:
        """Somebody has got into Cohort I's program at Coursera, and no license says so (A.1)."""
        email = f"{of.name}@people.example"
        program = next(iter(self.edges.sandbox.programs))
        self.edges.sandbox.add_account(email)
        self.edges.sandbox.add_member(program, f"other-{of.name}", of.printed, email)

    def play(self, end: datetime, progress: Callable[[float, datetime], None]) -> None:
        length = end - self.start
        self.beat.work()
        while True:
            at = self.agenda.next_at()
            if at is None or at >= end:
                at = end
            if self.beat.step(at, inclusive=at == end):
                self._read_mail()
                continue
            if at == end:
                break
            self.edges.at(at)
            act = self.agenda.next_act()
            act()
            self.beat.work()
            if not isinstance(act, AtCoursera):
                self.beat.changed()
            self._read_mail()
            progress((at - self.start) / length, at)
        self.edges.at(end)

    def _read_mail(self) -> None:
        """People act on the mails that they get, and on nothing else."""
        arrived = list(self.edges.arrived)
        if not arrived:
            return
        self.edges.arrived.clear()
        with connection.cursor() as cursor:
            cursor.execute(
                'SELECT id, kind, person_id, "values" FROM dlsei_mail WHERE id = ANY(%s) ORDER BY id',
                [arrived],
            )
            mails = cursor.fetchall()
        for _, kind, person, values in mails:
            self._got(kind, self.applicants.who[person], json.loads(values))

    def _got(self, kind: str, of: Applicant, values) -> None:
        match kind:
            case outbox.INVITATION:
                self.learners.invited(of)
            case "license-warning":
                self.learners.warned(of)
            case "more-information":
                self.applicants.asked(of)
            case "application-rejected":
                self.applicants.rejected(of)
            case "license-revoked":
                self.applicants.revoked(of)
            case "license-expired":
                self.applicants.expired(of)
            case "case-opened":
                self.desks.case_opened(of.name)
            case "queue-reminder":
                self.desks.reminded(values["university"])
            case "queue-escalation":
                for queue in values["queues"]:
                    self.desks.escalated(queue["university"])
            case "run-stopped":
                self.desks.run_stopped()
