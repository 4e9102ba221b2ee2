"""Learners who paid in 2021 or 2022: their licenses, outside the bucket (2.a, 2.b, A.4, R4)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import IO, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models.functions import Lower

from dlsei.history import Actor
from dlsei.models import User
from dlsei.policy.expiry import paid_cohort, paid_source
from dlsei.policy.refusals import Refused, refuse
from dlsei.policy.states import LicenseState
from dlsei.policy.wording import gettext_noop
from dlsei.verbs import COHORT, PERSON, lock, verb
from licensing.coursera.port import RowError
from licensing.coursera.report_rows import Unreadable
from licensing.coursera.sheets import Cells, Columns, Reader, UnreadableFile, read_sheet
from licensing.models import Cohort, License, Programme

COLUMNS = ("full name", "email", "year", "activated")
IDENTITY = ("cnic or passport", "cnic", "passport")

NOT_THESE_COLUMNS = gettext_noop(
    "The first line must name these columns: Full Name, Email, Year, Activated, "
    "and CNIC or Passport where it is known."
)
NO_ADDRESS = gettext_noop("%(column)s is not an e-mail address: “%(value)s”.")
NO_YEAR = gettext_noop(
    "%(column)s is no year whose paid licenses a cohort takes over: “%(value)s”."
)
NO_IDENTITY = gettext_noop("%(column)s is neither a CNIC nor a passport number: “%(value)s”.")
TWICE = gettext_noop("The same address stands in line %(value)s already.")
HOLDS_ONE = gettext_noop("This person holds the live license %(value)s already.")


class PaidLearner(NamedTuple):
    """One line of the file. The identity is empty, or a CNIC's digits or a passport number."""

    line: int
    full_name: str
    email: str
    identity_kind: str
    identity_number: str
    year: int
    activated: bool


@verb
def grant(person: User, year: int, *, by: Actor, now: datetime) -> License:
    """Takes over a license paid for in `year` and activated: active at once, ends with its cohort.

    Takes no seat, is exempt from section 5. Raises `Refused(already-applied)` beside a live license,
    and ValueError for a year that no cohort takes over.
    """
    policy = paid_cohort(Programme.in_force().policy, year)
    if policy is None:
        raise ValueError(f"no cohort takes over licenses paid for in {year}")
    cohort = Cohort.objects.named(policy.name)
    lock(COHORT, cohort.pk)
    lock(PERSON, person.pk)
    if License.objects.live().filter(person=person).exists():
        raise Refused(refuse("already-applied"))
    license = License.objects.create(
        reference=f"paid-{person.pk}-{year}",
        person=person,
        cohort=cohort,
        source=paid_source(year),
        state=LicenseState.ACTIVE,
        issued_at=now,
        activated_at=now,
        ends_on=cohort.ends,
    )
    License.objects.filter(pk=license.pk).update(reference=f"L-{license.pk:06d}")
    license.refresh_from_db()
    return license


def read_learners(file: IO[bytes]) -> Iterator[PaidLearner | RowError]:
    """Reads HEC's list of paid learners; an address that stands there twice counts once.

    Raises UnreadableFile, on a step of the iteration, when its columns are others.
    """
    first: dict[str, int] = {}
    for line, row in read_sheet(file, _layout):
        if isinstance(row, RowError):
            yield row
        elif before := first.get(row.email):
            yield Unreadable("email", TWICE, before).at(line)
        else:
            first[row.email] = line
            yield row._replace(line=line)


def _layout(columns: Columns) -> Reader[PaidLearner]:
    if not columns.has(*COLUMNS):
        raise UnreadableFile(NOT_THESE_COLUMNS)
    full_name = columns.required("full name", longest=150)
    address = columns.required("email", longest=254)
    identity = columns.text(*IDENTITY, longest=40)
    year = columns.required("year")
    activated, answer = columns.flag("activated"), columns.required("activated")
    programme = Programme.in_force().policy

    def read(cells: Cells) -> PaidLearner:
        name, email, paid_in = full_name(cells), address(cells).lower(), year(cells)
        try:
            validate_email(email)
        except ValidationError as error:
            raise Unreadable("email", NO_ADDRESS, email) from error
        if not re.fullmatch(r"\d{4}", paid_in) or not paid_cohort(programme, int(paid_in)):
            raise Unreadable("year", NO_YEAR, paid_in)
        answer(cells)
        return PaidLearner(
            0, name, email, *_identity(identity(cells)), int(paid_in), activated(cells)
        )

    return read


def _identity(text: str) -> tuple[str, str]:
    bare = re.sub(r"[\s-]", "", text).upper()
    if not bare:
        return User.Identity.CNIC, ""
    if re.fullmatch(r"[1-8][0-9]{12}", bare):
        return User.Identity.CNIC, bare
    if re.fullmatch(r"[A-Z0-9]{5,20}", bare) and not (bare.isdigit() and len(bare) > 9):
        return User.Identity.PASSPORT, bare
    raise Unreadable(IDENTITY[0], NO_IDENTITY, text)


def outlook(learners: Iterable[PaidLearner]) -> dict[str, int]:
    """What taking these learners over would do, by figure; changes nothing."""
    activated = {learner.email: learner for learner in learners if learner.activated}
    known = dict(
        User.objects.annotate(address=Lower("email"))
        .filter(address__in=list(activated))
        .values_list("pk", "address")
    )
    licenses = License.objects.filter(person__in=list(known)).select_related("cohort")
    holders = {
        known[license.person_id]
        for license in licenses
        if license.is_live
        or license.source == paid_source(activated[known[license.person_id]].year)
    }
    return {
        "to_grant": len(activated) - len(holders),
        "already": len(holders),
        "new_people": len(activated) - len(known),
    }


@verb
def take_over(
    learners: Sequence[PaidLearner], *, by: Actor, now: datetime
) -> tuple[dict[str, int], list[RowError]]:
    """Grants their licenses to these learners; who has one for that year already keeps it.

    An address without an account gets one, to be opened by a code sent to it. Who never activated
    gets nothing (R4). Returns figures, and an error for each who holds another live license.
    """
    figures = {"granted": 0, "already": 0, "new_people": 0}
    errors = []
    for learner in learners:
        if not learner.activated:
            continue
        person = User.objects.filter(email__iexact=learner.email).first()
        if person is None:
            person = User.objects.create_user(
                learner.email,
                full_name=learner.full_name,
                identity_kind=learner.identity_kind,
                identity_number=learner.identity_number,
                date_joined=now,
            )
            figures["new_people"] += 1
        held = License.objects.filter(person=person)
        if held.filter(source=paid_source(learner.year)).exists():
            figures["already"] += 1
            continue
        try:
            # Who is refused costs no other row.
            with transaction.atomic():
                grant(person, learner.year, by=by, now=now)
        except Refused:
            reference = held.live().values_list("reference", flat=True).first()
            errors.append(Unreadable("email", HOLDS_ONE, reference).at(learner.line))
            continue
        figures["granted"] += 1
    return figures, errors
