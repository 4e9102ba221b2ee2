"""The API client against payloads of Coursera's published format."""

import json
import logging
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import parse_qsl

import httpx
import pytest

from licensing.coursera.port import Invited, Invitee, Membership, NotGranted, RowError, Unavailable
from tests.contract.wire import AYESHA, PROGRAM, load

SERVER_FAULTS = [500, 502, 503, 504]


def as_documented(request: httpx.Request, name: str) -> bool:
    documented = load(name).request
    return (
        request.method == documented["method"]
        and request.url.path == documented["path"]
        and dict(request.url.params) == documented.get("query", {})
        and json.loads(request.content or b"{}") == documented.get("json", {})
        and request.headers["authorization"] == "Bearer opaque-token"
    )


class TestToken:
    def test_it_is_asked_for_as_documented_and_kept(self, scripted) -> None:
        coursera = scripted("invitation_created", "invitation_created")

        coursera.client.invite(PROGRAM, AYESHA)
        coursera.client.invite(PROGRAM, AYESHA)

        (asked,) = coursera.script.token_requests
        documented = load("token").request
        assert asked.url.path == documented["path"]
        assert {k: asked.headers[k] for k in documented["headers"]} == documented["headers"]
        assert dict(parse_qsl(asked.content.decode())) == documented["form"]

    def test_it_is_renewed_a_minute_before_it_ends(self, scripted) -> None:
        coursera = scripted("invitation_created", "invitation_created", "invitation_created")
        coursera.client.invite(PROGRAM, AYESHA)

        coursera.client._elapsed = lambda: 1000.0 + 1799 - 61
        coursera.client.invite(PROGRAM, AYESHA)
        assert len(coursera.script.token_requests) == 1

        coursera.client._elapsed = lambda: 1000.0 + 1799 - 60
        coursera.client.invite(PROGRAM, AYESHA)
        assert len(coursera.script.token_requests) == 2

    @pytest.mark.parametrize("fault", ["error_expired_token", "error_invalid_token"])
    def test_a_401_renews_it_once(self, scripted, fault: str) -> None:
        coursera = scripted(fault, "invitation_created")

        assert coursera.client.invite(PROGRAM, AYESHA) == Invited("invited")
        assert len(coursera.script.token_requests) == 2

    def test_a_second_401_is_a_refusal(self, scripted) -> None:
        coursera = scripted("error_invalid_token", "error_invalid_token")

        with pytest.raises(NotGranted) as refused:
            coursera.client.invite(PROGRAM, AYESHA)

        assert refused.value.code == "keymanagement.service.invalid_access_token"
        assert refused.value.message == "Invalid Access Token"

    def test_wrong_credentials_are_a_refusal(self, scripted) -> None:
        coursera = scripted()
        coursera.script.token_replies = [load("error_invalid_client").response()]

        with pytest.raises(NotGranted) as refused:
            coursera.client.invite(PROGRAM, AYESHA)

        assert refused.value.code == "invalid_client"

    @pytest.mark.parametrize(
        "reply",
        [
            httpx.ConnectError("refused"),
            httpx.ReadTimeout("slow"),
            httpx.Response(503),
            httpx.Response(200, text="<html>"),
            httpx.Response(200, json={"token_type": "Bearer"}),
        ],
    )
    def test_a_token_endpoint_in_trouble_is_transient_and_changed_nothing(
        self, scripted, reply
    ) -> None:
        coursera = scripted()
        coursera.script.token_replies = [reply]

        with pytest.raises(Unavailable) as failed:
            coursera.client.invite(PROGRAM, AYESHA)

        assert not failed.value.ambiguous


