"""Keyset pages: as quick at the end of a long list as at its beginning, and steady while it grows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet
from django.http import QueryDict

SIZE = 25


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and the queries (`?after=…`) of the pages around, empty where none is."""

    rows: list[Any]
    previous: str
    next: str


def page(
    queryset: QuerySet[Any],
    order: Sequence[str],
    query: QueryDict,
    size: int = SIZE,
    parts: Sequence[QuerySet[Any]] = (),
) -> Page:
    """The page that `query` asks for, of `queryset` in `order`: fields or annotations, never null.

    All of `order` ascend, or all descend (`-`), and together they are unique. Other parameters of
    `query` are kept in the links. A place that nobody was given shows the first page. `parts` are the rows of
    `queryset` in several querysets, where each is quick to put in order and all together are not.
    """
    backwards = "before" in query
    place = _place(query.get("before") or query.get("after"), len(order))
    if place is None:
        backwards = False
    direction = [_turned(name) for name in order] if backwards else list(order)
    beyond = Q() if place is None else _beyond(direction, place)
    rows = queryset.order_by(*direction)
    if parts:
        first, *others = [
            part.filter(beyond).order_by(*direction).values("pk")[: size + 1] for part in parts
        ]
        rows = rows.filter(pk__in=first.union(*others, all=True))
    else:
        rows = rows.filter(beyond)
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_previous = more if backwards else place is not None
    has_next = backwards or more
    return Page(
        rows=found,
        previous=_link(query, "before", order, found[0]) if has_previous and found else "",
        next=_link(query, "after", order, found[-1]) if has_next and found else "",
    )


def _turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(order: Sequence[str], place: Sequence[Any]) -> Q:
    """What comes after `place` in `order`, as (a > x) or (a = x and b > y) or …"""
    beyond, equal = Q(), Q()
    for name, value in zip(order, place, strict=True):
        field = name.lstrip("-")
        beyond |= equal & Q(**{f"{field}__{'lt' if name.startswith('-') else 'gt'}": value})
        equal &= Q(**{field: value})
    return beyond


def _link(query: QueryDict, side: str, order: Sequence[str], row: Any) -> str:
    values = [getattr(row, name.lstrip("-")) for name in order]
    plain = [v.isoformat() if isinstance(v, datetime | date) else v for v in values]
    link = query.copy()
    link.pop("after", None)
    link.pop("before", None)
    link[side] = signing.dumps(plain, salt="page")
    return f"?{link.urlencode()}"


def _place(token: str | None, length: int) -> list[Any] | None:
    try:
        place = signing.loads(token, salt="page") if token else None
    except signing.BadSignature:
        return None
    return place if isinstance(place, list) and len(place) == length else None
