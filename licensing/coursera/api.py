"""Coursera reached through its enterprise API ("Coursera for Business", v1).

Coursera has no idempotency key. So a POST is never repeated blindly: after an answer that was
lost, the invitation and the membership are looked up first. Nothing is computed from `paging.next`:
what came is handed back.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx

from licensing.coursera.port import (
    EnrollmentRow,
    Invited,
    Invitee,
    Membership,
    NotGranted,
    Outcome,
    RowError,
    Unavailable,
)
from licensing.coursera.report_rows import read_enrollment, read_membership

logger = logging.getLogger(__name__)

BASE_URL = "https://api.coursera.com"
TIMEOUT = httpx.Timeout(30.0, connect=5.0)
READ_ATTEMPTS = 3
LONGEST_PAUSE = 5.0  # seconds a read waits for Coursera itself; longer is the job's to wait
RENEW_EARLY = 60.0  # seconds before a token ends
RAW_BYTES = 2048
MANY_REQUESTS = 429

SETTLED: Mapping[str, Outcome] = {
    "EXISTING_INVITATION": "already-invited",
    "INVITATION_ALREADY_EXISTS": "already-invited",
    "EXISTING_MEMBERSHIP": "already-member",
}
# These say that something of the person exists, not that it is an invitation to this program.
WORTH_A_LOOK = ("ALREADY", "EXISTING_USER")


class ApiCoursera:
    """The port over HTTPS, for an organisation whose contract includes the API.

    `base_url` is scheme and host alone. `transport`, `sleep` and `elapsed` (seconds that only
    grow) are there for tests and replay, which bring their own wire and time.
    """

    def __init__(
        self,
        *,
        org_id: str,
        client_id: str,
        client_secret: str,
        base_url: str = BASE_URL,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        elapsed: Callable[[], float] = time.monotonic,
        page_size: int = 100,
    ) -> None:
        self._http = httpx.Client(base_url=base_url, transport=transport, timeout=TIMEOUT)
        self._root = f"/ent/api/businesses.v1/{quote(org_id, safe='')}"
        self._credentials = httpx.BasicAuth(client_id, client_secret)
        self._sleep = sleep
        self._elapsed = elapsed
        self._page_size = page_size
        self._token = ""
        self._token_ends = 0.0
        self._token_lock = threading.Lock()

    def invite(self, program_id: str, invitee: Invitee, *, look_first: bool = False) -> Invited:
        """Invite a person; Coursera mails the activation link (4.1.g, R9)."""
        if look_first:
            known = self._look(program_id, invitee)
            if known is not None:
                return known
        try:
            answer = self._send(
                "POST",
                f"{_program(program_id)}/invitations",
                json={
                    "externalId": invitee.external_id,
                    "fullName": invitee.full_name,
                    "email": invitee.email,
                    "sendEmail": True,
                },
            )
            created = _json(answer)
        except Unavailable as failure:
            known = self._look(program_id, invitee) if failure.ambiguous else None
            if known is None:
                raise
            return known
        if answer.is_success and _names(created, invitee):
            return Invited("invited")
        return self._settle(program_id, invitee, answer, created)

    def remove(self, program_id: str, invitee: Invitee) -> None:
        """Withdraw the invitation, delete the membership for good, and make sure (5.z).

        The invitation goes first, so that whoever accepts in between is still removed. Pending
        invitations have no read by id, so deleting again is how that half is made sure.
        """
        invitation = f"{_program(program_id)}/invitations/{_composed(program_id, invitee)}"
        membership = f"{_program(program_id)}/memberships/{_composed(program_id, invitee)}"
        self._delete(invitation)
        self._delete(membership, softDelete="false")
        if self._is_member(program_id, invitee):
            raise Unavailable("the membership is still there", ambiguous=True)
        self._delete(invitation)

    def memberships(self, program_id: str) -> Iterator[Membership | RowError]:
        """All members of a program, page by page."""
        for number, element in enumerate(self._pages(f"{_program(program_id)}/memberships"), 1):
            yield read_membership(element, number, program_id)

    def enrollments(self, program_id: str) -> Iterator[EnrollmentRow | RowError]:
        """All enrollments of a program, specializations and removed members included."""
        asked = {
            "q": "byProgramId",
            "programId": program_id,
            "includeS12n": "true",
            "includeDeletedMembers": "true",
        }
        for number, element in enumerate(self._pages("/enrollmentReports", **asked), 1):
            yield read_enrollment(element, number, program_id)

    def _look(self, program_id: str, invitee: Invitee) -> Invited | None:
        if self._is_member(program_id, invitee):
            return Invited("already-member")
        for pending in self._pages(f"{_program(program_id)}/invitations"):
            if (
                pending.get("externalId") == invitee.external_id
                or str(pending.get("email")).casefold() == invitee.email.casefold()
            ):
                return Invited("already-invited")
        # Whoever accepted while the pages were read stands in neither list until looked up again.
        return Invited("already-member") if self._is_member(program_id, invitee) else None

    def _is_member(self, program_id: str, invitee: Invitee) -> bool:
        path = f"{_program(program_id)}/memberships/{_composed(program_id, invitee)}"
        answer, _ = self._read(path, {})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return False
        if not answer.is_success:
            raise _refusal(answer)
        return True

    def _settle(
        self, program_id: str, invitee: Invitee, answer: httpx.Response, body: Any
    ) -> Invited:
        code = _error_code(body)
        for known, outcome in SETTLED.items():
            if known in code:
                return Invited(outcome)
        if any(hint in code for hint in WORTH_A_LOOK):
            found = self._look(program_id, invitee)
            if found is not None:
                return found
        if answer.is_success and not code:
            raise Unavailable("the invitation was answered with something else", ambiguous=True)
        raise _refusal(answer)

    def _delete(self, path: str, **params: str) -> None:
        answer = self._send("DELETE", path, params=params)
        if not answer.is_success and answer.status_code != httpx.codes.NOT_FOUND:
            raise _refusal(answer)

    def _pages(self, path: str, **params: str) -> Iterator[dict[str, Any]]:
        start = "0"
        while True:
            query = {**params, "start": start, "limit": str(self._page_size)}
            answer, page = self._read(path, query)
            if not answer.is_success:
                raise _refusal(answer)
            if not isinstance(page, dict) or not isinstance(page.get("elements"), list):
                raise Unavailable("a page of a list had no elements")
            yield from page["elements"]
            following = (page.get("paging") or {}).get("next")
            if following is None or following == "":
                return
            if str(following) == start:
                raise Unavailable("the next page of a list is the same page")
            start = str(following)

    def _read(self, path: str, params: Mapping[str, str]) -> tuple[httpx.Response, Any]:
        """The answer, and what its JSON says when it is a success."""
        for attempt in range(1, READ_ATTEMPTS + 1):
            try:
                answer = self._send("GET", path, params=params)
                return answer, _json(answer) if answer.is_success else None
            except Unavailable as failure:
                failure.ambiguous = False
                pause = failure.retry_after or 0.5 * 2 ** (attempt - 1)
                if attempt == READ_ATTEMPTS or pause > LONGEST_PAUSE:
                    raise
                self._sleep(pause)
        raise AssertionError("unreachable")

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        token = self._bearer()
        answer = self._once(method, path, token, params, json)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._forget(token)
            answer = self._once(method, path, self._bearer(), params, json)
        return answer

    def _once(
        self,
        method: str,
        path: str,
        token: str,
        params: Mapping[str, str] | None,
        json: Mapping[str, Any] | None,
    ) -> httpx.Response:
        request = self._http.build_request(
            method,
            self._root + path,
            params=dict(params) if params else None,
            json=json,
            headers={"Authorization": f"Bearer {token}"},
        )
        return self._exchange(request, None)

    def _exchange(self, request: httpx.Request, auth: httpx.Auth | None) -> httpx.Response:
        try:
            answer = self._http.send(request, auth=auth)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unavailable(type(error).__name__) from error
        except httpx.TransportError as error:
            raise Unavailable(type(error).__name__, ambiguous=True) from error
        if answer.status_code == MANY_REQUESTS:
            raise Unavailable("http-429", retry_after=_retry_after(answer))
        if answer.is_server_error:
            raise Unavailable(
                f"http-{answer.status_code}", retry_after=_retry_after(answer), ambiguous=True
            )
        if answer.is_error:
            logger.info("coursera answered %s with %s", request.method, answer.status_code)
        return answer

    def _bearer(self) -> str:
        with self._token_lock:
            if not self._token or self._elapsed() >= self._token_ends - RENEW_EARLY:
                asked_at = self._elapsed()
                body = self._new_token()
                self._token = body["access_token"]
                self._token_ends = asked_at + body["expires_in"]
            return self._token

    def _new_token(self) -> dict[str, Any]:
        request = self._http.build_request(
            "POST", "/oauth2/client_credentials/token", data={"grant_type": "client_credentials"}
        )
        try:
            answer = self._exchange(request, self._credentials)
            body = _json(answer) if answer.is_success else {}
        except Unavailable as failure:
            failure.ambiguous = False
            raise
        if not answer.is_success:
            raise _refusal(answer)
        if not (
            isinstance(body, dict)
            and isinstance(body.get("access_token"), str)
            and isinstance(body.get("expires_in"), int)
        ):
            raise Unavailable("the token endpoint answered without a token")
        return body

    def _forget(self, token: str) -> None:
        with self._token_lock:
            if self._token == token:
                self._token = ""


def _program(program_id: str) -> str:
    return f"/programs/{quote(program_id, safe='~')}"


def _composed(program_id: str, invitee: Invitee) -> str:
    return f"{quote(program_id, safe='~')}~{quote(invitee.external_id, safe='~')}"


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        if not answer.is_success:
            return None
        raise Unavailable("the answer is no JSON", ambiguous=True) from error


def _names(body: Any, invitee: Invitee) -> bool:
    """Whether a created invitation is this person's: flat by the schema, or the first element."""
    if isinstance(body, dict) and body.get("elements"):
        body = body["elements"][0]
    return isinstance(body, dict) and body.get("externalId") == invitee.external_id