class TestInvite:
    @pytest.mark.parametrize("answer", ["invitation_created", "invitation_created_enveloped"])
    def test_a_new_person_is_invited_and_coursera_mails(self, scripted, answer: str) -> None:
        coursera = scripted(answer)

        assert coursera.client.invite(PROGRAM, AYESHA) == Invited("invited")
        assert as_documented(coursera.script.requests[0], answer)

    @pytest.mark.parametrize(
        ("error", "outcome"),
        [
            ("error_existing_invitation", "already-invited"),
            ("error_existing_membership", "already-member"),
        ],
    )
    def test_who_is_there_already_is_a_success(self, scripted, error: str, outcome: str) -> None:
        assert scripted(error).client.invite(PROGRAM, AYESHA) == Invited(outcome)

    def test_the_code_of_the_batch_call_is_known_too(self, scripted) -> None:
        failed = load("invitations_many").body["failed"][0]
        coursera = scripted(httpx.Response(200, json=failed))

        assert coursera.client.invite(PROGRAM, AYESHA) == Invited("already-invited")

    def test_a_taken_external_id_counts_only_when_the_person_is_found(self, scripted) -> None:
        found = scripted("error_external_id_taken", "membership")
        assert found.client.invite(PROGRAM, AYESHA) == Invited("already-member")

        lost = scripted(
            "error_external_id_taken",
            "error_not_a_member",
            "invitations_last_page",
            "error_not_a_member",
        )
        with pytest.raises(NotGranted) as refused:
            lost.client.invite(PROGRAM, AYESHA)
        assert refused.value.code == "EXTERNAL_ID_ALREADY_EXISTS"

    @pytest.mark.parametrize(
        ("error", "code"),
        [
            ("error_no_seats", "SANDBOX_NO_SEATS_LEFT"),
            ("error_malformed_id", "http-400"),
            ("error_routing", "http-400"),
            ("error_not_verified", "USER_EMAIL_NOT_VERIFIED"),
            ("error_validation", "http-400"),
            ("error_invalid_argument", "INVALID_ARGUMENT"),
            ("error_not_authorized", "Not Authorized"),
            ("error_forbidden", "Forbidden"),
            ("error_not_found", "http-404"),
            ("error_no_route", "Not Found"),
            ("error_not_found_typed", "NOT_FOUND"),
        ],
    )
    def test_any_other_no_is_a_refusal_with_what_coursera_said(
        self, scripted, error: str, code: str
    ) -> None:
        payload = load(error)

        with pytest.raises(NotGranted) as refused:
            scripted(error).client.invite(PROGRAM, AYESHA)

        assert refused.value.code == code
        assert json.loads(refused.value.raw) == payload.body
        said = {payload.body.get("message"), payload.body.get("msg"), ""}
        assert refused.value.message in said | {"Bad argument", "No such program"}

    def test_a_long_answer_is_cut(self, scripted) -> None:
        coursera = scripted(httpx.Response(400, text="x" * 10_000))

        with pytest.raises(NotGranted) as refused:
            coursera.client.invite(PROGRAM, AYESHA)

        assert len(refused.value.raw) == 2048

    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            ({"Retry-After": "120"}, 120.0),
            (
                {
                    "Date": "Tue, 10 Jan 2023 04:00:00 GMT",
                    "Retry-After": "Tue, 10 Jan 2023 04:05:00 GMT",
                },
                300.0,
            ),
            ({"Retry-After": "soon"}, None),
            ({}, None),
        ],
    )
    def test_429_says_when_to_come_back_and_is_not_repeated(
        self, scripted, headers: dict[str, str], seconds: float | None
    ) -> None:
        coursera = scripted(httpx.Response(429, headers=headers))

        with pytest.raises(Unavailable) as failed:
            coursera.client.invite(PROGRAM, AYESHA)

        assert failed.value.retry_after == seconds
        assert not failed.value.ambiguous
        assert len(coursera.script.requests) == 1

    def test_a_refused_connection_changed_nothing(self, scripted) -> None:
        with pytest.raises(Unavailable) as failed:
            scripted(httpx.ConnectError("refused")).client.invite(PROGRAM, AYESHA)

        assert not failed.value.ambiguous

    @pytest.mark.parametrize(
        "lost",
        [
            httpx.ReadTimeout("slow"),
            httpx.RemoteProtocolError("cut"),
            *[httpx.Response(status) for status in SERVER_FAULTS],
            httpx.Response(201, text="<html>"),
        ],
    )
    def test_a_lost_answer_is_looked_up_never_repeated(self, scripted, lost) -> None:
        coursera = scripted(lost, "error_not_a_member", "invitations_page")

        assert coursera.client.invite(PROGRAM, AYESHA) == Invited("already-invited")
        assert [call.split()[0] for call in coursera.script.calls] == ["POST", "GET", "GET"]

    def test_a_lost_answer_without_a_trace_is_for_the_next_attempt(self, scripted) -> None:
        coursera = scripted(
            httpx.ReadTimeout("slow"),
            "error_not_a_member",
            "invitations_last_page",
            "error_not_a_member",
        )

        with pytest.raises(Unavailable) as failed:
            coursera.client.invite(PROGRAM, AYESHA)

        assert failed.value.ambiguous

    def test_looking_first_finds_a_member(self, scripted) -> None:
        coursera = scripted("membership")

        found = coursera.client.invite(PROGRAM, AYESHA, look_first=True)

        assert found == Invited("already-member")
        assert as_documented(coursera.script.requests[0], "membership")

    def test_looking_first_reads_every_page_of_pending_invitations(self, scripted) -> None:
        coursera = scripted("error_not_a_member", "invitations_page", "invitations_last_page")
        bilal = Invitee("LIC-0002", "Bilal", "other@example.edu")

        found = coursera.client.invite(PROGRAM, bilal, look_first=True)

        assert found == Invited("already-invited")
        assert as_documented(coursera.script.requests[1], "invitations_page")
        assert as_documented(coursera.script.requests[2], "invitations_last_page")

    def test_looking_first_invites_whoever_is_nowhere(self, scripted) -> None:
        coursera = scripted(
            "error_not_a_member",
            "invitations_last_page",
            "error_not_a_member",
            "invitation_created",
        )

        assert coursera.client.invite(PROGRAM, AYESHA, look_first=True) == Invited("invited")

    def test_an_external_id_that_is_an_address_is_encoded_in_paths(self, scripted) -> None:
        coursera = scripted("membership")
        plus = Invitee("a+b@example.edu", "A B", "a+b@example.edu")

        coursera.client.invite(PROGRAM, plus, look_first=True)

        path = coursera.script.requests[0].url.raw_path.decode()
        assert path.endswith(f"/memberships/{PROGRAM}~a%2Bb%40example.edu")


