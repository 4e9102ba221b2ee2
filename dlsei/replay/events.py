"""What happens: each event of a scenario is the verb that a page, a job or Coursera would call."""

import csv
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING, Any

from django.db import transaction

from applications import documents, queries, submission
from dlsei import memory, outbox
from dlsei.permissions import require_hec
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.refusals import Refused, refuse
from dlsei.replay.beat import Beat
from dlsei.replay.edges import Edges
from dlsei.replay.scenario import Step
from dlsei.replay.vocabulary import HEC
from dlsei.replay.world import World
from licensing import activity, buckets, bulk_invites, invitations, paid, revocation
from licensing.coursera.sandbox import NotPossible
from verification import decisions, queue

if TYPE_CHECKING:
    from applications.models import Application
    from dlsei.models import User
    from licensing.models import License

ON_BEHALF = "decided in turn by HEC"
NOT_SUITABLE = "does not meet the conditions"


class Events:
    """Does one step after the other in a world, at the time that the edges' clock shows."""

    def __init__(self, world: World, edges: Edges, beat: Beat) -> None:
        self.world = world
        self.edges = edges
        self.beat = beat

    def do(self, step: Step) -> str:
        """Does one step and returns its outcome; of a refused one nothing remains."""
        act: Callable[..., None] = getattr(self, step.do.replace("-", "_"))
        people = () if step.who is None else (step.who,)
        values = {k: v for k, v in step.values.items() if k != "by"}
        if "by" in step.values:
            values["by"] = self.world.staff[str(step.values["by"])]
        return self.attempt(partial(act, *people, **values))

    def attempt(self, act: Callable[[], None]) -> str:
        """Does something whole or not at all, and returns the outcome."""
        try:
            with transaction.atomic(), memory.of_verb():
                act()
        except Refused as refused:
            return f"refused: {refused.refusal.code}"
        return "ok"

    @property
    def now(self) -> datetime:
        """The scenario's time."""
        return self.edges.clock.now

    # The applicant

    def apply(self, who: str) -> None:
        """Fills the form in with what the person has, and submits it."""
        submission.submit(self.fill_in(who), by=self.world.people[who], now=self.now)
        self.beat.awaited()

    def fill_in(self, who: str) -> "Application":
        """Writes a draft with what the person has."""
        person, answers, now = self.world.people[who], self.world.answers[who], self.now
        application = submission.start(person, by=person, now=now)
        submission.save(
            application,
            category=answers.category,
            university=self.world.university_of(who),
            answers=self.world.form(who),
            by=person,
            now=now,
        )
        self._attach(application, answers.documents, who)
        return application

    def submit(self, who: str) -> None:
        """Submits the person's draft."""
        person = self.world.people[who]
        submission.submit(
            submission.start(person, by=person, now=self.now), by=person, now=self.now
        )
        self.beat.awaited()

    def withdraw(self, who: str) -> None:
        """Takes the newest application back."""
        submission.withdraw(
            self._application(who, "not-pending"), by=self.world.people[who], now=self.now
        )

    def answer(self, who: str, documents: tuple[str, ...] = ()) -> None:
        """Answers what was asked, with more documents where there are some."""
        person = self.world.people[who]
        application = self._application(who, "nothing-asked")
        if not application.questions.open().exists():
            raise Refused(refuse("nothing-asked"))
        self._attach(application, documents, who)
        submission.answer(application, text="answered", by=person, now=self.now)
        self.beat.awaited()

    def click(self, who: str) -> None:
        """Clicks the link in the last invitation that was mailed."""
        sent = outbox.sent_to(self.world.people[who])
        links = [mail.values["link"] for mail in sent if mail.kind == outbox.INVITATION]
        if not links:
            raise Refused(refuse("link-not-valid"))
        license = invitations.license_of(links[-1].rstrip("/").rsplit("/", 1)[-1])
        invitations.click(license, by=self.world.people[who], now=self.now)

    # Focal persons and HEC

    def ask(self, who: str, *, by: "User", text: str = "") -> None:
        """Asks the applicant for more."""
        decisions.ask(self._application(who, "not-pending"), text=text, by=by, now=self.now)

    def open(self, who: str, *, by: "User") -> None:
        """Looks at the newest application."""
        queue.open_application(self._application(who, "not-yours"), by=by, now=self.now)

    def approve(self, who: str, *, by: "User", note: str = "", reason: str = "") -> None:
        """Approves the newest application."""
        decisions.approve(
            self._application(who, "not-pending"), note=note, reason=reason, by=by, now=self.now
        )

    def reject(
        self, who: str, *, by: "User", reason: str = "", note: str = "", turn_reason: str = ""
    ) -> None:
        """Rejects the newest application."""
        decisions.reject(
            self._application(who, "not-pending"),
            reason=reason,
            note=note,
            turn_reason=turn_reason,
            by=by,
            now=self.now,
        )

    def decide(
        self,
        *,
        by: "User",
        university: str,
        outcome_each: str,
        count: int,
        note: str = ON_BEHALF,
        reason: str = NOT_SUITABLE,
    ) -> None:
        """Decides the next `count` in a university's turn, as many as there are."""
        for _ in range(count):
            application = queue.next_in_turn(
                self.world.universities[university], by=by, now=self.now
            )
            if application is None:
                return
            if outcome_each == "approve":
                decisions.approve(application, note=note, by=by, now=self.now)
            else:
                decisions.reject(application, reason=reason, note=note, by=by, now=self.now)

    def confirm(self, who: str, *, by: "User", note: str = "") -> None:
        """Confirms the person's open case."""
        revocation.confirm(self._license_with_case(who, by), note=note, by=by, now=self.now)

    def dismiss(self, who: str, *, by: "User", note: str = "") -> None:
        """Dismisses the person's open case."""
        revocation.dismiss(self._license_with_case(who, by), note=note, by=by, now=self.now)

    def revoke(self, who: str, *, by: "User", note: str = "") -> None:
        """Revokes by hand."""
        revocation.revoke(self._license(who), note=note, by=by, now=self.now)

    def confirm_run(self, *, by: "User") -> None:
        """Lets the run that the brake stopped go on."""
        revocation.confirm_run(by=by, now=self.now)

    def tranche(self, *, cohort: str, size: int) -> None:
        """HEC adds seats to a bucket, from today on."""
        buckets.add_tranche(
            buckets.cohort_named(cohort),
            size,
            karachi_date(self.now),
            by=self.world.staff[HEC],
            now=self.now,
        )

    def import_paid(self, who: str, *, year: int) -> None:
        """HEC takes over a paid license; Coursera knows its holder already."""
        person = self.world.people[who]
        license = paid.grant(person, year, by=self.world.staff[HEC], now=self.now)
        self.edges.sandbox.add_account(person.email)
        with suppress(NotPossible):  # there by an invitation of ours, which HEC has not removed yet
            self.edges.sandbox.add_member(
                license.cohort.coursera_program, license.reference, person.full_name, person.email
            )

    def flag(self, who: str, *, cohort: str) -> None:
        """Coursera's data for a cohort names the person."""
        person = self.world.people[who]
        activity.flag(
            buckets.cohort_named(cohort),
            person.email,
            full_name=person.full_name,
            by=self.world.staff[HEC],
            now=self.now,
        )

    def upload_invites(self, *, by: "User | None" = None) -> None:
        """HEC takes the bulk-invite files to Coursera and marks them as uploaded."""
        by = by or self.world.staff[HEC]
        taken = bulk_invites.take(by=by, now=self.now)
        programs = {
            str(file["name"]): buckets.cohort_named(str(file["program"])).coursera_program
            for file in bulk_invites.not_uploaded()
        }
        for name in taken:
            for row in csv.DictReader(StringIO(bulk_invites.written(name).text)):
                try:
                    self.edges.sandbox.invite(
                        programs[name], row["External ID"], row["Full Name"], row["Email"]
                    )
                except NotPossible:
                    # Coursera's page names such a row; whoever is invited already stays so.
                    continue
            bulk_invites.mark_uploaded(name, by=by, now=self.now)

    # Coursera

    def enroll(self, who: str, *, course: str, kind: str = "course") -> None:
        """The learner enrolls."""
        if at := self._at_coursera(who):
            self.edges.sandbox.enroll(*at, course, kind)

    def progress(self, who: str, *, course: str, percent: float) -> None:
        """The learner gets on in a course, enrolling first where that is still to be done."""
        if at := self._at_coursera(who):
            self._enrolled(at, course)
            self.edges.sandbox.progress(*at, course, percent)

    def complete(self, who: str, *, course: str) -> None:
        """The learner completes a course, enrolling first where that is still to be done."""
        if at := self._at_coursera(who):
            self._enrolled(at, course)
            self.edges.sandbox.complete(*at, course)

    def learn(self, who: str) -> None:
        """The learner does something in a course."""
        if at := self._at_coursera(who):
            self.edges.sandbox.learn(*at)

    def report(self) -> None:
        """Coursera's report as of now is imported, whatever became of the nightly one."""
        with self.edges.coursera_at_hand():
            activity.fetch(by=self.world.staff[HEC], now=self.now, port=self.edges.client)
        self.beat.reported()

    def outage(self, *, of: str, until: datetime) -> None:
        """Something is out of order until then."""
        if of == "beat":
            self.beat.stop(until)
        else:
            self.edges.fail(of, until)

    def _attach(self, application: "Application", kinds: tuple[str, ...], who: str) -> None:
        person = self.world.people[who]
        for kind in kinds:
            scan = self.world.paper(who, kind)
            name = f"{kind}.{scan.content_type.rpartition('/')[2]}"
            documents.keep(application, kind, scan, name=name, by=person, now=self.now)

    def _application(self, who: str, otherwise: str) -> "Application":
        application = queries.newest_application(self.world.people[who])
        if application is None:
            raise Refused(refuse(otherwise))
        return application

    def _license(self, who: str) -> "License | None":
        return queries.standing(self.world.people[who], self.now).license

    def _license_with_case(self, who: str, by: "User") -> "License":
        license = self._license(who)
        if license is None:
            require_hec(by)
            raise Refused(refuse("no-open-case"))
        return license

    def _enrolled(self, at: tuple[str, str], course: str) -> None:
        """Nobody gets on in what they are not enrolled in: a file may leave that unsaid."""
        learner = self.edges.sandbox.people["~".join(at)]
        if all(known.name != course for known in learner.enrollments.values()):
            self.edges.sandbox.enroll(*at, course)

    def _at_coursera(self, who: str) -> tuple[str, str] | None:
        known: Any = self.edges.sandbox.find(self.world.people[who].email)
        return (known.program_id, known.external_id) if known else None
