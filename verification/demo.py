"""The demo: two weeks of a cohort's life, lived through the real verbs at their own times."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import httpx
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.test.utils import override_settings

from applications import checking, documents, submission
from applications.models import Application, University
from applications.registration import register
from dlsei import outbox, schedule
from dlsei.models import User
from dlsei.policy.calendar_days import karachi_date
from licensing import activity, allocation, invitations, revocation
from licensing.coursera.api import ApiCoursera
from licensing.coursera.sandbox import Sandbox
from licensing.coursera.sandbox_server import sandbox_app
from licensing.models import License
from verification import decisions, focal_persons, hec_staff, queue
from verification import demo_people as who
from verification.demo_documents import card, letter
from verification.demo_people import Applicant

BY = "load_demo"
PASSWORD = "learn-on-coursera"
DAYS, HOURS = timedelta(days=1), timedelta(hours=1)
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"
COURSE, SPECIALIZATION = "Learning How to Learn", "Google IT Automation with Python"


def load(*, now: datetime, sandbox_file: Path | None = None) -> bool:
    """Makes the demo's people as of `now` (aware), all or nothing; False when they are there already.

    Nobody is mailed: what would have been sent is kept as sent. `sandbox_file` holds the Coursera
    sandbox's records, which must not be in use; without one the sandbox forgets.
    """
    if User.objects.filter(email=who.HEC_OFFICER).exists():
        return False
    with (
        schedule.nudges_to(lambda job: None),
        override_settings(EMAIL_BACKEND=NO_MAIL),
        transaction.atomic(),
    ):
        _Demo(now, sandbox_file).play()
    return True


class _Demo:
    """One telling of the demo; `self.now` is where it has got to."""

    def __init__(self, end: datetime, sandbox_file: Path | None) -> None:
        self.end = self.now = end
        self.password = make_password(PASSWORD)
        self.sandbox = Sandbox(now=lambda: self.now, path=sandbox_file)
        self.coursera = ApiCoursera(
            base_url="http://sandbox",
            org_id=self.sandbox.org_id,
            client_id=self.sandbox.client_id,
            client_secret=self.sandbox.client_secret,
            transport=httpx.WSGITransport(app=sandbox_app(self.sandbox)),
            elapsed=lambda: self.now.timestamp(),
        )

    def play(self) -> None:
        with self.ago(13.9 * DAYS):
            hec, focal_person, nust = self.staff()
            self.people = {a.email: self.person(a) for a in who.APPLICANTS}
            self.account(who.NEWCOMER, "Amna Yousaf", "3520212345678")
        self.licensed(focal_person, nust, hec)
        self.not_licensed(focal_person)
        self.waiting_for_a_decision(focal_person)
        with self.ago(2 * HOURS):
            activity.fetch(by=BY, now=self.now, port=self.coursera)

    def staff(self) -> tuple[User, User, User]:
        """HEC's officer, and focal persons of two of the three universities."""
        hec = self.account(who.HEC_OFFICER, "Rubina Akhtar", "")
        hec_staff.appoint(hec, by=BY, now=self.now)
        punjab = self.account(who.FOCAL_PERSON, "Dr. Saeed Anwar", "")
        nust = self.account(who.SECOND_FOCAL_PERSON, "Dr. Mehreen Baig", "")
        today = karachi_date(self.now)
        for person, name in ((punjab, who.PUNJAB), (nust, who.NUST)):
            focal_persons.nominate(person, _university(name), today, by=hec, now=self.now)
        return hec, punjab, nust

    def licensed(self, focal_person: User, nust: User, hec: User) -> None:
        """Who got a license, and what became of it."""
        for hours, applicant in enumerate((who.COMPLETED, who.SPECIALIZING), start=1):
            with self.ago(13 * DAYS - hours * HOURS):
                application = self.applies(applicant)
            with self.ago(13 * DAYS - (hours + 5) * HOURS):
                self.approves(application, focal_person)
            with self.ago(12 * DAYS - hours * HOURS):
                self.clicks(applicant)
        with self.ago(11 * DAYS):
            self.enrolls(who.COMPLETED, COURSE, "course")
            self.enrolls(who.SPECIALIZING, SPECIALIZATION, "specialization")
        with self.ago(4 * DAYS):
            self.sandbox.complete(*self.at_coursera(who.COMPLETED), COURSE)
            self.sandbox.progress(*self.at_coursera(who.SPECIALIZING), SPECIALIZATION, 60)
        with self.ago(11 * DAYS):
            faculty, student = self.applies(who.IDLE), self.applies(who.NOT_ENROLLED)
        with self.ago(10 * DAYS):
            self.approves(faculty, focal_person)
            self.approves(student, nust)
        with self.ago(9 * DAYS):
            self.clicks(who.NOT_ENROLLED)
            revoked, remote = self.applies(who.REVOKED), self.applies(who.BY_HEC)
        with self.ago(8 * DAYS):
            self.approves(revoked, nust)
            self.approves(
                remote, hec, note="Enrollment confirmed by the registrar on the telephone."
            )
        with self.ago(3 * DAYS):
            note = "The university reports that the student has left."
            revocation.revoke(self.license(who.REVOKED), note=note, by=hec, now=self.now)

    def not_licensed(self, focal_person: User) -> None:
        """Who was rejected or thought better of it."""
        with self.ago(5 * DAYS):
            rejected, withdrawn = self.applies(who.REJECTED), self.applies(who.WITHDRAWN)
        with self.ago(4.5 * DAYS):
            submission.withdraw(withdrawn, by=withdrawn.person, now=self.now)
            queue.open_application(rejected, by=focal_person, now=self.now)
            reason = "The card expired in June. Please apply again with this year's card."
            decisions.reject(rejected, reason=reason, by=focal_person, now=self.now)

    def waiting_for_a_decision(self, focal_person: User) -> None:
        """What the queues hold: overdue, due today, later, and waiting for the applicant."""
        submitted = (
            (76, who.LONG_OVERDUE),
            (40, who.OVERDUE),
            (30, who.ASKED),
            (26, who.OVERDUE_TOO),
            (20, who.DUE_TODAY),
            (6, who.AT_NUST),
            (3, who.DUE_LATER),
            (1, who.NEWEST),
        )
        for hours, applicant in submitted:
            with self.ago(hours * HOURS):
                application = self.applies(applicant)
            if applicant is who.ASKED:
                with self.ago((hours - 4) * HOURS):
                    text = "The photo is too dark to read the registration number. Can you send it again?"
                    decisions.ask(application, text=text, by=focal_person, now=self.now)
        with self.ago(0.5 * HOURS):
            self.fills_in(who.UNFINISHED)

    @contextmanager
    def ago(self, before: timedelta) -> Iterator[None]:
        """What happens inside happens that long before the end, and is worked off at once."""
        self.now = self.end - before
        yield
        allocation.issue_all(by=BY, now=self.now)
        invitations.deliver(by=BY, now=self.now, port=self.coursera)
        outbox.deliver(by=BY, now=self.now)
        invitations.settle(by=BY, now=self.now)

    def account(self, email: str, name: str, number: str, language: str = "en") -> User:
        user = register(email, name, identity_number=number, language=language, by=BY, now=self.now)
        User.objects.filter(pk=user.pk).update(password=self.password)
        EmailAddress.objects.filter(user=user).update(verified=True)
        return user

    def person(self, of: Applicant) -> User:
        number = (
            f"61101{who.APPLICANTS.index(of) + 4_520_131:07d}{who.APPLICANTS.index(of) % 9 + 1}"
        )
        return self.account(of.email, of.full_name, number, of.language)

    def fills_in(self, of: Applicant) -> Application:
        """A complete draft with a document that could be a real one."""
        person, university = self.people[of.email], _university(of.university)
        application = submission.start(person, by=person, now=self.now)
        number = f"{of.university[:2].upper()}-{person.pk:05d}"
        is_student = of.category == "student"
        own = (
            {"program": "BS Computer Science", "registration_number": number, "semester": "5"}
            if is_student
            else {"designation": "Assistant Professor", "employee_number": number}
        )
        submission.save(
            application,
            category=of.category,
            university=university,
            answers={"department": "Computer Science", **own},
            by=person,
            now=self.now,
        )
        if is_student:
            lines = [of.printed, "BS Computer Science", f"Reg. no. {number}", "Semester 5"]
            kind, name, file = "student-card", "card.jpg", card(of.university, lines)
        else:
            lines = ["To whom it may concern", "", f"{of.printed} is employed here,"]
            lines += [f"employee number {number}.", "", "The Registrar"]
            kind, name = "employment-letter", "letter.pdf"
            file = letter(of.university, [lines, ["Terms of employment", "", "…"]])
        document = documents.upload(application, kind, name, file, by=person, now=self.now)
        checking.check_one(document, by=BY, now=self.now)
        return application

    def applies(self, of: Applicant) -> Application:
        application = self.fills_in(of)
        return submission.submit(application, by=application.person, now=self.now)

    def approves(self, application: Application, by: User, note: str = "") -> None:
        queue.open_application(application, by=by, now=self.now)
        decisions.approve(application, by=by, note=note, now=self.now)

    def license(self, of: Applicant) -> License:
        return License.objects.select_related("cohort", "person").get(person=self.people[of.email])

    def clicks(self, of: Applicant) -> None:
        license = self.license(of)
        invitations.click(license, by=license.person, now=self.now)

    def at_coursera(self, of: Applicant) -> tuple[str, str]:
        license = self.license(of)
        return license.cohort.coursera_program, license.reference

    def enrolls(self, of: Applicant, name: str, kind: str) -> None:
        self.sandbox.enroll(*self.at_coursera(of), name, kind)


