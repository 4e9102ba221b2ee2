"""Lists of focal persons and HEC's staff to invite: read, shown with what is wrong, then sent (4.1.d, 4.1.j).

A bad row never blocks good ones, and the same list again sends nothing twice.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from applications.models import University
from dlsei.history import Actor
from dlsei.permissions import require_hec
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.refusals import Refusal, Refused
from dlsei.policy.wording import gettext_noop as _
from dlsei.verbs import Busy, verb
from licensing.coursera.port import RowError
from licensing.coursera.report_rows import Unreadable
from licensing.coursera.sheets import Cells, Columns, Reader, UnreadableFile, read_sheet
from verification import staff_invitations
from verification.models import Invitation, StaffList

COLUMNS = ("university", "full name", "email")
MOST_ROWS = 1000
HEC = "hec"
LANGUAGES = {"": "en", "en": "en", "english": "en", "ur": "ur", "urdu": "ur"}

NOT_THESE_COLUMNS = _(
    "The first line must name these columns: University, Full Name, Email; "
    "First Day, Last Day and Language where they are known."
)
TOO_LONG = _("The list has more than %(most)s rows. Make two of it.")
NO_ADDRESS = _("%(column)s is not an e-mail address: “%(value)s”.")
NO_UNIVERSITY = _("No university on the list is called “%(value)s”.")
NO_DAY = _("%(column)s is not a day like 2023-01-31: “%(value)s”.")
NO_LANGUAGE = _("%(column)s is neither English nor Urdu: “%(value)s”.")
NOT_FOR_HEC = _("HEC's own staff have no first and last day: “%(value)s”.")
DAYS_TURNED = _("The last day is before the first: “%(value)s”.")
OVER = _("The last day is over already: “%(value)s”.")
TWICE = _("The same person stands for the same role in line %(value)s already.")


@dataclass(frozen=True)
class Row:
    """Whom to invite, and to what: `university` is an id, None for HEC. Days are ISO, or empty."""

    line: int
    email: str
    full_name: str
    university: int | None
    role: str
    since: str
    until: str
    language: str


@verb
def keep(file: IO[bytes], name: str, *, by: Actor, now: datetime) -> StaffList:
    """Reads a list and keeps it for its preview; nobody is invited yet.

    Raises `Refused` with not-yours or unreadable-list.
    """
    officer = require_hec(by)
    rows, errors = read(file, karachi_date(now))
    return StaffList.objects.create(
        name=name[-200:],
        rows=[asdict(row) for row in rows],
        errors=[as_record(error) for error in errors],
        uploaded_by=officer,
        uploaded_at=now,
    )


def send(staff_list: StaffList, *, by: Actor, now: datetime) -> StaffList:
    """Invites everybody on a list, each in a transaction of its own; names and addresses are then deleted.

    Broken off in the middle it goes on when it is called again. Raises `Refused(not-yours)`.
    """
    require_hec(by)
    if staff_list.sent_at:
        return staff_list
    result = invite_all([Row(**row) for row in staff_list.rows], by=by, now=now)
    _close(staff_list, result, by=by, now=now)
    staff_list.refresh_from_db()
    return staff_list


def invite_all(rows: Iterable[Row], *, by: Actor, now: datetime) -> dict[str, Any]:
    """What became of each row: how many were `invited` or had been `already`, and which were `refused`."""
    invited = already = 0
    refused: list[dict[str, Any]] = []
    for row in rows:
        if _is_invited(row, now):
            already += 1
            continue
        try:
            staff_invitations.invite(
                row.email,
                row.full_name,
                University.objects.get(pk=row.university) if row.university else None,
                date.fromisoformat(row.since) if row.since else None,
                date.fromisoformat(row.until) if row.until else None,
                language=row.language,
                by=by,
                now=now,
            )
            invited += 1
        except (Refused, Busy) as error:
            refused.append(as_record(_refused(row, error)))
    return {"invited": invited, "already": already, "refused": refused}


@verb
def _close(staff_list: StaffList, result: dict[str, Any], *, by: Actor, now: datetime) -> None:
    StaffList.objects.filter(pk=staff_list.pk, sent_at=None).update(
        sent_at=now, sent_by=require_hec(by), result=result, rows=[]
    )


@verb
def discard(staff_list: StaffList, *, by: Actor, now: datetime) -> None:
    """Deletes a list that was not sent. Raises `Refused(not-yours)`."""
    require_hec(by)
    StaffList.objects.filter(pk=staff_list.pk, sent_at=None).delete()


def read(file: IO[bytes], today: date) -> tuple[list[Row], list[RowError]]:
    """The rows that can be sent, and what is wrong with the others. Raises `Refused(unreadable-list)`."""
    good: list[Row] = []
    errors: list[RowError] = []
    try:
        for row in _rows(file, today):
            (errors if isinstance(row, RowError) else good).append(row)  # type: ignore[arg-type]
            if len(good) + len(errors) > MOST_ROWS:
                raise UnreadableFile(TOO_LONG, most=str(MOST_ROWS))
    except UnreadableFile as error:
        refusal = Refusal("unreadable-list", "4.1.d", error.sentence, error.values)
        raise Refused(refusal) from error
    return good, errors


def _rows(file: IO[bytes], today: date) -> Iterator[Row | RowError]:
    seen: dict[tuple[str, int | None], int] = {}
    universities = {name.lower(): pk for pk, name in University.objects.values_list("pk", "name")}
    for line, row in read_sheet(file, lambda columns: _layout(columns, universities, today)):
        if isinstance(row, RowError):
            yield row
        elif before := seen.get((row.email, row.university)):
            yield Unreadable("email", TWICE, before).at(line)
        else:
            seen[row.email, row.university] = line
            yield Row(**(asdict(row) | {"line": line}))


def _layout(columns: Columns, universities: dict[str, int], today: date) -> Reader[Row]:
    if not columns.has(*COLUMNS):
        raise UnreadableFile(NOT_THESE_COLUMNS)
    full_name = columns.required("full name", longest=150)
    address = columns.required("email", longest=254)
    institution = columns.required("university", longest=200)
    first, last = columns.text("first day"), columns.text("last day")
    language = columns.text("language")

    def day(column: str, value: str) -> str:
        try:
            return date.fromisoformat(value).isoformat() if value else ""
        except ValueError as error:
            raise Unreadable(column, NO_DAY, value) from error

    def read_row(cells: Cells) -> Row:
        email = address(cells).lower()
        try:
            validate_email(email)
        except ValidationError as error:
            raise Unreadable("email", NO_ADDRESS, email) from error
        role = institution(cells)
        to_hec = role.lower() == HEC
        university = None if to_hec else universities.get(role.lower())
        if not to_hec and university is None:
            raise Unreadable("university", NO_UNIVERSITY, role)
        since, until = day("first day", first(cells)), day("last day", last(cells))
        if to_hec and (since or until):
            raise Unreadable("first day", NOT_FOR_HEC, since or until)
        if until and until < today.isoformat():
            raise Unreadable("last day", OVER, until)
        if until and until < (since or today.isoformat()):
            raise Unreadable("last day", DAYS_TURNED, until)
        if (spoken := LANGUAGES.get(language(cells).lower())) is None:
            raise Unreadable("language", NO_LANGUAGE, language(cells))
        return Row(0, email, full_name(cells), university, role, since, until, spoken)

    return read_row


def _is_invited(row: Row, now: datetime) -> bool:
    """Whether this very invitation waits already: the list was sent before, or broke off."""
    found = Invitation.objects.open().filter(
        email=row.email,
        university=row.university,
        until=row.until or None,
        expires_at__gt=now,
    )
    if row.since:
        found = found.filter(since=row.since)
    return found.exists()


def _refused(row: Row, error: Refused | Busy) -> RowError:
    if isinstance(error, Refused):
        return RowError(row.line, "", error.refusal.sentence, dict(error.refusal.values))
    return RowError(row.line, "", _("Somebody works on this right now. Send the row again."), {})


def as_record(error: RowError) -> dict[str, Any]:
    """A row's error as JSON: its line, and a sentence to translate with its values."""
    return {"line": error.line, "sentence": error.sentence, "values": dict(error.values)}
