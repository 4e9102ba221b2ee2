"""The sandbox on the wire: Coursera's token endpoint and enterprise API, and a page for people.

`httpx.WSGITransport(app=sandbox_app(sandbox))` brings the real client and the sandbox together in
one process; `serve` puts the same app on a port.
"""

import base64
import json
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from http import HTTPStatus
from socketserver import ThreadingMixIn
from urllib.parse import parse_qsl
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from licensing.coursera.sandbox import Sandbox
from licensing.coursera.sandbox_endpoints import Endpoints
from licensing.coursera.sandbox_pages import Pages
from licensing.coursera.sandbox_wire import Answer, Request, not_found

TOKEN_PATH = "/oauth2/client_credentials/token"
TOKEN_SECONDS = 1799
API_PATH = re.compile(r"/ent/api/businesses\.v1/([^/]+)(/.*)?")


class Door:
    """What stands in front of the endpoints: the token, the organisation, and the faults."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._endpoints = Endpoints(sandbox)
        self._tokens: dict[str, tuple[datetime, list[int]]] = {}

    def answer(self, environ: WSGIEnvironment) -> Answer:
        """Answer one request of the customer's software."""
        sandbox, faults = self._sandbox, self._sandbox.faults
        unavailable = Answer(503, {"message": "Service Unavailable"}, faults.retry_after)
        if faults.outage:
            return unavailable
        if environ["PATH_INFO"] == TOKEN_PATH:
            return self._token(environ)
        if sandbox.spend("too_many"):
            return Answer(429, {"message": "Too Many Requests"}, faults.retry_after)
        if sandbox.spend("unavailable"):
            return unavailable
        try:
            self._let_in(environ)
            with sandbox.lock:
                answer = self._endpoint(environ)
        except Answer as early:
            answer = early
        changed = environ["REQUEST_METHOD"] != "GET" and answer.status < HTTPStatus.BAD_REQUEST
        if changed and sandbox.spend("lost_answers"):
            return Answer(504, {"message": "Sandbox: the change is made, its answer is lost"})
        return answer

    def _token(self, environ: WSGIEnvironment) -> Answer:
        sandbox = self._sandbox
        pair = f"{sandbox.client_id}:{sandbox.client_secret}".encode()
        expected = f"Basic {base64.b64encode(pair).decode()}"
        if not secrets.compare_digest(environ.get("HTTP_AUTHORIZATION", ""), expected):
            return Answer(401, {"error": "invalid_client"})
        if dict(parse_qsl(_body(environ).decode())) != {"grant_type": "client_credentials"}:
            return Answer(400, {"error": "unsupported_grant_type"})
        now, calls = sandbox.now(), sandbox.faults.calls_per_token
        ends = now + timedelta(seconds=TOKEN_SECONDS)
        token = secrets.token_urlsafe(24)
        self._tokens[token] = (ends, [calls] if calls else [])
        return Answer(
            200,
            {
                "access_token": token,
                "token_type": "Bearer",
                "grant_type": "client_credentials",
                "issued_at": int(now.timestamp()),
                "expires_in": TOKEN_SECONDS,
            },
        )

    def _let_in(self, environ: WSGIEnvironment) -> None:
        token = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
        ends, calls = self._tokens.get(token, (None, []))
        if ends is None:
            raise _fault("Invalid Access Token", "invalid_access_token")
        if self._sandbox.now() >= ends or calls == [0]:
            raise _fault("Access Token expired", "access_token_expired")
        calls[:] = [left - 1 for left in calls]

    def _endpoint(self, environ: WSGIEnvironment) -> Answer:
        here = API_PATH.fullmatch(environ["PATH_INFO"])
        if here is None:
            return not_found()
        if here[1] != self._sandbox.org_id:
            no = "Not Authorized"
            return Answer(403, {"errorCode": no, "message": no, "details": None})
        query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        try:
            body = json.loads(_body(environ) or b"{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return Answer(400, {"msg": "Invalid Json"})
        return self._endpoints.answer(
            environ["REQUEST_METHOD"], here[2] or "/", Request(query, body)
        )


def sandbox_app(sandbox: Sandbox) -> WSGIApplication:
    """The API and the page of a sandbox as one WSGI app."""
    door, pages = Door(sandbox), Pages(sandbox)

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith(("/ent/", "/oauth2/")):
            return pages(environ, start_response)
        answer = door.answer(environ)
        content = b"" if answer.body is None else json.dumps(answer.body).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
        if answer.retry_after:
            headers.append(("Retry-After", str(answer.retry_after)))
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [content]

    return app


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """Paths name people, so that nothing is logged."""


def sandbox_server(sandbox: Sandbox, host: str, port: int) -> WSGIServer:
    """A server with a thread a request; call `serve_forever` on it. Port 0 takes any free one."""
    return make_server(host, port, sandbox_app(sandbox), _Server, _Quiet)


def _body(environ: WSGIEnvironment) -> bytes:
    return bytes(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))


def _fault(sentence: str, code: str) -> Answer:
    detail = {"errorcode": f"keymanagement.service.{code}"}
    return Answer(401, {"fault": {"faultstring": sentence, "detail": detail}})
