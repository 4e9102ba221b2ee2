"""CSV files as people and Coursera's portal make them, read row by row.

Columns are found by name, whatever their order, case, asterisks or byte-order mark. A row that
cannot be read is reported, and the reading goes on. Rows in which every cell stands as a database
takes it need no reading at all: one regular expression finds whole runs of them, at the price of
splitting them, and they are handed on as text.
"""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
BLOCK = 1 << 16
LONGEST_LINE = 1 << 20
MOST_COLUMNS = 1000
DELIMITERS = ",;\t"
YES_NO = {"yes": True, "true": True, "no": False, "false": False, "": False}
ENCODINGS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

EMPTY = gettext_noop("The file is empty.")
WORKBOOK = gettext_noop(
    "The file is no text but a workbook or an archive. Save the sheet as “CSV UTF-8” and upload that."
)
NOT_UTF8 = gettext_noop("The file is not UTF-8 text. Save it as “CSV UTF-8” and upload it again.")
LONG_LINE = gettext_noop(
    "Line %(line)s is longer than a million characters: the file is no CSV, or a quotation mark is missing."
)
MANY_COLUMNS = gettext_noop("The first line has %(count)s columns; at most 1,000 are read.")
BROKEN_LINE = gettext_noop("The line is not well-formed CSV.")

T = TypeVar("T")
Cells = list[str]
Reader = Callable[[Cells], T | None]

