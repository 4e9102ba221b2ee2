"""What each page asks of the database: at most a dozen statements, and as many for 50 rows as for one.

By construction from the URLconf: every address is opened by each role that may open it most fully, in a small world
(a row of everything) and in a large one (50 rows of everything that the role's pages list). `lists.py` says how each
list is filled; an address that it does not know fails. Files are counted too, while they are sent.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dlsei import history
from dlsei.models import User
from tests.factories import NOW, SYSTEM
from tests.house.lists import LISTS, LISTS_NOTHING, MANY, OF_ALLAUTH, PAGE, Listed
from tests.house.test_roles import ACCESS, SUPERUSER, World, addresses, body_of, world

__all__ = ["world"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]

MOST = 12
OF_ALL = ("anonymous", "owner")
ROLES = (*OF_ALL, "focal", "hec", "superuser")
OF_THE_TEST = re.compile(
    r"SAVEPOINT|RELEASE SAVEPOINT|SELECT set_config\('dlsei\.context', '', true\)$"
)
"""A verb's transaction is a savepoint of the test's, after which nobody acts again; else it is BEGIN and COMMIT."""


@dataclass(frozen=True)
class Page:
    """One page to measure: its address, whose it is, and the lists on it, none when it lists nothing."""

    name: str
    address: str
    role: str
    lists: tuple[Listed, ...] = ()
    who: Callable[[World], User] | None = None

    def __str__(self) -> str:
        return f"{self.name} as {self.role}: {self.address}"


@dataclass(frozen=True)
class Answer:
    """What a page answered, and the statements that this took."""

    status: int
    statements: list[str]
    body: str
    rows: int | None
    type: str

    @property
    def rows_in_file(self) -> int:
        """Lines of a file after the first; 0 of a page."""
        lines = len(list(csv.reader(self.body.splitlines()))) if self.type == "text/csv" else 1
        return max(lines - 1, 0)


def is_measured(name: str, role: str) -> bool:
    """Whether the role opens it, and sees more on it than anybody who is signed in."""
    if name.startswith("admin:"):
        return role in SUPERUSER
    return role in ACCESS[name] and (role in OF_ALL or "stranger" not in ACCESS[name])


def pages(world: World, role: str) -> list[Page]:
    """Every page that a role opens, its lists together."""
    found = []
    for name, route in addresses():
        if not is_measured(name, role):
            continue
        base = world.address(name, route)
        by_address: dict[Any, list[Listed]] = {}
        for listed in LISTS.get(name, ()):
            address = reverse(name, kwargs=listed.of(world)) if listed.of else base
            address += f"?{listed.query}" if listed.query else ""
            who = listed.who if role == "owner" else None
            by_address.setdefault((address, who), []).append(listed)
        found += [
            Page(name, address, role, tuple(of), who) for (address, who), of in by_address.items()
        ] or [Page(name, base, role)]
    return found


def answer(world: World, page: Page) -> Answer:
    """Opens a page with nothing kept from before; what it wrote is undone."""
    client = Client(raise_request_exception=False)
    with transaction.atomic():
        cache.clear()
        ContentType.objects.clear_cache()
        world.sign_in(client, page.role, page.name)
        if page.who:
            client.force_login(page.who(world))
        if page.role == "owner":
            # Of applicants no second factor is asked, and that is looked up with each page.
            session = client.session
            session.pop("second_factor", None)
            session.save()
        with CaptureQueriesContext(connection) as captured:
            response = client.get(page.address)
            body = body_of(response)
        shown = response.context.get("page") if getattr(response, "context", None) else None
        transaction.set_rollback(True)
    return Answer(
        status=response.status_code,
        statements=[q["sql"] for q in captured if not OF_THE_TEST.match(q["sql"])],
        body=body,
        rows=len(shown.rows) if hasattr(shown, "rows") else None,
        type=response.headers.get("Content-Type", "").partition(";")[0],
    )


class Filled:
    """A world and what was added to it: by each filler, what the pages show of its rows."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.shown: dict[Any, list[str | None]] = {}

    def add(self, opened: list[Page], times: int) -> None:
        """Adds so many rows to each list of these pages."""
        for one in dict.fromkeys(listed.one for page in opened for listed in page.lists):
            for _ in range(times):
                with history.acting(by=SYSTEM, now=NOW):
                    self.shown.setdefault(one, []).append(one(self.world))
        with connection.cursor() as cursor:
            # As autovacuum would: without figures, long lists are planned as short ones.
            cursor.execute("ANALYZE")

    def missing(self, page: Page, got: Answer) -> list[str]:
        """What of a page's lists is not on it."""
        if got.status != 200:
            # What leads on to a row of its list shows none; what lists nothing may not be there at all.
            led_on = got.status == 302 or (got.status < 500 and not page.lists)
            return [] if led_on else [f"{page}: answers {got.status}"]
        wrong = []
        for listed in page.lists:
            added = self.shown[listed.one]
            wanted = min(len(added), listed.most)
            if got.rows is not None and (listed.paged or added[0] is None):
                there, wanted = got.rows, min(wanted, PAGE)
            elif got.type == "text/csv":
                there, wanted = got.rows_in_file, min(len(added), listed.in_file)
            else:
                often = Counter(map(str, added))
                there = sum(min(n, got.body.count(text)) for text, n in often.items())
            if there < wanted:
                name = getattr(listed.one, "__name__", listed.one)
                wrong.append(f"{page}: shows {there} of {wanted} rows of {name}")
        return wrong


