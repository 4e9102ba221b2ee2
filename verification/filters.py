"""Filters that stand in the address, each choice with how many it would leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

PLACE = ("before", "after")


@dataclass(frozen=True)
class Facet:
    """One thing to filter by: its parameter, the field or annotation behind it, and its choices.

    `choices` are triples: the value in the database, the same in the address, and its words.
    """

    name: str
    label: str
    field: str
    choices: Sequence[tuple[Any, str, str]]
    always: bool = False
    """Whether choices that leave nothing are shown too."""

    def chosen(self, query: QueryDict) -> Any:
        """The value that the address asks for; None for all, and for what is no choice."""
        asked = query.get(self.name, "")
        return next((value for value, text, _words in self.choices if text == asked), None)


@dataclass(frozen=True)
class Choice:
    """One link of a filter."""

    text: str
    url: str
    count: int
    current: bool


@dataclass(frozen=True)
class Filter:
    """A facet as it is shown: what can be chosen, and how many rows each choice leaves."""

    name: str
    label: str
    value: str
    choices: list[Choice]

    @property
    def is_useful(self) -> bool:
        """Whether it tells rows apart, or is in force."""
        return bool(self.value) or sum(choice.count > 0 for choice in self.choices) > 2


@dataclass(frozen=True)
class Filtered:
    """What the filters leave, how much that is, and the filters themselves."""

    rows: QuerySet[Any]
    total: int
    filters: list[Filter]
    chosen: dict[str, Any]
    """What the rows are filtered by: field or annotation, and its value."""


def filtered(rows: QuerySet[Any], facets: Sequence[Facet], query: QueryDict) -> Filtered:
    """The rows that the address asks for, with every filter's counts, in one query more.

    A choice counts what it would leave together with the other filters in force.
    """
    chosen = {f.field: value for f in facets if (value := f.chosen(query)) is not None}
    groups = list(rows.order_by().values(*(f.field for f in facets)).annotate(n=Count("pk")))

    def left(choice: Mapping[str, Any]) -> int:
        fits = (g["n"] for g in groups if all(g[field] == v for field, v in choice.items()))
        return sum(fits)

    shown = []
    for facet in facets:
        others = {field: value for field, value in chosen.items() if field != facet.field}
        current = chosen.get(facet.field)
        choices = [Choice(_("All"), _link(query, facet, ""), left(others), current is None)]
        asked = ""
        for value, text, words in facet.choices:
            count = left({**others, facet.field: value})
            if value == current:
                asked = text
            if count or value == current or facet.always:
                link = _link(query, facet, text)
                choices.append(Choice(words, link, count, value == current))
        shown.append(Filter(facet.name, facet.label, asked, choices))
    return Filtered(rows=rows.filter(**chosen), total=left(chosen), filters=shown, chosen=chosen)


def _link(query: QueryDict, facet: Facet, value: str) -> str:
    link = query.copy()
    for name in (*PLACE, facet.name):
        link.pop(name, None)
    if value:
        link[facet.name] = value
    return f"?{link.urlencode()}"
