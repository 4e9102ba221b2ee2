"""A real browser on the real pages: with JavaScript and without, under the real CSP."""

import os
import re
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from unittest import mock

import httpx
import pytest
from celery import current_app
from django.core import mail
from django.core.management import call_command
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Browser, sync_playwright

from dlsei import outbox
from dlsei.policy.calendar_days import karachi_date
from licensing import allocation, invitations
from licensing.coursera.api import ApiCoursera
from licensing.coursera.sandbox import Sandbox
from licensing.coursera.sandbox_server import sandbox_app
from tests import browsers
from tests.journeys.visitor import Visitor

QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
BY = "journeys"
Arrive = Callable[..., Visitor]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for one file of tests: its event loop must be gone before others begin theirs."""
    path = browsers.chromium()
    assert path, "no Chromium: set CHROME_BIN, or install one"
    # Playwright's loop runs in this thread, where Django would not let the tests ask the database.
    with (
        mock.patch.dict(os.environ, DJANGO_ALLOW_ASYNC_UNSAFE="true"),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        # Inside the loop Django keeps connections of its own, which nobody else would close.
        connections.close_all()
        browser.close()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
def programme_of_today(transactional_db: None) -> None:
    """The programme moved so that today lies in Cohort I, as in the demo."""
    call_command("load_programme", "--shift-to-today", "--yes", stdout=StringIO())


@pytest.fixture
def arrive(
    programme_of_today: None,
    chromium: Browser,
    scripts: bool,
    live_server,  # type: ignore[no-untyped-def]
    settings,  # type: ignore[no-untyped-def]
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Arrive]:
    """Opens a new window on the product; afterwards nothing may have gone wrong in any of them."""
    settings.SECOND_FACTOR_REQUIRED = False
    settings.SITE_URL = live_server.url
    # The server's thread nudges a worker that is not there: `work` does its work.
    monkeypatch.setattr(current_app._get_current_object(), "send_task", lambda *a, **k: None)
    contexts, visitors = [], []

    def opened(*, width: int = 1280, height: int = 900) -> Visitor:
        context = chromium.new_context(
            java_script_enabled=scripts,
            viewport={"width": width, "height": height},
            locale="en-GB",
        )
        contexts.append(context)
        visitors.append(Visitor(context, live_server.url, scripts=scripts))
        return visitors[-1]

    yield opened
    for context in contexts:
        context.close()
    problems = [problem for visitor in visitors for problem in visitor.problems]
    assert not problems, "\n".join(problems)


@pytest.fixture
def work() -> Callable[[], None]:
    """Does what a worker would do now: licenses, invitations at Coursera's sandbox, mails."""
    sandbox = Sandbox(now=timezone.now)
    coursera = ApiCoursera(
        base_url="http://sandbox",
        org_id=sandbox.org_id,
        client_id=sandbox.client_id,
        client_secret=sandbox.client_secret,
        transport=httpx.WSGITransport(app=sandbox_app(sandbox)),
    )

    def work() -> None:
        now = timezone.now()
        allocation.issue_all(by=BY, now=now)
        invitations.deliver(by=BY, now=now, port=coursera)
        outbox.deliver(by=BY, now=now)
        invitations.settle(by=BY, now=now)

    return work


@pytest.fixture
def today():  # type: ignore[no-untyped-def]
    return karachi_date(timezone.now())


def code_to(address: str) -> str:
    """The code in the newest mail to an address."""
    message = [m for m in mail.outbox if address in m.to][-1]
    found = re.search(r"^\s+([\w-]{5,12})\s*$", str(message.body), re.M)
    assert found, message.body
    return found[1]