def _university(name: str) -> University:
    return University.objects.get(name=name)


def sign_ins() -> str:
    """Who signs in how, for the terminal."""
    return sign_ins_of(
        {
            "Applicant": who.NEWCOMER,
            "Focal person": f"{who.FOCAL_PERSON}  ({who.PUNJAB})",
            "HEC officer": who.HEC_OFFICER,
        }
    )


def sign_ins_of(people: Mapping[str, str]) -> str:
    """What the terminal says of these people: who they are, and their addresses."""
    width = max(len(name) for name in people) + 4
    lines = "\n".join(f"  {name:<{width}}{email}" for name, email in people.items())
    return f"Sign in with the password {PASSWORD} as\n{lines}\nThe demo's people are invented."


def let_sign_in(people: Iterable[str]) -> None:
    """Gives the accounts with these addresses the demo's password; none outside a demo."""
    if not settings.DEMO:
        raise PermissionError("the demo's password is known to everybody: only with DEMO=true")
    addresses = list(people)
    User.objects.filter(email__in=addresses).update(password=make_password(PASSWORD))
    EmailAddress.objects.filter(email__in=addresses).update(verified=True)


def sandbox_file() -> Path:
    """Where the sandbox of `make run` keeps its records."""
    return Path(settings.DATA_DIR) / "coursera-sandbox"
