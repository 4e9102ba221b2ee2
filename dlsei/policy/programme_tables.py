"""The programme file as tables: typed look-ups that name the key, overlay, shift, TOML text."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

Tables = dict[str, object]

MOST = 1_000_000
"""The largest whole number that any figure of a programme may be, unless its own limit is another."""
YEARS = range(2000, 2101)


class ProgrammeError(Exception):
    """A programme file is wrong: which file, which key, what is wrong and what is allowed."""

    def __init__(self, source: str, key: str, message: str) -> None:
        super().__init__(source, key, message)
        self.source = source
        self.key = key
        self.message = message

    def __str__(self) -> str:
        return ": ".join(part for part in (self.source, self.key, self.message) if part)


def parse(text: str, source: str) -> Tables:
    """Return the tables of a TOML `text`; ProgrammeError when it is not TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProgrammeError(source, "", f"not valid TOML: {error}") from error


class Table:
    """One table of the file, read key by key; what nobody read by the end is unknown.

    Errors number what stands in a list from 1.
    """

    def __init__(self, rows: object, source: str, path: str = "") -> None:
        self.source = source
        self.path = path
        if not isinstance(rows, Mapping):
            raise ProgrammeError(source, path, f"must be a table, not {_kind(rows)}")
        self.rows: Mapping[str, object] = rows
        self._known: set[str] = set()

    def error(self, key: str, message: str) -> ProgrammeError:
        """Return the error that `message` is, at `key` of this table ("" for the table)."""
        return ProgrammeError(self.source, self.at(key), message)

    def at(self, key: str) -> str:
        """Return the full path of `key`."""
        return ".".join(part for part in (self.path, _key(key)) if part)

    def value(self, key: str, allowed: str) -> object:
        """Return what stands at `key`, which must be there."""
        self._known.add(key)
        if key not in self.rows:
            raise self.error(key, f"is missing: {allowed} is needed")
        value = self.rows[key]
        if isinstance(value, str) and "\0" in value:
            raise self.error(key, "is not allowed: must be without the character NUL")
        return value

    def text(self, key: str, one_of: Iterable[str] = (), longest: int = MOST) -> str:
        """Return the text at `key`, one of `one_of` when these are given, of `longest` characters at most."""
        options = sorted(one_of)
        allowed = "one of " + ", ".join(options) if options else "text"
        value = self.value(key, allowed)
        if not isinstance(value, str) or not value.strip() or (options and value not in options):
            raise self.error(key, f"{_shown(value)} is not allowed: must be {allowed}")
        if len(value) > longest:
            raise self.error(
                key, f"has {len(value)} characters: must be {longest} characters at most"
            )
        return value

    def whole(self, key: str, least: int = 0, most: int = MOST) -> int:
        """Return the whole number from `least` to `most` at `key`."""
        return self._whole(self.value(key, "a whole number"), key, least, most)

    def number(self, key: str, most: int) -> Decimal:
        """Return the number from 0 to `most` at `key`."""
        allowed = f"a number from 0 to {most}"
        value = self.value(key, allowed)
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise self.error(key, f"{_shown(value)} is not allowed: must be {allowed}")
        number = Decimal(str(value))
        if not (number.is_finite() and 0 <= number <= most):
            raise self.error(key, f"{_shown(value)} is not allowed: must be {allowed}")
        return number

    def day(self, key: str) -> date:
        """Return the calendar day at `key`."""
        allowed = "a date such as 2023-08-01"
        value = self.value(key, allowed)
        day = _day(value)
        if day is None:
            raise self.error(key, f"{_shown(value)} is not allowed: must be {allowed}")
        if day.year not in YEARS:
            years = f"in the years {YEARS[0]} to {YEARS[-1]}"
            raise self.error(key, f"{_shown(value)} is not allowed: must be {years}")
        return day

    def texts(self, key: str, one_of: Iterable[str]) -> tuple[str, ...]:
        """Return the list of texts at `key`, each one of `one_of`."""
        options = sorted(one_of)
        found = self._list(key, "a list of " + ", ".join(options))
        for position, value in enumerate(found, start=1):
            if value not in options:
                raise self.error(
                    f"{key}[{position}]",
                    f"{_shown(value)} is not allowed: must be one of {', '.join(options)}",
                )
        return tuple(str(value) for value in found)

    def wholes(self, key: str, most: int = MOST) -> tuple[int, ...]:
        """Return the list of different whole numbers from 0 to `most` at `key`."""
        found = self._list(key, "a list of whole numbers")
        numbers = tuple(self._whole(v, f"{key}[{n}]", 0, most) for n, v in enumerate(found, 1))
        if len(set(numbers)) < len(numbers):
            raise self.error(key, "names a number twice: each may stand there once")
        return numbers

    def table(self, key: str) -> "Table":
        """Return the table at `key`."""
        return Table(self.value(key, "a table"), self.source, self.at(key))

    def tables(self, key: str) -> list["Table"]:
        """Return the list of tables at `key`."""
        found = self._list(key, "a list of tables")
        return [Table(r, self.source, f"{self.at(key)}[{n}]") for n, r in enumerate(found, 1)]

    def each(self) -> Iterator[tuple[str, "Table"]]:
        """Return every key of this table with the table that stands there."""
        for key in self.rows:
            yield key, self.table(key)

    def has(self, key: str) -> bool:
        """Say whether the file gives `key`, which is then known but may be left out."""
        self._known.add(key)
        return key in self.rows

    def done(self) -> None:
        """Refuse what stands in the table and was never asked for."""
        for key in self.rows:
            if key not in self._known:
                known = ", ".join(sorted(self._known))
                raise self.error(key, f"unknown key: allowed are {known}")

    def _list(self, key: str, allowed: str) -> list[object]:
        value = self.value(key, allowed)
        if not isinstance(value, list):
            raise self.error(key, f"{_shown(value)} is not allowed: must be {allowed}")
        return value

    def _whole(self, value: object, key: str, least: int, most: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise self.error(
                key, f"{_shown(value)} is not allowed: must be a whole number, at least {least}"
            )
        if value > most:
            raise self.error(key, f"{value} is not allowed: must be at most {most}")
        return value


def overlay(base: Mapping[str, object], overrides: Mapping[str, object]) -> Tables:
    """Return `base` with `overrides` laid over it: tables key by key, all else replaced whole."""
    merged: Tables = dict(base)
    for key, value in overrides.items():
        under = merged.get(key)
        if isinstance(under, Mapping) and isinstance(value, Mapping):
            merged[key] = overlay(under, value)
        else:
            merged[key] = value
    return merged


def shifted(tables: Mapping[str, object], days: int) -> Tables:
    """Return `tables` with every date moved by `days`; years and numbers stay as they are."""
    return {key: _moved(value, timedelta(days)) for key, value in tables.items()}


def to_toml(tables: Mapping[str, object], path: tuple[str, ...] = ()) -> str:
    """Return `tables` as TOML text that reads back to the same tables."""
    plain = [(key, value) for key, value in tables.items() if not isinstance(value, Mapping)]
    nested = [(key, value) for key, value in tables.items() if isinstance(value, Mapping)]
    text = ""
    if path and (plain or not nested):
        text += f"[{'.'.join(map(_key, path))}]\n"
    text += "".join(f"{_key(key)} = {_literal(value)}\n" for key, value in plain)
    text += "\n" if text else ""
    return text + "".join(to_toml(value, (*path, key)) for key, value in nested)


def _moved(value: object, by: timedelta) -> object:
    day = _day(value)
    if day is not None:
        return (day + by).isoformat()
    if isinstance(value, Mapping):
        return {key: _moved(item, by) for key, item in value.items()}
    if isinstance(value, list):
        return [_moved(item, by) for item in value]
    return value


def _day(value: object) -> date | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and len(value) == len("2023-08-01"):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return None


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_literal(v)}" for k, v in value.items()) + " }"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text) + '"'


def _key(key: str) -> str:
    return key if re.fullmatch(r"[\w-]*(\[\d+\])?", key, re.ASCII) else _literal(key)


def _shown(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else repr(value)


def _kind(value: object) -> str:
    return {str: "text", list: "a list", int: "a number", bool: "true or false"}.get(
        type(value), type(value).__name__
    )
