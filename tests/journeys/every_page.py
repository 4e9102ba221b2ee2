"""Every page of the product in a browser, found by the URLconf: nobody has to add a page to a list.

The browser's requests are answered by Django's test client inside the test's own transaction, with the headers that
the product sends. The people and things on the pages are those of the role matrix (`tests/house/test_roles.py`).
"""

import contextvars
import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Browser, Page, Route

from tests.house.test_roles import ACCESS, World, addresses

SITE = "http://localhost"
# Who looks at a page that several may open: whoever it was made for, and whoever sees it differently.
LOOKERS = ("owner", "focal", "hec", "anonymous")
# Machines read these, a mail is no page, and Django's own admin (reference data, superusers) is not ours to draw.
NO_PAGES = ("admin:", "livez", "readyz", "metrics", "styleguide_mail")


@dataclass(frozen=True)
class Visit:
    """One page as one role sees it."""

    name: str
    role: str
    address: str

    def __str__(self) -> str:
        return f"{self.name} as {self.role} ({self.address})"


def visits(world: World) -> Iterator[Visit]:
    """Every address × the roles that see it as a page of their own."""
    for name, route in addresses():
        if name.startswith(NO_PAGES):
            continue
        allowed = ACCESS[name]
        if "anonymous" in allowed:
            lookers = ["anonymous"]
        elif "stranger" in allowed:
            lookers = ["owner"]
        else:
            lookers = [role for role in LOOKERS if role in allowed]
        for role in lookers:
            yield Visit(name, role, world.address(name, route))


class Window:
    """A browser window on the product in which one is whoever a visit says."""

    def __init__(
        self, browser: Browser, world: World | None, language: str, **options: Any
    ) -> None:
        self.world = world
        self.language = language
        self.client = Client()
        self.said: list[str] = []
        self.context = browser.new_context(
            # A colour on its way to another has neither's contrast.
            base_url=SITE,
            reduced_motion="reduce",
            **options,
        )
        self.context.route("**/*", self._answer)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("console", lambda said: said.type == "error" and self.said.append(said.text))
        self.page.on("pageerror", lambda error: self.said.append(f"script: {error}"))

    def become(self, visit: Visit) -> None:
        assert self.world
        self.world.sign_in(self.client, visit.role, visit.name)
        self.client.cookies[settings.LANGUAGE_COOKIE_NAME] = self.language

    def open(self, visit: Visit) -> bool:
        """Opens the page and says whether it is one: not a download, and not a refusal."""
        self.become(visit)
        answer = self._get(visit.address)
        if not is_page(answer):
            return False
        self.said.clear()
        self.show(answer)
        return True

    def show(self, answer: Any) -> None:
        """Shows an answer that is at hand, at its own address."""
        path = answer.request["PATH_INFO"]
        query = answer.request.get("QUERY_STRING", "")
        # The browser asks from another context, which would have a database connection of its own.
        self._mine = contextvars.copy_context()
        self._at_hand = (path, answer)
        self.page.goto(f"{path}?{query}" if query else path)
        self._at_hand = ("", None)

    def _get(self, address: str) -> Any:
        return self.client.get(address, follow=True)

    def _answer(self, route: Route) -> None:
        parts = urlsplit(route.request.url)
        path = parts.path
        if path.startswith(f"/{settings.STATIC_URL.strip('/')}/"):
            file = finders.find(path.removeprefix(f"/{settings.STATIC_URL.strip('/')}/"))
            kind = mimetypes.guess_type(path)[0]
            route.fulfill(path=file, content_type=kind) if file else route.fulfill(status=404)
            return
        at_hand, answer = self._at_hand
        if path != at_hand:
            answer = self._mine.run(self._get, f"{path}?{parts.query}" if parts.query else path)
        route.fulfill(
            status=answer.status_code, headers=dict(answer.headers), body=content_of(answer)
        )

    _at_hand: tuple[str, Any] = ("", None)

    def close(self) -> None:
        self.context.close()


def content_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def is_page(answer: Any) -> bool:
    return (
        answer.status_code < 400
        and answer.headers.get("Content-Type", "").startswith("text/html")
        and "Content-Disposition" not in answer.headers
        # A part that a page's script asks for is no page.
        and b"<html" in content_of(answer)[:200]
    )
