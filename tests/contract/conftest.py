"""Coursera's client and sandbox, ready to be tried."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from licensing.coursera.api import ApiCoursera
from licensing.coursera.sandbox import Sandbox
from licensing.coursera.sandbox_server import sandbox_app
from tests.contract.wire import ORG, PROGRAM, Clock, Reply, Script, Scripted, load, sign_in


@pytest.fixture
def scripted() -> Callable[..., Scripted]:
    """A client whose wire answers with the given payload names, responses or exceptions."""

    def build(*replies: str | Reply, page_size: int = 100) -> Scripted:
        script = Script([load(r).response() if isinstance(r, str) else r for r in replies])
        slept: list[float] = []
        client = ApiCoursera(
            org_id=ORG,
            client_id="key",
            client_secret="secret",
            transport=httpx.MockTransport(script),
            sleep=slept.append,
            elapsed=lambda: 1000.0,
            page_size=page_size,
        )
        return Scripted(client, script, slept)

    return build


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    return Sandbox(
        now=clock,
        org_id=ORG,
        client_id="key",
        client_secret="secret",
        programs={PROGRAM: "DLSEI Cohort I"},
    )


@pytest.fixture
def wire(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """Plain HTTP to the sandbox, with a token."""
    transport = httpx.WSGITransport(app=sandbox_app(sandbox))
    with httpx.Client(transport=transport, base_url="https://api.coursera.com") as http:
        sign_in(http)
        yield http


@pytest.fixture
def client(sandbox: Sandbox, clock: Clock) -> ApiCoursera:
    """The real client, with the sandbox at the other end of its wire."""
    return ApiCoursera(
        org_id=ORG,
        client_id="key",
        client_secret="secret",
        transport=httpx.WSGITransport(app=sandbox_app(sandbox)),
        sleep=lambda seconds: clock.pass_by(seconds=seconds),
        elapsed=lambda: clock.at.timestamp(),
    )
