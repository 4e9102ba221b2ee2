"""Payloads written from Coursera's published format, and the ways tests bring them to the client.

A payload file cites the section of the fact sheet it was written from, and holds the request that
it answers, status and body, and which fields of the body may be absent (`optional`).
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from licensing.coursera.api import ApiCoursera
from licensing.coursera.port import Invitee

PAYLOADS = Path(__file__).with_name("payloads")
ORG = "4kP9sQ2mRt7uVx1yZ3aB5c"
PROGRAM = "7Qw2Er4Ty6Ui8Op0As1Df3"
AYESHA = Invitee("LIC-0001", "Ayesha Khan", "a.khan@example.edu")

Reply = httpx.Response | Exception


@dataclass
class Payload:
    section: str
    status: int
    body: Any
    request: dict[str, Any] = field(default_factory=dict)
    optional: list[str] = field(default_factory=list)

    def response(self, **headers: str) -> httpx.Response:
        content = b"" if self.body is None else json.dumps(self.body).encode()
        return httpx.Response(self.status, content=content, headers=headers)


def load(name: str) -> Payload:
    return Payload(**json.loads((PAYLOADS / f"{name}.json").read_text("utf-8")))


@dataclass
class Script:
    """Answers requests in order, and keeps them; the token endpoint answers by itself."""

    replies: list[Reply]
    requests: list[httpx.Request] = field(default_factory=list)
    token_replies: list[Reply] = field(default_factory=list)
    token_requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth2/client_credentials/token":
            self.token_requests.append(request)
            return self._next(self.token_replies or [load("token").response()])
        self.requests.append(request)
        assert self.replies, f"nobody expected {request.method} {request.url}"
        return self._next(self.replies)

    def _next(self, replies: list[Reply]) -> httpx.Response:
        reply = replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    @property
    def calls(self) -> list[str]:
        return [f"{r.method} {r.url.path.rpartition(ORG)[2]}" for r in self.requests]


@dataclass
class Scripted:
    client: ApiCoursera
    script: Script
    slept: list[float]


@dataclass
class Clock:
    at: datetime = datetime(2023, 1, 10, 4, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **span: float) -> None:
        self.at += timedelta(**span)


def sign_in(http: httpx.Client) -> None:
    """Give plain HTTP a fresh token of the sandbox's."""
    answer = http.post(
        "/oauth2/client_credentials/token",
        auth=("key", "secret"),
        data={"grant_type": "client_credentials"},
    )
    http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
