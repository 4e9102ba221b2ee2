"""A stand-in for Coursera with its own truth: who was invited, joined, enrolled, learned, left.

Demo, tests and replay use it; `sandbox_server` puts it on the wire. Nothing of the product's own
state is known here. A person has one record for each (program, external id), as at Coursera:

    nobody → INVITED → MEMBER → DELETED_MEMBER → INVITED …     and INVITED → WITHDRAWN

Time comes from `now`. With a path every record is kept in a SQLite file, so that a second start
goes on where the first one ended; without one it lives in memory. Safe to use from threads.
"""

import base64
import hashlib
import re
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from licensing.coursera.sandbox_records import Activity, Archive, Enrollment, Faults, Person

SANDBOX_ORG_ID = "dlsei-sandbox-org-0001"
SANDBOX_CLIENT_ID = "sandbox"
SANDBOX_CLIENT_SECRET = "sandbox"
SANDBOX_PROGRAMS = {
    "dlsei-cohort-1-sandbox": "DLSEI Cohort I",
    "dlsei-cohort-2-sandbox": "DLSEI Cohort II",
}

INVITED, MEMBER, DELETED, WITHDRAWN = "INVITED", "MEMBER", "DELETED_MEMBER", "WITHDRAWN"
LIVE = (INVITED, MEMBER)
COURSE, SPECIALIZATION = "Course", "Specialization"
CONTENT_TYPES = {
    "course": COURSE,
    "specialization": SPECIALIZATION,
    "professional-certificate": SPECIALIZATION,
}
COURSES_IN_SPECIALIZATION = 4


