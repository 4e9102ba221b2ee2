"""Lists of HEC's console: the columns are said once, for the page and for the file."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.functional import Promise

from dlsei.policy.calendar_days import KARACHI

TEXT, CODE, NUMBER, MOMENT, DAY, STATE = "text", "code", "number", "moment", "day", "state"
CHUNK = 2000
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Column:
    """What a column is called and shows of a row; `kind` says how it is written, `url` where it leads.

    `thing` says of what a state is, `in_file` what a file holds instead of what the page shows.
    """

    label: str | Promise
    of: Callable[[Any], Any]
    kind: str = TEXT
    url: Callable[[Any], str] | None = None
    thing: str = ""
    in_file: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class Cell:
    """A value of one row, as the template writes it."""

    column: Column
    value: Any
    url: str


@dataclass(frozen=True)
class Table:
    """Columns and the rows that are shown, for `console/table.html`."""

    caption: str | Promise
    columns: Sequence[Column]
    shown: Sequence[Any]

    @property
    def rows(self) -> Iterator[tuple[Any, list[Cell]]]:
        """Each row with its cells."""
        for row in self.shown:
            yield row, [_cell(column, row) for column in self.columns]


def _cell(column: Column, row: Any) -> Cell:
    return Cell(column, column.of(row), column.url(row) if column.url else "")


def wants_csv(request: HttpRequest) -> bool:
    """Whether the list is asked for as a file: `?format=csv`."""
    return request.GET.get("format") == "csv"


def csv_link(request: HttpRequest) -> str:
    """The address of this list, filtered as it is, as a file."""
    query = request.GET.copy()
    for name in ("before", "after", "format"):
        query.pop(name, None)
    query["format"] = "csv"
    return f"?{query.urlencode()}"


class _Line:
    """What csv writes to when each line is wanted by itself."""

    def write(self, line: str) -> str:
        return line


def as_csv(
    name: str, columns: Sequence[Column], rows: QuerySet[Any] | Iterable[Any]
) -> StreamingHttpResponse:
    """All rows as a CSV file, sent while they are read: however many, memory holds a few thousand."""
    found = rows.iterator(chunk_size=CHUNK) if isinstance(rows, QuerySet) else rows
    write = csv.writer(_Line()).writerow
    # The mark tells spreadsheets that names are UTF-8.
    head = "\ufeff" + write([str(column.label) for column in columns])
    lines = (
        write([plain((column.in_file or column.of)(row)) for column in columns]) for row in found
    )
    return StreamingHttpResponse(
        chain([head], lines),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}.csv"',
            "Cache-Control": "no-store",
        },
    )


def plain(value: Any) -> str:
    """A value for a file: times in Karachi, nothing that a spreadsheet would take for a formula."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(KARACHI).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date | int | float):
        return str(value)
    words = str(value)
    return f"'{words}" if words.startswith(FORMULA) else words
