"""The sandbox against the same payloads: same fields, same types, same errors."""

from types import NoneType, UnionType
from typing import Any

import httpx
import pytest

from licensing.coursera.sandbox import Sandbox
from tests.contract.wire import AYESHA, ORG, PROGRAM, Clock, load, sign_in

ROOT = f"/ent/api/businesses.v1/{ORG}"
INVITATIONS = f"{ROOT}/programs/{PROGRAM}/invitations"
MEMBERSHIPS = f"{ROOT}/programs/{PROGRAM}/memberships"
REPORT = f"{ROOT}/enrollmentReports"
BILAL = {"externalId": "LIC-0002", "fullName": "Bilal Ahmed", "email": "b.ahmed@example.edu"}


KINDS: dict[type, type | UnionType] = {int: int | float, float: int | float, NoneType: object}


def differences(actual: Any, documented: Any, optional: list[str], path: str = "") -> list[str]:
    """Where an answer's fields or types are not the documented ones."""
    if actual is None and path in optional:
        return []
    if not isinstance(actual, KINDS.get(type(documented), type(documented))):
        return [f"{path} is {actual!r}, documented {documented!r}"]
    found = []
    if isinstance(documented, dict):
        below = {name: f"{path}.{name}".lstrip(".") for name in actual.keys() | documented.keys()}
        for name, where in below.items():
            if name not in documented and where not in optional:
                found.append(f"{where} is not documented")
            elif name in actual and name in documented:
                found += differences(actual[name], documented[name], optional, where)
            elif where not in optional:
                found.append(f"{where} is missing")
    elif isinstance(documented, list) and documented:
        for element in actual:
            found += differences(element, documented[0], optional, f"{path}[]")
    return found


def documented(answer: httpx.Response, name: str) -> bool:
    payload = load(name)
    assert answer.status_code == payload.status, answer.text
    if payload.body is None:
        return answer.content == b""
    assert differences(answer.json(), payload.body, payload.optional) == []
    return True


def invite(wire: httpx.Client, **change: str) -> httpx.Response:
    body = {**load("invitation_created").request["json"], **change}
    return wire.post(INVITATIONS, json=body)


@pytest.fixture
def learner(sandbox: Sandbox) -> str:
    sandbox.invite(PROGRAM, AYESHA.external_id, AYESHA.full_name, AYESHA.email)
    sandbox.accept(PROGRAM, AYESHA.external_id)
    return AYESHA.external_id


class TestAnswers:
    def test_token(self, wire: httpx.Client) -> None:
        request = load("token").request
        answer = wire.post(request["path"], auth=("key", "secret"), data=request["form"])
        assert documented(answer, "token")

    def test_organisation(self, wire: httpx.Client) -> None:
        assert documented(wire.get(f"{ROOT}/"), "organisation")

    def test_programs(self, wire: httpx.Client) -> None:
        answer = wire.get(f"{ROOT}/programs", params={"excludeContent": "true"})
        assert documented(answer, "programs")

    def test_invitation(self, wire: httpx.Client) -> None:
        answer = invite(wire)
        assert documented(answer, "invitation_created")
        assert answer.json() == load("invitation_created").body

    def test_many_invitations_partly_refused(self, wire: httpx.Client) -> None:
        invite(wire, **BILAL)
        answer = wire.post(
            INVITATIONS,
            params={"action": "multiCreate"},
            json=load("invitations_many").request["json"],
        )
        assert documented(answer, "invitations_many")
        assert [row["externalId"] for row in answer.json()["successful"]] == ["LIC-0001"]
        assert [row["errorCode"] for row in answer.json()["failed"]] == [
            "INVITATION_ALREADY_EXISTS"
        ]

    def test_pending_invitations(self, wire: httpx.Client) -> None:
        invite(wire)
        invite(wire, **BILAL)
        first = wire.get(INVITATIONS, params={"start": 0, "limit": 1})
        assert documented(first, "invitations_page")
        second = wire.get(INVITATIONS, params={"start": first.json()["paging"]["next"]})
        assert documented(second, "invitations_last_page")

    def test_withdrawn_invitation(self, wire: httpx.Client) -> None:
        invite(wire)
        answer = wire.delete(f"{INVITATIONS}/{PROGRAM}~LIC-0001")
        assert documented(answer, "invitation_deleted")
        assert wire.get(INVITATIONS).json()["elements"] == []

    def test_membership_of_a_verified_account(self, wire: httpx.Client, sandbox: Sandbox) -> None:
        sandbox.add_account(AYESHA.email)
        answer = wire.post(MEMBERSHIPS, json=load("membership_created").request["json"])
        assert documented(answer, "membership_created")

    def test_memberships(self, wire: httpx.Client, sandbox: Sandbox, learner: str) -> None:
        invite(wire, **BILAL)
        sandbox.accept(PROGRAM, "LIC-0002")
        first = wire.get(MEMBERSHIPS, params={"limit": 1})
        assert documented(first, "memberships_page")
        assert documented(wire.get(MEMBERSHIPS, params={"start": 1}), "memberships_last_page")
        assert documented(wire.get(f"{MEMBERSHIPS}/{PROGRAM}~{learner}"), "membership")

    def test_deleted_membership(self, wire: httpx.Client, sandbox: Sandbox, learner: str) -> None:
        answer = wire.delete(f"{MEMBERSHIPS}/{PROGRAM}~{learner}", params={"softDelete": "false"})
        assert documented(answer, "membership_deleted")
        assert not sandbox.accept(PROGRAM, learner)

    def test_soft_deletion_lets_the_person_rejoin(
        self, wire: httpx.Client, sandbox: Sandbox, learner: str
    ) -> None:
        wire.delete(f"{MEMBERSHIPS}/{PROGRAM}~{learner}", params={"softDelete": "true"})
        assert sandbox.accept(PROGRAM, learner)

    def test_users(self, wire: httpx.Client, sandbox: Sandbox, learner: str) -> None:
        assert documented(wire.get(f"{ROOT}/users"), "users")
        by_email = {"action": "updateByEmail", "email": AYESHA.email.upper()}
        renamed = {"typeName": "fullNameUpdate", "definition": {"fullName": "Ayesha K."}}
        answer = wire.post(f"{ROOT}/users", params=by_email, json=renamed)
        assert documented(answer, "user_deleted_by_email")
        assert sandbox.people[f"{PROGRAM}~{learner}"].full_name == "Ayesha K."
        gone = wire.post(f"{ROOT}/users", params={**by_email, "action": "deleteByEmail"})
        assert documented(gone, "user_deleted_by_email")
        assert gone.json()["membershipProgramIds"] == []

    def test_a_user_leaves_every_program(self, wire: httpx.Client, learner: str) -> None:
        assert documented(wire.delete(f"{ROOT}/users/{learner}"), "user_deleted")
        assert wire.get(MEMBERSHIPS).json()["elements"] == []


