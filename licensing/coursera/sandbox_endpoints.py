"""The endpoints of Coursera's enterprise API, answered from a sandbox.

Paths below `/ent/api/businesses.v1/{orgId}`, fields and error bodies are those of Coursera's
published format; the contract tests hold them to it.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from licensing.coursera.sandbox import (
    COURSES_IN_SPECIALIZATION,
    INVITED,
    LIVE,
    MEMBER,
    SPECIALIZATION,
    NotPossible,
    Sandbox,
    slug,
)
from licensing.coursera.sandbox_records import Enrollment, Person
from licensing.coursera.sandbox_wire import Answer, Body, Request, not_found

LARGEST_PAGE = 1000
RANGES: Mapping[str, tuple[str, Callable[[int, int], bool]]] = {
    "enrollAtBefore": ("enrolledAt", int.__le__),
    "enrollAtAfter": ("enrolledAt", int.__ge__),
    "lastActivityBefore": ("lastActivityAt", int.__lt__),
    "lastActivityAfter": ("lastActivityAt", int.__gt__),
    "completedAtBefore": ("completedAt", int.__le__),
    "completedAtAfter": ("completedAt", int.__ge__),
}
UPDATES = {
    "fullNameUpdate": ("fullName",),
    "emailUpdate": ("email",),
    "externalIdUpdate": ("externalId",),
    "fullNameAndExternalIdUpdate": ("fullName", "externalId"),
}

T = TypeVar("T")


class Endpoints:
    """The API of one sandbox, without its door."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._last: tuple[object, list[tuple[Person, Enrollment]]] = (None, [])
        program = r"/programs/(?P<program>[^/]+)"
        routes: list[tuple[str, str, Callable[..., Answer]]] = [
            ("GET", r"/?", self.organisation),
            ("GET", r"/programs", self.programs),
            ("POST", program + r"/invitations", self.invite),
            ("GET", program + r"/invitations", self.invitations),
            ("DELETE", program + r"/invitations/(?P<key>.+)", self.withdraw),
            ("POST", program + r"/memberships", self.add_member),
            ("GET", program + r"/memberships", self.memberships),
            ("GET", program + r"/memberships/(?P<key>.+)", self.membership),
            ("DELETE", program + r"/memberships/(?P<key>.+)", self.delete_member),
            ("GET", r"/users", self.users),
            ("POST", r"/users", self.change_user),
            ("DELETE", r"/users/(?P<external_id>.+)", self.delete_user),
            ("GET", r"/enrollmentReports", self.enrollment_reports),
        ]
        self._routes = [(method, re.compile(path), answer) for method, path, answer in routes]

    def answer(self, method: str, path: str, request: Request) -> Answer:
        """Answer a request; `path` is below the organisation's."""
        for known_method, pattern, endpoint in self._routes:
            found = pattern.fullmatch(path)
            if found is None or method != known_method:
                continue
            named = found.groupdict()
            if "program" in named and named["program"] not in self.sandbox.programs:
                return not_found()
            if "key" in named:
                program, tilde, named["external_id"] = named.pop("key").partition("~")
                if not tilde or program != named["program"]:
                    return Answer(400, {"message": "Malformed id", "statusCode": 400})
            try:
                return endpoint(request, **named)
            except NotPossible as no:
                refusal = {"errorCode": no.code, "message": no.message, "details": None}
                return Answer(400, refusal)
        return not_found()

    def organisation(self, request: Request) -> Answer:
        """The organisation itself."""
        row = {"id": self.sandbox.org_id, "name": "Sandbox organisation", "slug": "sandbox"}
        return Answer(200, {"elements": [row], "paging": {"total": 1}, "linked": {}})

    def programs(self, request: Request) -> Answer:
        """The programs of the organisation."""
        if "excludeContent" not in request.query:
            raise Answer(400, {"msg": "Missing parameter: excludeContent"})
        asked = request.query.get("ids")
        rows = [
            {
                "id": program_id,
                "name": name,
                "tagline": "",
                "url": f"https://www.coursera.org/programs/{slug(name)}",
                "contentIds": [],
            }
            for program_id, name in self.sandbox.programs.items()
            if asked is None or program_id in asked.split(",")
        ]
        return self._page(request, rows)

    def invite(self, request: Request, program: str) -> Answer:
        """Invite one person, or many with action=multiCreate."""
        if request.query.get("action") == "multiCreate":
            return self._invite_many(request, program)
        _validate(request.body, "", "externalId", "fullName", "email")
        return Answer(201, _invitation(self._invite(program, request.body)))

    def _invite_many(self, request: Request, program: str) -> Answer:
        invitees = request.body.get("invitees") or []
        for number, invitee in enumerate(invitees):
            _validate(invitee, f"/invitees({number})", "externalId", "fullName", "email")
        successful: list[Body] = []
        failed: list[Body] = []
        for invitee in invitees:
            named = {name: invitee[name] for name in ("externalId", "fullName", "email")}
            try:
                person = self._invite(program, invitee)
                successful.append({"invitationId": _opaque(person.key), **named})
            except NotPossible as refusal:
                pending = "EXISTING_INVITATION" in refusal.code
                code = "INVITATION_ALREADY_EXISTS" if pending else refusal.code
                failed.append({"errorCode": code, "message": refusal.message, **named})
        return Answer(200, {"programId": program, "successful": successful, "failed": failed})

    def _invite(self, program: str, invitee: Body) -> Person:
        return self.sandbox.invite(
            program, invitee["externalId"], invitee["fullName"], invitee["email"]
        )

    def invitations(self, request: Request, program: str) -> Answer:
        """Pending invitations of a program."""
        people = self.sandbox.listed(program, INVITED)
        return self._page(
            request, people, lambda p: {**_invitation(p), "createdAt": _ms(p.invited_at)}
        )

    def withdraw(self, request: Request, program: str, external_id: str) -> Answer:
        """Withdraw a pending invitation."""
        if not self.sandbox.withdraw(program, external_id):
            return not_found()
        return Answer(204)

    def add_member(self, request: Request, program: str) -> Answer:
        """Make a person with a verified account a member."""
        _validate(request.body, "", "externalId", "fullName")
        person = self.sandbox.add_member(
            program,
            request.body["externalId"],
            request.body["fullName"],
            request.body.get("email") or request.body["externalId"],
        )
        return Answer(201, _one(person))

    def memberships(self, request: Request, program: str) -> Answer:
        """Members of a program."""
        people = self.sandbox.listed(program, MEMBER)
        return self._page(
            request, people, lambda p: {"joinedAt": _ms(p.joined_at), **_invitation(p)}
        )

    def membership(self, request: Request, program: str, external_id: str) -> Answer:
        """One member of a program."""
        person = self.sandbox.people.get(f"{program}~{external_id}")
        if person is None or person.state != MEMBER:
            return Answer(404, {"errorCode": "notFound", "message": "not found", "details": None})
        return Answer(200, _one(person))

    def delete_member(self, request: Request, program: str, external_id: str) -> Answer:
        """Remove a member."""
        soft = request.flag("softDelete")
        if not self.sandbox.delete_member(program, external_id, soft=soft):
            return not_found()
        return Answer(204)

    def users(self, request: Request) -> Answer:
        """Everybody with an invitation or a membership, once a person."""
        people: dict[str, list[Person]] = {}
        for person in self.sandbox.people.values():
            if person.state in LIVE:
                people.setdefault(person.external_id, []).append(person)
        return self._page(request, [_user(records) for records in people.values()])

    def change_user(self, request: Request) -> Answer:
        """Change or delete the person with an address."""
        email = request.query.get("email", "").casefold()
        records = [
            person
            for person in self.sandbox.people.values()
            if person.email.casefold() == email and person.state in LIVE
        ]
        if not records:
            return not_found()
        match request.query.get("action"):
            case "deleteByEmail":
                for person in records:
                    self._delete(
                        person,
                        soft=request.flag("softDelete"),
                        members=not request.flag("invitationsOnly"),
                    )
            case "updateByEmail" if request.body.get("typeName") in UPDATES:
                definition = request.body.get("definition") or {}
                _validate(definition, "/definition", *UPDATES[request.body["typeName"]])
                for person in records:
                    self.sandbox.update(
                        person,
                        definition.get("fullName", person.full_name),
                        definition.get("email", person.email),
                        definition.get("externalId", person.external_id),
                    )
            case _:
                return Answer(400, {"msg": "Unknown action"})
        return Answer(200, _user(records))

    def delete_user(self, request: Request, external_id: str) -> Answer:
        """Take a person out of every program."""
        for person in list(self.sandbox.people.values()):
            if person.external_id == external_id:
                self._delete(person, soft=request.flag("softDelete"), members=True)
        return Answer(204)

    def enrollment_reports(self, request: Request) -> Answer:
        """One row a learner and content item."""
        query = request.query
        programs: Mapping[str, str] = self.sandbox.programs
        if "q" in query:
            if query["q"] not in ("byProgramId", "byUserProgramId") or "programId" not in query:
                return Answer(400, {"msg": "Cannot parse parameter q or programId"})
            if query["programId"] not in programs:
                return not_found()
            programs = {query["programId"]: ""}
        reported = self._reported(request, programs)
        asked = [name for name in RANGES if name in query]
        if not asked:
            # Rows of other pages need not be written to be counted.
            return self._page(request, reported, lambda one: self._report_row(*one))
        rows = [self._report_row(*one) for one in reported]
        for name in asked:
            field, holds = RANGES[name]
            bound = request.number(name, 0)
            rows = [row for row in rows if field in row and holds(row[field], bound)]
        return self._page(request, rows)

    def _reported(
        self, request: Request, programs: Mapping[str, str]
    ) -> list[tuple[Person, Enrollment]]:
        """What a report asked for in this way has, whichever page of it is wanted."""
        query = {name: value for name, value in request.query.items() if name != "start"}
        asked = (self.sandbox.changes, self.sandbox.report_as_of(), query)
        before, reported = self._last
        if asked != before:
            reported = [
                (person, enrollment)
                for person, enrollment in self.sandbox.reported(
                    deleted=request.flag("includeDeletedMembers")
                )
                if person.program_id in programs
                and (request.flag("includeS12n") or enrollment.content_type != SPECIALIZATION)
                and (
                    query.get("q") != "byUserProgramId" or person.external_id == query["externalId"]
                )
            ]
            self._last = asked, reported
        return reported

    def _report_row(self, person: Person, enrollment: Enrollment) -> Body:
        faults, as_of = self.sandbox.faults, self.sandbox.report_as_of()
        progress, last_activity_at, completed_at = enrollment.standing(as_of)
        program = self.sandbox.programs[person.program_id]
        row: Body = {
            "id": f"{person.external_id}~{enrollment.content_type}~{enrollment.content_id}",
            "externalId": person.external_id,
            "fullName": person.full_name,
            "email": person.email,
            "contentId": enrollment.content_id,
            "contentType": enrollment.content_type,
            "contentName": enrollment.name,
            "contentSlug": slug(enrollment.name),
            "partnerNames": ["Sandbox University"],
            "programId": person.program_id,
            "programName": program,
            "programSlug": slug(program),
            "membershipState": person.state,
            "enrolledAt": _ms(enrollment.enrolled_at),
            "isCompleted": completed_at is not None,
            "overallProgress": int(progress) if progress == int(progress) else progress,
            "updatedAt": _ms(as_of),
        }
        if enrollment.content_type == SPECIALIZATION:
            row["numCoursesInSpecialization"] = COURSES_IN_SPECIALIZATION
        else:
            row["courseType"] = "Course"
        if last_activity_at is not None and not faults.without_last_activity:
            row["lastActivityAt"] = _ms(last_activity_at)
        if completed_at is not None:
            row["completedAt"] = _ms(completed_at)
            row["grade"] = "0.95" if faults.grade_as_text else 0.95
            if faults.completed_below_100:
                row["overallProgress"] = 92.35
        if person.removed_at is not None:
            row["deletedAt"] = _ms(person.removed_at)
        return row

    def _delete(self, person: Person, *, soft: bool, members: bool) -> None:
        self.sandbox.withdraw(person.program_id, person.external_id)
        if members:
            self.sandbox.delete_member(person.program_id, person.external_id, soft=soft)

    def _page(
        self, request: Request, rows: list[T], written: Callable[[T], Body | T] = lambda row: row
    ) -> Answer:
        start, limit = request.number("start", 0), request.number("limit", 100)
        if not 1 <= limit <= LARGEST_PAGE:
            raise Answer(400, {"msg": f"Parameter limit is not in 1..{LARGEST_PAGE}: {limit}"})
        following: Body = {"total": len(rows)}
        if start + limit < len(rows):
            as_number = self.sandbox.faults.next_as_number
            following["next"] = start + limit if as_number else str(start + limit)
        elements = [written(row) for row in rows[start : start + limit]]
        return Answer(200, {"elements": elements, "paging": following, "linked": {}})


