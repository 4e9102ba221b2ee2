"""CSV files as people and Coursera's portal make them, read row by row.

Columns are found by name, whatever their order, case, asterisks or byte-order mark. A row that
cannot be read is reported, and the reading goes on.
"""

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import TextIOWrapper
from typing import IO, TypeVar

from dlsei.policy.wording import gettext_noop
from licensing.coursera.port import RowError
from licensing.coursera.report_rows import (
    MISSING,
    NO_TIME,
    TOO_LONG,
    UNKNOWN_VALUE,
    Unreadable,
    count,
    percentage,
)

SHOWN_CHARACTERS = 120
YES_NO = {"yes": True, "true": True, "no": False, "false": False, "": False}
NOT_UTF8 = gettext_noop("The file is not UTF-8 text. Save it as “CSV UTF-8” and upload it again.")
BROKEN_LINE = gettext_noop("The line is not well-formed CSV.")

T = TypeVar("T")
Cells = list[str]
Reader = Callable[[Cells], T | None]


class UnreadableFile(Exception):
    """The file as a whole is not what it should be; `sentence` takes `values`."""

    def __init__(self, sentence: str, **values: str) -> None:
        super().__init__(sentence % values)
        self.sentence = sentence
        self.values = values


class Columns:
    """The columns of one sheet, each bound once to a function that reads it from a row's cells.

    Where several names are given, the first column that is there and not blank counts. What cannot
    be read raises Unreadable, which becomes the RowError of its row.
    """

    def __init__(self, header: Cells) -> None:
        self.header = header
        self._places = {_column(name): place for place, name in reversed(list(enumerate(header)))}

    def has(self, *names: str) -> bool:
        """Whether all these columns are there."""
        return self._places.keys() >= set(names)

    def text(self, *names: str, longest: int = 0) -> Callable[[Cells], str]:
        """A cell without surrounding blanks; of at most `longest` characters, if that is given."""
        read = self._text(names)
        if not longest:
            return read

        def limited(cells: Cells) -> str:
            value = read(cells)
            if len(value) > longest:
                raise Unreadable(names[0], TOO_LONG, value)
            return value

        return limited

    def _text(self, names: tuple[str, ...]) -> Callable[[Cells], str]:
        places = [self._places[name] for name in names if name in self._places]
        if not places:
            return lambda cells: ""
        if len(places) == 1:
            (place,) = places
            return lambda cells: cells[place].strip() if place < len(cells) else ""
        return lambda cells: next(
            (found for p in places if p < len(cells) and (found := cells[p].strip())), ""
        )

    def required(self, *names: str, longest: int = 0) -> Callable[[Cells], str]:
        text = self.text(*names, longest=longest)

        def read(cells: Cells) -> str:
            if value := text(cells):
                return value
            raise Unreadable(names[0], MISSING)

        return read

    def time(self, *names: str) -> Callable[[Cells], datetime | None]:
        """An aware time in UTC; one without a zone is in UTC already."""
        text = self.text(*names)

        def read(cells: Cells) -> datetime | None:
            if not (value := text(cells)):
                return None
            try:
                found = datetime.fromisoformat(value)
                return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
            except (ValueError, OverflowError) as error:
                raise Unreadable(names[0], NO_TIME, value) from error

        return read

    def required_time(self, *names: str) -> Callable[[Cells], datetime]:
        time = self.time(*names)

        def read(cells: Cells) -> datetime:
            if found := time(cells):
                return found
            raise Unreadable(names[0], MISSING)

        return read

    def flag(self, name: str) -> Callable[[Cells], bool]:
        """Yes or no, in any case; blank is no."""
        text = self.text(name)

        def read(cells: Cells) -> bool:
            value = text(cells)
            if (known := YES_NO.get(value.lower())) is None:
                raise Unreadable(name, UNKNOWN_VALUE, value)
            return known

        return read

    def percentage(self, name: str) -> Callable[[Cells], Decimal | None]:
        text = self.text(name)
        return lambda cells: percentage(text(cells), name)

    def count(self, name: str) -> Callable[[Cells], int | None]:
        text = self.text(name)
        return lambda cells: count(text(cells), name)


def _column(name: str) -> str:
    return " ".join(name.replace("\ufeff", "").replace("*", "").lower().split())


def read_sheet(
    file: IO[bytes], layout: Callable[[Columns], Reader[T]], source: str = ""
) -> Iterator[tuple[int, T | RowError]]:
    """Each row with the number of its line, counted from 1, as `layout`'s reader gives it.

    `layout` gets the columns and returns the reader, or raises UnreadableFile. Rows for which the
    reader returns None, and empty ones, are passed over. `source` names the file in an archive.
    """
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        # No text of PostgreSQL holds the character NUL.
        lines = csv.reader(line.replace("\0", "") for line in text)
        read = layout(Columns(next(lines, [])))
        while (cells := _next(lines)) is not None:
            try:
                if isinstance(cells, str):
                    yield lines.line_num, RowError(lines.line_num, "", cells, {}, source)
                elif any(cells) and (row := read(cells)) is not None:
                    yield lines.line_num, row
            except Unreadable as unreadable:
                yield lines.line_num, unreadable.at(lines.line_num, source)
    except UnicodeDecodeError as error:
        raise UnreadableFile(NOT_UTF8) from error
    finally:
        text.detach()


def _next(lines: Iterator[Cells]) -> Cells | str | None:
    """The next line's cells, or the sentence why it has none, or None at the end."""
    try:
        return next(lines, None)
    except csv.Error:
        return BROKEN_LINE