class TestReport:
    def ask(self, wire: httpx.Client, **query: object) -> list[dict[str, Any]]:
        answer = wire.get(REPORT, params={"q": "byProgramId", "programId": PROGRAM, **query})
        assert documented(answer, "enrollments_page")
        return answer.json()["elements"]

    def test_rows_are_as_documented(
        self, wire: httpx.Client, sandbox: Sandbox, clock: Clock, learner: str
    ) -> None:
        sandbox.enroll(PROGRAM, learner, "Machine Learning")
        sandbox.enroll(PROGRAM, learner, "Google IT Support", "professional-certificate")
        clock.pass_by(days=1)
        sandbox.complete(PROGRAM, learner, "Machine Learning")
        sandbox.progress(PROGRAM, learner, "Google IT Support", 50)
        sign_in(wire)

        course, certificate = self.ask(wire, includeS12n="true")

        assert course["completedAt"] == course["lastActivityAt"] == int(clock.at.timestamp()) * 1000
        assert certificate["contentType"] == "Specialization"
        assert (certificate["overallProgress"], certificate["isCompleted"]) == (50, False)
        assert "completedAt" not in certificate
        assert [row["contentType"] for row in self.ask(wire)] == ["Course"]

    def test_a_course_never_opened_has_no_activity(
        self, wire: httpx.Client, sandbox: Sandbox, learner: str
    ) -> None:
        sandbox.enroll(PROGRAM, learner, "Machine Learning")
        (row,) = self.ask(wire)
        assert "lastActivityAt" not in row

    def test_a_member_without_enrollment_has_no_row(self, wire: httpx.Client, learner: str) -> None:
        assert self.ask(wire, includeDeletedMembers="true") == []

    def test_removed_members_stay_on_demand(
        self, wire: httpx.Client, sandbox: Sandbox, learner: str
    ) -> None:
        sandbox.enroll(PROGRAM, learner, "Machine Learning")
        sandbox.delete_member(PROGRAM, learner)
        assert self.ask(wire) == []
        (row,) = self.ask(wire, includeDeletedMembers="true")
        assert row["membershipState"] == "DELETED_MEMBER"

    def test_it_can_be_asked_for_one_person_and_a_span_of_time(
        self, wire: httpx.Client, sandbox: Sandbox, clock: Clock, learner: str
    ) -> None:
        sandbox.enroll(PROGRAM, learner, "Machine Learning")
        noon = int(clock.at.timestamp() * 1000)
        by_person = {"q": "byUserProgramId", "externalId": "LIC-9999"}
        assert self.ask(wire, **by_person) == []
        assert len(self.ask(wire, enrollAtBefore=noon)) == 1
        assert self.ask(wire, enrollAtAfter=noon + 1) == []