# Cells that mean to a database what the readers below make of them. What is not recognised is read,
# so that these may be narrow.
_DAY = (
    r"(?:19|20)[0-9][0-9]-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
_TIME = rf"{_DAY}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{{1,6}})?Z?)?"
_PERCENTAGE = r"(?:[0-9]{1,2}(?:\.[0-9]{1,9})?|100)"
_COUNT = r"[0-9]{1,4}"
_FLAG = r"(?:Yes|No|yes|no|YES|NO|True|False|true|false)"
_NONE = ('""', "")
_WORD = r"[!#-+\-.-:<-~]"  # printable, and no blank, delimiter or quotation mark


class UnreadableFile(Exception):
    """The file as a whole is not what it should be; `sentence` takes `values`."""

    def __init__(self, sentence: str, **values: str) -> None:
        super().__init__(sentence % values)
        self.sentence = sentence
        self.values = values


@dataclass(frozen=True)
class PlainRows:
    """Lines of a sheet that a database may take as they are: CSV, ends of lines included.

    `columns` has for each cell the name of what it is `into`, empty for what is not needed; an
    empty cell is none. `kind` says which content the sheet is about.
    """

    columns: tuple[str, ...]
    delimiter: str
    kind: str
    text: str


class Lines(Iterator[str]):
    """The lines of a text file, taken one by one, or as many at once as a pattern matches.

    `number` counts those taken. Whatever ends a line in the file, here it is a line feed.
    """

    def __init__(self, file: IO[bytes]) -> None:
        start = file.read(4)
        file.seek(0)
        if start.startswith(WORKBOOKS):
            raise UnreadableFile(WORKBOOK)
        encoding = next((e for mark, e in ENCODINGS.items() if start.startswith(mark)), "utf-8")
        self._text = TextIOWrapper(file, encoding=encoding, newline=None)
        self._block = ""
        self._at = self._mark = self._marked = 0
        self.number = 0

    def __next__(self) -> str:
        while (end := self._block.find("\n", self._at) + 1) == 0:
            if not self._read_on():
                end = len(self._block)
                break
        line = self._block[self._at : end]
        if not line:
            raise StopIteration
        self._at = end
        self.number += 1
        return line

    def mark(self) -> None:
        """Notes where a row begins."""
        self._mark, self._marked = self._at, self.number

    def back(self) -> None:
        """Has the lines since the mark come again."""
        self._at, self.number = self._mark, self._marked

    def run(self, pattern: re.Pattern[str]) -> str:
        """All lines from here on that `pattern` matches, as far as the file has been read."""
        self.mark()
        if self._block.find("\n", self._at) < 0:
            self._read_on()
        found = pattern.match(self._block, self._at)
        if found is None or not found[0]:
            return ""
        self._at = found.end()
        self.number += found[0].count("\n")
        return found[0]

    def detach(self) -> None:
        """Leaves the file open for who reads it next."""
        self._text.detach()

    def _read_on(self) -> bool:
        if len(self._block) - self._at > LONGEST_LINE:
            raise UnreadableFile(LONG_LINE, line=str(self.number + 1))
        try:
            more = self._text.read(BLOCK)
        except UnicodeError as error:
            raise UnreadableFile(NOT_UTF8) from error
        # No text of PostgreSQL holds the character NUL.
        self._block = self._block[self._mark :] + more.replace("\0", "")
        self._at -= self._mark
        self._mark = 0
        return bool(more)


class Columns:
    """The columns of one sheet, each bound once to a function that reads it from a row's cells.

    Where several names are given, the first column that is there and not blank counts. What cannot
    be read raises Unreadable, which becomes the RowError of its row. `into` names what a cell is
    for where a row may also be taken as it stands (`plain`).
    """

    def __init__(self, header: Cells, delimiter: str) -> None:
        self.header = header
        self.kind = ""
        self._delimiter = re.escape(delimiter)
        self._places = {_column(name): place for place, name in reversed(list(enumerate(header)))}
        self._plain: dict[int, tuple[str, str]] = {}
        self._is_plain = True

    def has(self, *names: str) -> bool:
        """Whether all these columns are there."""
        return self._places.keys() >= set(names)

    @property
    def plain(self) -> re.Pattern[str] | None:
        """What matches any number of rows that need no reading, None where each does."""
        if not self._is_plain:
            return None
        anything = rf'(?:[^"\n{self._delimiter}]*|"[^"]*(?:""[^"]*)*")'
        cells = [self._plain.get(place, (anything, ""))[0] for place in range(len(self.header))]
        return re.compile(f"(?:{self._delimiter.join(cells)}\n)*")

    @property
    def into(self) -> tuple[str, ...]:
        """What each cell is for, empty for what is not needed."""
        return tuple(self._plain.get(place, ("", ""))[1] for place in range(len(self.header)))

    def text(self, *names: str, longest: int = 0, into: str = "") -> Callable[[Cells], str]:
        """A cell without surrounding blanks; of at most `longest` characters, if that is given."""
        self._takes(names, _quoted(f"{_WORD}{{0,{longest}}}") if longest else self._words(), into)
        return self._text(names, longest)

    def required(self, *names: str, longest: int = 0, into: str = "") -> Callable[[Cells], str]:
        """The same; empty it cannot be read."""
        self._takes(names, _quoted(f"{_WORD}{{1,{longest or 254}}}"), into)
        text = self._text(names, longest)

        def read(cells: Cells) -> str:
            if value := text(cells):
                return value
            raise Unreadable(names[0], MISSING)

        return read

    def time(self, *names: str, into: str = "") -> Callable[[Cells], datetime | None]:
        """An aware time in UTC; one without a zone is in UTC already."""
        self._takes(names, _quoted(_TIME, *_NONE), into)
        return self._time(names)

    def required_time(self, *names: str, into: str = "") -> Callable[[Cells], datetime]:
        """The same; empty it cannot be read."""
        self._takes(names, _quoted(_TIME), into)
        time = self._time(names)

        def read(cells: Cells) -> datetime:
            if found := time(cells):
                return found
            raise Unreadable(names[0], MISSING)

        return read

    def flag(self, name: str) -> Callable[[Cells], bool]:
        """Yes or no, in any case; blank is no."""
        self._takes((name,), _quoted(_FLAG, *_NONE))
        text = self._text((name,))

        def read(cells: Cells) -> bool:
            value = text(cells)
            if (known := YES_NO.get(value.lower())) is None:
                raise Unreadable(name, UNKNOWN_VALUE, value)
            return known

        return read

    def percentage(self, name: str, into: str = "") -> Callable[[Cells], Decimal | None]:
        """A share from 0 to 100."""
        self._takes((name,), _quoted(_PERCENTAGE, *_NONE), into)
        text = self._text((name,))
        return lambda cells: percentage(text(cells), name)

    def count(self, name: str, into: str = "") -> Callable[[Cells], int | None]:
        """A number of things."""
        self._takes((name,), _quoted(_COUNT, *_NONE), into)
        text = self._text((name,))
        return lambda cells: count(text(cells), name)

    def only(self, name: str, values: str) -> None:
        """Says that only rows in which this column is one of `values`, a pattern, need no reading."""
        self._takes((name,), _quoted(values))

    def _words(self) -> str:
        # Blanks around them would have to go.
        blank, cell = rf"[^\S\n{self._delimiter}]", rf'[^"\n{self._delimiter}]*'
        quoted = r'"(?!\s)[^"]*(?:""[^"]*)*(?<!\s)"'
        return f"(?:(?!{blank}){cell}(?<!{blank})|{quoted})"

    def _takes(self, names: tuple[str, ...], cell: str, into: str = "") -> None:
        places = [self._places[name] for name in names if name in self._places]
        # Which of two columns counts differs from row to row.
        self._is_plain &= len(places) < 2
        for place in places:
            self._plain[place] = (cell, into)

    def _time(self, names: tuple[str, ...]) -> Callable[[Cells], datetime | None]:
        text = self._text(names)

        def read(cells: Cells) -> datetime | None:
            if not (value := text(cells)):
                return None
            try:
                found = datetime.fromisoformat(value)
                return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
            except (ValueError, OverflowError) as error:
                raise Unreadable(names[0], NO_TIME, value) from error

        return read

    def _text(self, names: tuple[str, ...], longest: int = 0) -> Callable[[Cells], str]:
        read = self._first(names)
        if not longest:
            return read

        def limited(cells: Cells) -> str:
            value = read(cells)
            if len(value) > longest:
                raise Unreadable(names[0], TOO_LONG, value)
            return value

        return limited

    def _first(self, names: tuple[str, ...]) -> Callable[[Cells], str]:
        places = [self._places[name] for name in names if name in self._places]
        if not places:
            return lambda cells: ""
        if len(places) == 1:
            (place,) = places
            return lambda cells: cells[place].strip() if place < len(cells) else ""
        return lambda cells: next(
            (found for p in places if p < len(cells) and (found := cells[p].strip())), ""
        )


def _quoted(cell: str, *others: str) -> str:
    """A pattern of the cell with quotation marks or without, or in place of it one of `others`."""
    return "(?:" + "|".join([cell, f'"{cell}"', *others]) + ")"


def _column(name: str) -> str:
    return " ".join(name.replace("\ufeff", "").replace("*", "").lower().split())


def read_sheet(
    file: IO[bytes], layout: Callable[[Columns], Reader[T]], source: str = ""
) -> Iterator[tuple[int, T | RowError]]:
    """Each row with the number of its line, counted from 1, as `layout`'s reader gives it.

    `layout` gets the columns and returns the reader, or raises UnreadableFile. Rows for which the
    reader returns None, and empty ones, are passed over. `source` names the file in an archive.
    """
    for line, row in read_runs(file, layout, source, plain=False):
        if not isinstance(row, PlainRows):
            yield line, row


def read_runs(
    file: IO[bytes], layout: Callable[[Columns], Reader[T]], source: str, *, plain: bool
) -> Iterator[tuple[int, T | RowError | PlainRows]]:
    """The same; with `plain`, runs of rows that need no reading are handed on as they are."""
    lines = Lines(file)
    try:
        delimiter = max(DELIMITERS, key=next(lines, "").count)
        lines.back()
        rows = csv.reader(lines, delimiter=delimiter, strict=True)
        header = _next(rows, lines)
        if not isinstance(header, list):
            raise UnreadableFile(header or EMPTY)
        if len(header) > MOST_COLUMNS:
            raise UnreadableFile(MANY_COLUMNS, count=str(len(header)))
        columns = Columns(header, delimiter)
        read = layout(columns)
        pattern, into = columns.plain if plain else None, columns.into
        while True:
            if pattern and (text := lines.run(pattern)):
                yield lines.number, PlainRows(into, delimiter, columns.kind, text)
            if (cells := _next(rows, lines)) is None:
                return
            try:
                if isinstance(cells, str):
                    yield lines.number, RowError(lines.number, "", cells, {}, source)
                elif any(cells) and (row := read(cells)) is not None:
                    yield lines.number, row
            except Unreadable as unreadable:
                yield lines.number, unreadable.at(lines.number, source)
    finally:
        lines.detach()


def _next(rows: Iterator[Cells], lines: Lines) -> Cells | str | None:
    """The next row's cells, or the sentence why it has none, or None at the end."""
    lines.mark()
    try:
        return next(rows, None)
    except csv.Error:
        # A quotation mark too many costs its own line, and not those that it swallowed.
        lines.back()
        next(lines)
        return BROKEN_LINE