class TestRemove:
    def test_invitation_and_membership_go_for_good(self, scripted) -> None:
        coursera = scripted(
            "invitation_deleted", "membership_deleted", "error_not_a_member", "error_not_found"
        )

        coursera.client.remove(PROGRAM, AYESHA)

        assert as_documented(coursera.script.requests[0], "invitation_deleted")
        assert as_documented(coursera.script.requests[1], "membership_deleted")

    def test_who_has_neither_is_done(self, scripted) -> None:
        errors = ["error_not_found", "error_not_a_member", "error_not_a_member", "error_not_found"]

        scripted(*errors).client.remove(PROGRAM, AYESHA)

    def test_a_membership_that_stays_is_not_done(self, scripted) -> None:
        coursera = scripted("invitation_deleted", "membership_deleted", "membership")

        with pytest.raises(Unavailable):
            coursera.client.remove(PROGRAM, AYESHA)

    def test_a_refusal_is_one(self, scripted) -> None:
        with pytest.raises(NotGranted):
            scripted("error_not_authorized").client.remove(PROGRAM, AYESHA)

    def test_a_busy_coursera_is_transient(self, scripted) -> None:
        busy = httpx.Response(429, headers={"Retry-After": "7"})

        with pytest.raises(Unavailable) as failed:
            scripted(busy).client.remove(PROGRAM, AYESHA)

        assert failed.value.retry_after == 7