def test_every_address_is_declared():
    known = {name for name, _ in addresses() if not name.startswith(("admin:", *OF_ALLAUTH))}
    undeclared = known - LISTS.keys() - LISTS_NOTHING
    assert not undeclared, (
        f"{sorted(undeclared)}: in tests/house/lists.py, say in LISTS how the list is filled, or name"
        " it in LISTS_NOTHING when no page of it grows with the database"
    )
    assert {name for name in LISTS if not name.startswith("admin:")} <= known
    assert known >= LISTS_NOTHING
    assert not LISTS.keys() & LISTS_NOTHING


@pytest.mark.parametrize("role", ROLES)
def test_a_page_costs_the_same_however_long_its_lists_are(world: World, role: str) -> None:
    wrong = wrong_with(world, pages(world, role))
    assert not wrong, "\n".join(wrong)


class TestTheTest:
    """It fails where it should."""

    @pytest.fixture
    def decided(self, world: World) -> Page:
        (page,) = [page for page in pages(world, "focal") if page.name == "decided"]
        return page

    def test_on_a_query_a_row(self, world, decided, monkeypatch):
        assert wrong_with(world, [decided]) == []
        monkeypatch.setattr(QuerySet, "select_related", lambda rows, *fields: rows)
        assert any("statements, then" in line for line in wrong_with(world, [decided]))

    def test_on_a_list_that_nothing_fills(self, world, decided):
        (listed,) = decided.lists
        empty = replace(decided, lists=(replace(listed, one=lambda world: None),))
        assert any("shows 1 of 25 rows" in line for line in wrong_with(world, [empty]))

    def test_on_an_address_that_says_nothing(self, monkeypatch):
        monkeypatch.delitem(LISTS, "decided")
        with pytest.raises(AssertionError, match="say in LISTS how the list is filled"):
            test_every_address_is_declared()

    def test_on_a_tab_that_nothing_fills(self, world):
        (disputes,) = [
            page
            for page in pages(world, "hec")
            if page.name == "hec_disputes" and "?" not in page.address
        ]
        assert unlisted_tabs({disputes: answer(world, disputes)}) == [
            "hec_disputes?list=settled: not in LISTS"
        ]


def wrong_with(world: World, opened: list[Page]) -> list[str]:
    """Where these pages cost too much, cost more with long lists, or do not show what was added."""
    filled = Filled(world)
    filled.add(opened, 1)
    small = {page: answer(world, page) for page in opened}
    files = [as_file(page) for page, got in small.items() if "format=csv" in got.body]
    small |= {page: answer(world, page) for page in files}
    wrong = unlisted_tabs(small)
    for page, got in small.items():
        wrong += filled.missing(page, got)
    filled.add(opened, MANY - 1)
    for page, before in small.items():
        after = answer(world, page)
        wrong += filled.missing(page, after)
        counts = len(before.statements), len(after.statements)
        chunks = max((after.rows_in_file // listed.chunk for listed in page.lists), default=0)
        if counts[0] != counts[1] - chunks:
            more = Counter(map(shape, after.statements)) - Counter(map(shape, before.statements))
            wrong.append(f"{page}: {counts[0]} statements, then {counts[1]}: {more.most_common(2)}")
        if max(counts) - chunks > MOST:
            wrong.append(f"{page}: {max(counts)} statements, {MOST} at most")
    return wrong


def as_file(page: Page) -> Page:
    joined = "&" if "?" in page.address else "?"
    return replace(page, address=f"{page.address}{joined}format=csv")


def shape(statement: str) -> str:
    """A statement without its values, to tell which one comes more often."""
    return re.sub(r"'[^']*'|\d+", "?", statement)[:300]


def unlisted_tabs(answers: dict[Page, Answer]) -> list[str]:
    """Tabs (`?list=`) of which no declaration says how they are filled, besides the one that is open."""
    declared = {(page.name, listed.query) for page in answers for listed in page.lists}
    found = {
        (page.name, f"list={tab}")
        for page, got in answers.items()
        for tab in re.findall(r'href="\?list=([a-z-]+)">', got.body)
    }
    return [f"{name}?{query}: not in LISTS" for name, query in sorted(found - declared)]