def _error_code(body: Any) -> str:
    """The error code of any of the bodies that the API and its gateway send."""
    if not isinstance(body, dict):
        return ""
    fault, error = body.get("fault"), body.get("error")
    if isinstance(fault, dict):
        return str((fault.get("detail") or {}).get("errorcode") or "")
    if isinstance(error, dict):
        return str(error.get("type") or "")
    return str(body.get("errorCode") or error or "")


def _error_message(body: Any) -> str:
    if not isinstance(body, dict):
        return ""
    fault, error = body.get("fault"), body.get("error")
    if isinstance(fault, dict):
        return str(fault.get("faultstring") or "")
    if isinstance(error, dict):
        return str(error.get("message") or "")
    return str(body.get("message") or body.get("msg") or body.get("error_description") or "")


def _refusal(answer: httpx.Response) -> NotGranted:
    body = _json(answer)
    return NotGranted(
        _error_code(body) or f"http-{answer.status_code}",
        _error_message(body),
        raw=answer.content[:RAW_BYTES].decode("utf-8", errors="replace"),
    )


def _retry_after(answer: httpx.Response) -> float | None:
    """Seconds to wait: the header is a number, or a date to be read against the answer's own."""
    value = answer.headers.get("Retry-After", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        sent = parsedate_to_datetime(answer.headers["Date"])
        return max(0.0, (parsedate_to_datetime(value) - sent).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None
