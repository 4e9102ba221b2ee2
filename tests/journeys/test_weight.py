"""What a page weighs and how often it asks, served as deployed and measured in the browser (DESIGN.md 6)."""

import gzip
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext

from dlsei.embedded.server import free_port
from dlsei.models import User
from tests.factories import FocalPersonFactory, UserFactory, draft, submitted

KIB = 1024
# What Caddy's `encode gzip` does to a page when it is not told otherwise.
PROXY_LEVEL = 5


@pytest.fixture
def site(
    programme_of_today: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """A gunicorn with the shipped configuration and collected static files, on this test's database."""
    home, port = tmp_path_factory.mktemp("weight"), free_port()
    database = settings.DATABASE_URL.rpartition("/")[0] + f"/{connection.settings_dict['NAME']}"
    environment = os.environ | {
        "DATABASE_URL": database,
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "SECOND_FACTOR_REQUIRED": "false",
        "SITE_URL": f"http://localhost:{port}",
        "ALLOWED_HOSTS": "localhost",
        "STATIC_ROOT": str(home / "static"),
        "DLSEI_DATA": str(home),
        "WEB_CONCURRENCY": "1",
    }
    run: dict[str, Any] = {"cwd": settings.BASE_DIR, "env": environment}
    collected = [sys.executable, "manage.py", "collectstatic", "--noinput", "--ignore", "admin"]
    subprocess.run(collected, check=True, capture_output=True, **run)
    served = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
    served += ["--bind", f"127.0.0.1:{port}", "dlsei.wsgi:application"]
    log = (home / "log").open("wb")
    with log, subprocess.Popen(served, stdout=log, stderr=log, **run) as server:
        for _ in range(600):
            if is_up(port) or server.poll() is not None:
                break
            time.sleep(0.1)
        yield f"http://localhost:{port}"
        server.terminate()


def is_up(port: int) -> bool:
    try:
        return httpx.get(f"http://localhost:{port}/livez").status_code == 200
    except httpx.TransportError:
        return False


def signed_in(browser: Browser, site: str, person: User | None) -> BrowserContext:
    """A browser that has seen nothing of the site yet, in which `person` is signed in."""
    context = browser.new_context(base_url=site, viewport={"width": 390, "height": 844})
    if person:
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY] = str(person.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        session["second_factor"] = True
        session.create()
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": site}
        context.add_cookies([cookie])  # type: ignore[list-item]
    return context


class Weighed:
    """One view of a page: bytes on the wire by request, the page itself as the proxy compresses it."""

    def __init__(self, context: BrowserContext, path: str) -> None:
        page = context.new_page()
        wire = context.new_cdp_session(page)
        self.sizes: dict[str, float] = {}
        self.cached: set[str] = set()
        asked: dict[str, str] = {}
        wire.on(
            "Network.requestWillBeSent",
            lambda e: asked.update({e["requestId"]: e["request"]["url"]}),
        )
        wire.on("Network.requestServedFromCache", lambda e: self.cached.add(asked[e["requestId"]]))
        wire.on(
            "Network.responseReceived",
            lambda e: e["response"].get("fromDiskCache") and self.cached.add(asked[e["requestId"]]),
        )
        wire.on(
            "Network.loadingFinished",
            lambda e: self.sizes.update({asked[e["requestId"]]: e["encodedDataLength"]}),
        )
        wire.send("Network.enable")
        answer = page.goto(path, wait_until="networkidle")
        assert answer
        assert answer.status == 200
        assert page.url.endswith(path), f"{path} led to {page.url}"
        body = answer.body()
        self.sizes[page.url] += len(gzip.compress(body, PROXY_LEVEL)) - len(body)
        page.close()

    @property
    def fetched(self) -> dict[str, float]:
        return {url: size for url, size in self.sizes.items() if url not in self.cached}

    @property
    def bytes(self) -> float:
        return sum(self.fetched.values())


def weigh(context: BrowserContext, path: str, *, cold: int) -> list[str]:
    """What is over its budget: `cold` KiB and 8 requests at first, 12 KiB when one comes again."""
    first, again = Weighed(context, path), Weighed(context, path)
    told = f"{path}: {first.bytes / KIB:.1f} KiB in {len(first.fetched)} requests, again {again.bytes / KIB:.1f} KiB"
    print(told)
    within = first.bytes <= cold * KIB and len(first.fetched) <= 8 and again.bytes <= 12 * KIB
    return [] if within else [f"{told}: {first.fetched}"]


def test_pages_are_light_on_a_slow_link(site: str, chromium: Browser, today) -> None:  # type: ignore[no-untyped-def]
    # Given an applicant with a draft, another with an application, and a queue of 25
    focal_person = FocalPersonFactory(since=today)
    drafter = UserFactory()
    draft(drafter, focal_person.university, now=timezone.now())
    applications = [
        submitted(university=focal_person.university, now=timezone.now()) for _ in range(25)
    ]
    applicant = applications[0].person

    # When each page is opened in a browser that has seen nothing yet, and once more
    heavy: list[str] = []
    seen: list[tuple[User | None, str, int]] = [
        (None, "/", 40),
        (None, "/numbers/", 40),
        (None, "/can-i-apply/", 40),
        (drafter, "/apply/", 40),
        (drafter, "/apply/details/", 40),
        (drafter, "/apply/documents/", 40),
        (applicant, "/dashboard/", 40),
        (focal_person.person, f"/admin/queue/{focal_person.university_id}/", 60),
        (focal_person.person, f"/admin/review/{applications[0].reference}/", 60),
    ]
    for person, path, cold in seen:
        context = signed_in(chromium, site, person)
        heavy += weigh(context, path, cold=cold)
        context.close()

    assert heavy == []


def test_all_scripts_together_are_small() -> None:
    scripts = Path(settings.BASE_DIR, "static", "js").rglob("*.js")

    assert sum(file.stat().st_size for file in scripts) <= 10 * KIB