class NotPossible(Exception):
    """A request that Coursera refuses, with its business error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class Sandbox:
    """Coursera's state machine. Control methods return False for whoever is not there."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        path: Path | None = None,
        programs: Mapping[str, str] = SANDBOX_PROGRAMS,
        org_id: str = SANDBOX_ORG_ID,
        client_id: str = SANDBOX_CLIENT_ID,
        client_secret: str = SANDBOX_CLIENT_SECRET,
    ) -> None:
        self.now = now
        self.programs = dict(programs)
        self.org_id, self.client_id, self.client_secret = org_id, client_id, client_secret
        self.lock = threading.RLock()
        self.people: dict[str, Person] = {}
        self.changes = 0
        """How often anybody's record has changed: what was asked before is still true while it stays."""
        self._by_email: dict[str, list[str]] = {}
        self._archive = None if path is None else Archive(path)
        self.faults = self._archive.faults() if self._archive else Faults()
        self.accounts = self._archive.accounts() if self._archive else set()
        for person in self._archive.people() if self._archive else ():
            self._index(person)

    # What the customer does over the wire

    def invite(self, program_id: str, external_id: str, full_name: str, email: str) -> Person:
        """Invite a person; raises NotPossible as Coursera refuses."""
        with self.lock:
            self._refuse_double(program_id, external_id, email)
            person = self._fresh(program_id, external_id, full_name, email)
            person.state, person.invited_at = INVITED, self.now()
            return self._keep(person)

    def add_member(self, program_id: str, external_id: str, full_name: str, email: str) -> Person:
        """Make a person with a verified account a member; raises NotPossible otherwise."""
        with self.lock:
            if email.casefold() not in self.accounts:
                raise NotPossible("USER_EMAIL_NOT_VERIFIED", "User email is not verified")
            known = self.people.get(f"{program_id}~{external_id}")
            if known is None or known.state != INVITED:
                self._refuse_double(program_id, external_id, email)
                known = self._fresh(program_id, external_id, full_name, email)
            self._join(known)
            return known

    def withdraw(self, program_id: str, external_id: str) -> bool:
        """Withdraw a pending invitation."""
        with self.lock:
            person = self._record(program_id, external_id, INVITED)
            if person is None:
                return False
            person.state = DELETED if person.joined_at else WITHDRAWN
            self._keep(person)
            return True

    def delete_member(self, program_id: str, external_id: str, *, soft: bool = False) -> bool:
        """Remove a member; `soft` lets the person rejoin without a new invitation."""
        with self.lock:
            person = self._record(program_id, external_id, MEMBER)
            if person is None:
                return False
            person.state, person.removed_at, person.may_rejoin = DELETED, self.now(), soft
            self._keep(person)
            return True

    def update(self, person: Person, full_name: str, email: str, external_id: str) -> Person:
        """Give a person another name, address or external id, in place."""
        with self.lock:
            order = list(self.people)
            self._forget(person.key)
            old, person.full_name, person.email = person.key, full_name, email
            person.external_id = external_id
            self._keep(person)
            places = [person.key if key == old else key for key in order]
            self.people = {key: self.people[key] for key in places}
            return person

    # What the person does on Coursera's own pages

    def add_account(self, email: str) -> None:
        """The person has an account at Coursera under this verified address."""
        with self.lock:
            if email.casefold() not in self.accounts:
                self.accounts.add(email.casefold())
                if self._archive is not None:
                    self._archive.keep("account", email.casefold())

    def accept(self, program_id: str, external_id: str) -> bool:
        """The person accepts the invitation and joins."""
        with self.lock:
            person = self.people.get(f"{program_id}~{external_id}")
            if person is None:
                return False
            if person.state == INVITED or (person.state == DELETED and person.may_rejoin):
                self._join(person)
            return person.state == MEMBER

    def enroll(self, program_id: str, external_id: str, course: str, kind: str = "course") -> bool:
        """The person enrolls, accepting first where that is still to be done."""
        with self.lock:
            if kind not in CONTENT_TYPES or not self.accept(program_id, external_id):
                return False
            person = self.people[f"{program_id}~{external_id}"]
            content_id = _content_id(CONTENT_TYPES[kind], course)
            known = person.enrollments.get(content_id)
            if known is None:
                known = Enrollment(content_id, CONTENT_TYPES[kind], course, self.now())
                person.enrollments[content_id] = known
            else:
                known.trail.append(Activity(self.now()))
            self._keep(person)
            return True

    def progress(self, program_id: str, external_id: str, course: str, percent: float) -> bool:
        """The person now stands at so many percent of a course."""
        return self._act(program_id, external_id, course, progress=percent)

    def complete(self, program_id: str, external_id: str, course: str) -> bool:
        """The person completes a course."""
        return self._act(program_id, external_id, course, progress=100.0, completed=True)

    def learn(self, program_id: str, external_id: str) -> bool:
        """The person does something in the course enrolled in last."""
        return self._act(program_id, external_id, None)

    # What can be asked

    def find(self, email_or_id: str, program_id: str | None = None) -> Person | None:
        """The newest record of a person, by e-mail address or external id, in one program or any."""
        with self.lock:
            keys = self._by_email.get(email_or_id.casefold(), ())
            named = [self.people[key] for key in keys] or [
                person for person in self.people.values() if person.external_id == email_or_id
            ]
            here = [person for person in named if program_id in (None, person.program_id)]
            return here[-1] if here else None

    def listed(self, program_id: str, *states: str) -> list[Person]:
        """The people of a program in any of these states, oldest first."""
        with self.lock:
            return [
                person
                for person in self.people.values()
                if person.program_id == program_id and person.state in states
            ]

    def reported(self, *, deleted: bool) -> list[tuple[Person, Enrollment]]:
        """Every enrollment that a report shows now, of removed people too with `deleted`."""
        with self.lock:
            as_of = self.report_as_of()
            return [
                (person, enrollment)
                for person in self.people.values()
                if deleted or person.state == MEMBER
                for enrollment in person.enrollments.values()
                if enrollment.enrolled_at <= as_of
            ]

    def report_as_of(self) -> datetime:
        """The instant whose state a report shows now."""
        return self.now() - timedelta(hours=self.faults.report_lag_hours)

    def set_faults(self, **switches: int | bool) -> None:
        """Set the named switches of Faults and leave the others."""
        with self.lock:
            for name, value in switches.items():
                kind = type(getattr(self.faults, name))
                setattr(self.faults, name, kind(value))
            if self._archive is not None:
                self._archive.keep("faults", "", self.faults)

    def save(self, path: Path) -> None:
        """Write everybody known into a new file, with which another sandbox goes on."""
        with self.lock:
            Archive(path).keep_all(self.people.values(), self.accounts)

    def spend(self, fault: str) -> bool:
        """Whether a counting fault strikes now; then it strikes once less."""
        with self.lock:
            left = getattr(self.faults, fault)
            if left > 0:
                self.set_faults(**{fault: left - 1})
            return bool(left > 0)

    def _act(
        self,
        program_id: str,
        external_id: str,
        course: str | None,
        *,
        progress: float | None = None,
        completed: bool = False,
    ) -> bool:
        with self.lock:
            person = self._record(program_id, external_id, MEMBER)
            if person is None:
                return False
            named = [e for e in person.enrollments.values() if course in (None, e.name)]
            if not named:
                return False
            named[-1].trail.append(Activity(self.now(), progress, completed))
            self._keep(person)
            return True

    def _record(self, program_id: str, external_id: str, state: str) -> Person | None:
        person = self.people.get(f"{program_id}~{external_id}")
        return person if person is not None and person.state == state else None

    def _refuse_double(self, program_id: str, external_id: str, email: str) -> None:
        for key in self._by_email.get(email.casefold(), ()):
            known = self.people[key]
            if known.program_id == program_id and known.state == INVITED:
                raise NotPossible(
                    "PROGRAM_INVITEE_ERROR_EXISTING_INVITATION_FOR_EMAIL",
                    "An invitation for this email already exists",
                )
            if known.program_id == program_id and known.state == MEMBER:
                raise NotPossible(
                    "PROGRAM_MEMBER_ERROR_EXISTING_MEMBERSHIP_FOR_EMAIL",
                    "A membership for this email already exists",
                )
        taken = self.people.get(f"{program_id}~{external_id}")
        if taken is not None and taken.state in LIVE:
            raise NotPossible("EXTERNAL_ID_ALREADY_EXISTS", "The external id is taken")
        if self.faults.no_seats:
            raise NotPossible("SANDBOX_NO_SEATS_LEFT", "Sandbox: the contract has no seats")

    def _fresh(self, program_id: str, external_id: str, full_name: str, email: str) -> Person:
        """A record for a new invitation, placed last; what a removed member learned stays."""
        person = self._forget(f"{program_id}~{external_id}")
        if person is None:
            return Person(program_id, external_id, email, full_name, WITHDRAWN)
        person.email, person.full_name = email, full_name
        return person

    def _forget(self, key: str) -> Person | None:
        person = self.people.pop(key, None)
        if person is not None:
            self.changes += 1
            self._by_email[person.email.casefold()].remove(key)
            if self._archive is not None:
                self._archive.drop("person", key)
        return person

    def _join(self, person: Person) -> None:
        person.state, person.joined_at, person.removed_at = MEMBER, self.now(), None
        self.add_account(person.email)
        self._keep(person)

    def _keep(self, person: Person) -> Person:
        self.changes += 1
        self._index(person)
        if self._archive is not None:
            self._archive.keep("person", person.key, person)
        return person

    def _index(self, person: Person) -> None:
        self.people[person.key] = person
        keys = self._by_email.setdefault(person.email.casefold(), [])
        if person.key not in keys:
            keys.append(person.key)


@lru_cache(maxsize=1024)
def slug(name: str) -> str:
    """A name as Coursera writes it in addresses."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "untitled"


def _content_id(content_type: str, name: str) -> str:
    """A stable id of Coursera's shape: 22 base64url characters."""
    digest = hashlib.sha256(f"{content_type}~{name}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:22]