def _invitation(person: Person) -> Body:
    return {
        "id": person.key,
        "programId": person.program_id,
        "externalId": person.external_id,
        "fullName": person.full_name,
        "email": person.email,
    }


def _one(person: Person) -> Body:
    return {"elements": [_invitation(person)], "paging": {}, "linked": {}}


def _user(records: list[Person]) -> Body:
    first = records[0]
    return {
        "id": _opaque(first.email.casefold()),
        "externalId": first.external_id,
        "fullName": first.full_name,
        "email": first.email,
        "invitationProgramIds": [p.program_id for p in records if p.state == INVITED],
        "membershipProgramIds": [p.program_id for p in records if p.state == MEMBER],
    }


def _validate(body: Body, path: str, *names: str) -> None:
    """Refuse as Coursera's JSON validation does: one key a missing field."""
    missing = [f"{path}/{name}" for name in names if not isinstance(body.get(name), str)]
    if missing:
        details = {
            key: [{"message": f"{_pointer(key)} is required", "args": []}] for key in missing
        }
        raise Answer(
            400, {"errorCode": None, "message": "Request validation failed", "details": details}
        )


def _pointer(key: str) -> str:
    return key.replace("(", "/").replace(")", "")


def _ms(at: datetime | None) -> int:
    return 0 if at is None else int(at.timestamp() * 1000)


def _opaque(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()[:22]