class TestFaults:
    def test_reports_may_lag(
        self, wire: httpx.Client, sandbox: Sandbox, clock: Clock, learner: str
    ) -> None:
        sandbox.enroll(PROGRAM, learner, "Machine Learning")
        clock.pass_by(hours=2)
        sandbox.progress(PROGRAM, learner, "Machine Learning", 40)
        clock.pass_by(hours=2)

        sandbox.set_faults(report_lag_hours=3)
        sign_in(wire)
        (row,) = wire.get(REPORT).json()["elements"]
        assert (row["overallProgress"], "lastActivityAt" in row) == (0, False)

        sandbox.set_faults(report_lag_hours=5)
        assert wire.get(REPORT).json()["elements"] == []

    def test_rows_may_be_odd(self, wire: httpx.Client, sandbox: Sandbox, learner: str) -> None:
        sandbox.enroll(PROGRAM, learner, "Machine Learning")
        sandbox.complete(PROGRAM, learner, "Machine Learning")
        sandbox.set_faults(without_last_activity=1, completed_below_100=1, grade_as_text=1)
        (row,) = wire.get(REPORT).json()["elements"]
        assert "lastActivityAt" not in row
        assert (row["isCompleted"], row["overallProgress"], row["grade"]) == (True, 92.35, "0.95")

    def test_an_outage_is_everywhere(self, wire: httpx.Client, sandbox: Sandbox) -> None:
        sandbox.set_faults(outage=True)
        assert wire.get(f"{ROOT}/").status_code == 503
        assert wire.post("/oauth2/client_credentials/token").status_code == 503


class TestErrors:
    def test_no_token_and_a_wrong_one(self, wire: httpx.Client) -> None:
        wrong = {"Authorization": "Bearer wrong"}
        assert documented(wire.get(f"{ROOT}/", headers=wrong), "error_invalid_token")

    def test_a_token_ends_after_its_half_hour(self, wire: httpx.Client, clock: Clock) -> None:
        clock.pass_by(seconds=1799)
        assert documented(wire.get(f"{ROOT}/"), "error_expired_token")

    def test_wrong_credentials(self, wire: httpx.Client) -> None:
        answer = wire.post("/oauth2/client_credentials/token", auth=("key", "wrong"))
        assert documented(answer, "error_invalid_client")

    def test_another_organisation(self, wire: httpx.Client) -> None:
        answer = wire.get("/ent/api/businesses.v1/another/programs")
        assert documented(answer, "error_not_authorized")

    def test_an_unknown_program_and_path(self, wire: httpx.Client) -> None:
        unknown = wire.get(f"{ROOT}/programs/unknown/memberships")
        assert documented(unknown, "error_not_found")
        assert documented(wire.get(f"{ROOT}/learnerActivity"), "error_not_found")

    def test_a_malformed_id(self, wire: httpx.Client) -> None:
        answer = wire.get(f"{MEMBERSHIPS}/LIC-0001")
        assert documented(answer, "error_malformed_id")

    def test_a_malformed_query(self, wire: httpx.Client) -> None:
        assert documented(wire.get(MEMBERSHIPS, params={"start": "x"}), "error_routing")
        assert documented(wire.get(f"{ROOT}/programs"), "error_routing")

    def test_missing_fields(self, wire: httpx.Client) -> None:
        answer = wire.post(INVITATIONS, json={"fullName": "A", "email": "a@example.edu"})
        assert documented(answer, "error_validation")
        batch = {"invitees": [{"externalId": "X", "email": "a@example.edu"}]}
        many = wire.post(INVITATIONS, params={"action": "multiCreate"}, json=batch)
        (key, (inner,)) = next(iter(many.json()["details"].items()))
        assert key == "/invitees(0)/fullName"
        assert "/invitees/0/fullName" in inner["message"]

    def test_a_second_invitation(self, wire: httpx.Client) -> None:
        invite(wire)
        again = invite(wire, externalId="LIC-0009", email=AYESHA.email.upper())
        assert documented(again, "error_existing_invitation")
        assert again.json()["errorCode"] == load("error_existing_invitation").body["errorCode"]

    def test_an_invitation_of_a_member(self, wire: httpx.Client, learner: str) -> None:
        answer = invite(wire, externalId="LIC-0009")
        assert answer.json()["errorCode"] == load("error_existing_membership").body["errorCode"]

    def test_a_taken_external_id(self, wire: httpx.Client) -> None:
        invite(wire)
        answer = invite(wire, email="another@example.edu")
        assert answer.json()["errorCode"] == load("error_external_id_taken").body["errorCode"]

    def test_an_account_that_is_not_verified(self, wire: httpx.Client) -> None:
        answer = wire.post(MEMBERSHIPS, json=load("membership_created").request["json"])
        assert documented(answer, "error_not_verified")

    def test_no_seats(self, wire: httpx.Client, sandbox: Sandbox) -> None:
        sandbox.set_faults(no_seats=True)
        answer = invite(wire)
        assert documented(answer, "error_no_seats")
        assert answer.json()["errorCode"] == "SANDBOX_NO_SEATS_LEFT"

    def test_not_a_member(self, wire: httpx.Client) -> None:
        answer = wire.get(f"{MEMBERSHIPS}/{PROGRAM}~LIC-0001")
        assert documented(answer, "error_not_a_member")
        assert wire.delete(f"{MEMBERSHIPS}/{PROGRAM}~LIC-0001").status_code == 404
        assert wire.delete(f"{INVITATIONS}/{PROGRAM}~LIC-0001").status_code == 404