class TestLists:
    def test_memberships(self, scripted) -> None:
        coursera = scripted("memberships_page", "memberships_last_page")

        members = list(coursera.client.memberships(PROGRAM))

        assert members == [
            Membership(
                "LIC-0001",
                "a.khan@example.edu",
                "Ayesha Khan",
                datetime(2023, 1, 3, 8, 0, 0, 123000, tzinfo=UTC),
                PROGRAM,
            ),
            Membership(
                "LIC-0002",
                "b.ahmed@example.edu",
                "بلال احمد",
                datetime(2023, 1, 4, 8, 0, tzinfo=UTC),
                PROGRAM,
            ),
        ]
        assert as_documented(coursera.script.requests[0], "memberships_page")
        assert as_documented(coursera.script.requests[1], "memberships_last_page")

    def test_enrollments(self, scripted) -> None:
        coursera = scripted("enrollments_page", "enrollments_last_page")

        done, fresh, specialization = coursera.client.enrollments(PROGRAM)

        assert (done.progress, done.is_completed) == (Decimal("92.35"), True)
        assert done.enrolled_at == datetime(2023, 1, 17, 9, 0, tzinfo=UTC)
        assert done.last_activity_at == done.completed_at == datetime(2023, 1, 18, 9, tzinfo=UTC)
        assert (fresh.last_activity_at, fresh.completed_at, fresh.progress) == (None, None, None)
        assert fresh.program_id == PROGRAM
        assert specialization.content_kind == "Specialization"
        assert specialization.membership_state == "DELETED_MEMBER"
        assert (specialization.courses_completed, specialization.courses_total) == (None, 5)
        assert as_documented(coursera.script.requests[0], "enrollments_page")
        assert as_documented(coursera.script.requests[1], "enrollments_last_page")

    def test_pages_are_read_only_when_asked_for(self, scripted) -> None:
        coursera = scripted("enrollments_page", "enrollments_last_page")

        next(coursera.client.enrollments(PROGRAM))

        assert len(coursera.script.requests) == 1

    def test_the_next_page_is_handed_back_as_it_came(self, scripted) -> None:
        first = load("memberships_page").body
        number = {**first, "paging": {"next": 700, "total": 2}}
        cursor = {**first, "paging": {"next": "b3BhcXVl", "total": 2}}
        coursera = scripted(
            httpx.Response(200, json=number),
            httpx.Response(200, json=cursor),
            "memberships_last_page",
        )

        assert len(list(coursera.client.memberships(PROGRAM))) == 3
        assert [r.url.params["start"] for r in coursera.script.requests] == ["0", "700", "b3BhcXVl"]

    def test_a_page_that_follows_itself_is_not_read_for_ever(self, scripted) -> None:
        page = {**load("memberships_page").body, "paging": {"next": "0"}}

        with pytest.raises(Unavailable):
            list(scripted(httpx.Response(200, json=page)).client.memberships(PROGRAM))

    @pytest.mark.parametrize(
        ("change", "column"),
        [
            ({"externalId": None}, "externalId"),
            ({"enrolledAt": None}, "enrolledAt"),
            ({"enrolledAt": "yesterday"}, "enrolledAt"),
            ({"completedAt": 10**30}, "completedAt"),
            ({"contentType": "Video"}, "contentType"),
            ({"overallProgress": 101}, "overallProgress"),
            ({"overallProgress": "NaN"}, "overallProgress"),
        ],
    )
    def test_a_row_that_cannot_be_read_costs_itself_alone(
        self, scripted, change: dict[str, object], column: str
    ) -> None:
        page = load("enrollments_page").body
        good = page["elements"][0]
        rows = {"elements": [good, {**good, **change}, "odd", good], "paging": {}}

        read = list(scripted(httpx.Response(200, json=rows)).client.enrollments(PROGRAM))

        errors = [row for row in read if isinstance(row, RowError)]
        assert [(e.line, e.column) for e in errors] == [(2, column), (3, "")]
        assert len(read) == 4
        assert all(e.message for e in errors)

    def test_reads_are_tried_three_times(self, scripted) -> None:
        coursera = scripted(
            httpx.Response(429, headers={"Retry-After": "2"}),
            httpx.ReadTimeout("slow"),
            "memberships_last_page",
        )

        assert len(list(coursera.client.memberships(PROGRAM))) == 1
        assert coursera.slept == [2.0, 1.0]

    @pytest.mark.parametrize("broken", [httpx.Response(200, text="<html>"), httpx.Response(502)])
    def test_after_three_times_coursera_is_unavailable(self, scripted, broken) -> None:
        coursera = scripted(broken, broken, broken)

        with pytest.raises(Unavailable) as failed:
            list(coursera.client.memberships(PROGRAM))

        assert not failed.value.ambiguous

    def test_a_long_wait_is_left_to_the_job(self, scripted) -> None:
        coursera = scripted(httpx.Response(503, headers={"Retry-After": "900"}))

        with pytest.raises(Unavailable) as failed:
            list(coursera.client.memberships(PROGRAM))

        assert failed.value.retry_after == 900
        assert coursera.slept == []

    @pytest.mark.parametrize("error", ["error_not_found", "error_forbidden", "error_routing"])
    def test_a_refused_list_is_a_refusal(self, scripted, error: str) -> None:
        with pytest.raises(NotGranted):
            list(scripted(error).client.enrollments(PROGRAM))


def test_neither_logs_nor_exceptions_name_the_person(scripted, caplog) -> None:
    caplog.set_level(logging.DEBUG, logger="licensing")
    named = {"errorCode": "ODD", "message": "a.khan@example.edu is odd", "details": None}

    with pytest.raises(NotGranted) as refused:
        scripted(httpx.Response(400, json=named)).client.invite(PROGRAM, AYESHA)

    logged = " ".join(r.getMessage() for r in caplog.records if r.name.startswith("licensing"))
    for personal in ("a.khan", "Ayesha", "LIC-0001"):
        assert personal not in logged + str(refused.value)
