"""Coursera reached by hand: the files that HEC uploads there or works through.

For an organisation without the API. What HEC brings back is read by `activity_exports`.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

from licensing.coursera.port import Invitee

INVITE_HEADER = ("Full Name", "Email", "External ID")
REMOVAL_HEADER = ("Name", "Email", "External ID", "Program")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class BulkFile:
    """How many people a written file holds, and whom it could not hold."""

    written: int
    left_out: tuple[Invitee, ...]


def write_bulk_invites(out: TextIO, invitees: Iterable[Invitee]) -> BulkFile:
    """Write Coursera's bulk-invite file for one program (R9, CSV route).

    Open `out` as UTF-8 with newline="". A spreadsheet must not run what a person typed as a name,
    so names lose a leading formula character. An address cannot be changed: whoever's begins with
    one is left out and returned, for HEC to invite by hand.
    """
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(INVITE_HEADER)
    written, left_out = 0, []
    for invitee in invitees:
        name = _name(invitee.full_name)
        if not name or any(_is_formula(cell) for cell in (invitee.email, invitee.external_id)):
            left_out.append(invitee)
            continue
        writer.writerow((name, invitee.email, invitee.external_id))
        written += 1
    return BulkFile(written, tuple(left_out))


def write_removals(out: TextIO, removals: Iterable[tuple[Invitee, str]]) -> BulkFile:
    """Write the list of people, each with the program's name, that HEC removes by hand (5.z).

    A person reads it and no machine does, so a dangerous cell is quoted and nobody is left out.
    """
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(REMOVAL_HEADER)
    written = 0
    for invitee, program in removals:
        cells = (invitee.full_name, invitee.email, invitee.external_id, program)
        writer.writerow([f"'{cell}" if _is_formula(cell) else cell for cell in cells])
        written += 1
    return BulkFile(written, ())


def _name(text: str) -> str:
    return " ".join(text.replace("\0", " ").split()).lstrip("=+-@ ")


def _is_formula(cell: str) -> bool:
    return cell.lstrip(" ").startswith(FORMULA_STARTS)
