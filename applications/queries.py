"""Where a person stands, in the words that dashboard, queue and replay share."""

from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter

from django.db.models import OuterRef, Q, Subquery

from applications import eligibility
from applications.models import Application, Question, University
from dlsei.models import Event, User
from dlsei.policy import turn
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.refusals import Refusal
from dlsei.policy.states import ApplicationState, PlaceState
from licensing import buckets, line
from licensing.models import Cohort, License, Programme, RevocationCase

WAITING = "waiting"


@dataclass(frozen=True)
class Standing:
    """A person's newest application or license, and what holds of it now.

    `status` is an application's, a license's, `waiting` (approved, in line) or `none`. `position`
    is the place in the line, or in the university's queue while pending. `deadline` is the last
    day before rule `next_clause` falls due (R15), `ends` the license's last day.
    """

    status: str
    application: Application | None = None
    license: License | None = None
    cohort: str | None = None
    priority: int = 0
    position: int | None = None
    clause: str = ""
    ends: date | None = None
    deadline: date | None = None
    next_clause: str = ""
    has_open_case: bool = False
    due_at: datetime | None = None
    overdue: bool = False
    asked: bool = False

    @property
    def reference(self) -> str:
        """What the person names when asking somebody about it."""
        subject = self.application or self.license
        return subject.reference if subject else ""


@dataclass(frozen=True)
class Records:
    """All applications and licenses of a person with what they lead to, each the newest first."""

    applications: list[Application]
    licenses: list[License]

    def standing(self, now: datetime) -> Standing:
        """What the dashboard shows first (SPEC.md: `status` and the keys beside it)."""
        application, license = next(iter(self.applications), None), next(iter(self.licenses), None)
        if license and (application is None or _is_newer(license, application)):
            return _of_license(license, application)
        if application is None:
            return Standing(status="none")
        return _of_application(application, now)

    def before(self, newest: Application | None) -> list[Application]:
        """What was submitted besides the newest one, the latest first."""
        submitted = [one for one in self.applications if one.submitted_at and not one.is_draft]
        latest_first = sorted(submitted, key=attrgetter("submitted_at", "pk"), reverse=True)
        return [one for one in latest_first if newest is None or one.pk != newest.pk]

    def paid_besides(self, newest: License | None) -> list[License]:
        """Licenses that came without an application, besides the newest one."""
        paid = [one for one in self.licenses if one.place_id is None]
        return [one for one in paid if newest is None or one.pk != newest.pk]


def records(person: User) -> Records:
    """Everything that a person has or had with us, in two statements."""
    applications = Application.objects.of(person).select_related(
        "cohort", "university", "place__cohort", "place__license", "decision"
    )
    licenses = License.objects.filter(person=person).select_related("cohort", "place")
    return Records(
        applications=list(applications.order_by("-created_at", "-id")),
        licenses=list(licenses.order_by("-issued_at", "-id")),
    )


def standing(person: User, now: datetime) -> Standing:
    """Where a person stands, for whoever wants nothing else of their records."""
    return records(person).standing(now)


def _is_newer(license: License, application: Application) -> bool:
    if application.place_id and application.place_id == license.place_id:
        return True
    return license.issued_at >= application.created_at


def _of_license(license: License, application: Application | None) -> Standing:
    own = application if application and application.place_id == license.place_id else None
    return Standing(
        status=license.state,
        application=own if license.place_id else None,
        license=license,
        cohort=license.cohort.name,
        priority=license.place.priority if license.place else 0,
        clause=license.end_clause,
        ends=license.ends_on,
        deadline=license.next_deadline,
        next_clause=license.next_clause,
        has_open_case=license.cases.open().exists(),
    )


def _of_application(application: Application, now: datetime) -> Standing:
    place = application.place
    if application.status == ApplicationState.APPROVED and place:
        return Standing(
            status=WAITING if place.state == PlaceState.WAITING else application.status,
            application=application,
            cohort=place.cohort.name,
            priority=place.priority,
            position=line.position(place),
        )
    cohort = application.cohort.name if application.cohort else None
    if not application.is_pending or application.submitted_at is None:
        return Standing(
            status=application.status,
            application=application,
            cohort=cohort,
            priority=application.priority,
        )
    policy = Programme.in_force().policy.queue
    return Standing(
        status=application.status,
        application=application,
        cohort=cohort,
        priority=application.priority,
        position=queue_position(application),
        due_at=turn.due_at(application.submitted_at, policy),
        overdue=turn.is_overdue(application.submitted_at, now, policy),
        asked=application.questions.open().exists(),
    )


def queue_position(application: Application) -> int:
    """1 for the first in the university's queue; what waits for an answer has stepped aside (R10)."""
    queue = Application.objects.pending().filter(university=application.university_id)
    ahead = queue.before(application)
    return ahead.exclude(questions__in=Question.objects.open()).count() + 1


def newest_application(person: User) -> Application | None:
    """The person's newest application that was submitted, whatever became of it."""
    return Application.objects.of(person).submitted().order_by("submitted_at", "id").last()


def pending_in(cohort: Cohort) -> int:
    """How many applications to a cohort wait for a decision."""
    return Application.objects.pending().filter(cohort=cohort).count()


def history(person: User) -> list[str]:
    """States of all applications and their licenses, by creation; drafts are left out."""
    entries: list[tuple[datetime, int, str]] = []
    of_place = {
        license.place_id: license
        for license in License.objects.filter(person=person).order_by("id")
        if license.place_id
    }
    for application in Application.objects.of(person).submitted().order_by("id"):
        assert application.submitted_at is not None
        entries.append((application.submitted_at, 0, application.status))
        license = of_place.get(application.place_id) if application.place_id else None
        if license:
            entries.append((application.submitted_at, 1, license.state))
    for license in License.objects.filter(person=person, place=None):
        entries.append((license.issued_at, 1, license.state))
    return [state for _, _, state in sorted(entries, key=lambda entry: entry[:2])]


def may_apply(
    person: User,
    now: datetime,
    *,
    category: str,
    university: University | None,
    documents: list[str],
    first_semester: bool = False,
) -> Refusal | None:
    """What applying now with these answers would be refused for, None if it would not."""
    today = karachi_date(now)
    facts = eligibility.facts(
        person, category, university, documents=documents, first_semester=first_semester
    )
    return eligibility.check(facts, buckets.target_cohort(today), today)


def timeline(application: Application) -> list[Event]:
    """Everything that happened to an application, its place and its license, oldest first; a move with its `note`."""
    about = Q(subject="application", subject_id=application.pk)
    about |= Q(subject="transfer", subject_id__in=application.transfers.values("pk"))
    if application.place_id:
        about |= Q(subject="place", subject_id=application.place_id)
        licenses = License.objects.filter(place=application.place_id)
        cases = RevocationCase.objects.filter(license__place=application.place_id)
        about |= Q(subject="license", subject_id__in=licenses.values("pk"))
        about |= Q(subject="revocationcase", subject_id__in=cases.values("pk"))
    moves = application.transfers.filter(pk=OuterRef("subject_id"))
    told = Event.objects.filter(about).annotate(note=Subquery(moves.values("note")))
    return list(told.select_related("actor").order_by("at", "id"))
