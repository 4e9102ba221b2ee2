"""A simulated programme left in place: in the configured database, with today in the middle of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from dlsei.policy.calendar_days import karachi_date
from dlsei.simulation.year import FOCAL_PERSON, HEC_OFFICER, Lived, Plan
from verification import demo

WEEK = 7
SIGN_INS = "sign-ins.txt"
"""Where `make run` looks whether there are people already, and what it prints."""

UNFINISHED = (
    "Stopped in the middle: the configured database holds a part of the programme."
    " `make reset` empties that of `make run`; then simulate again."
)


_APPLICATION = "JOIN applications_application a ON a.person_id = u.id WHERE a.status = "
_LICENSE = "JOIN licensing_license l ON l.person_id = u.id WHERE l.state = "
SOMEBODY = {
    "Applicant, draft": f"{_APPLICATION} 'draft' ORDER BY a.id DESC",
    "Applicant, pending": f"{_APPLICATION} 'pending' ORDER BY a.submitted_at DESC",
    "Applicant, rejected": f"{_APPLICATION} 'rejected' ORDER BY a.decided_at DESC",
    "In line": "JOIN licensing_place p ON p.person_id = u.id WHERE p.state = 'waiting' ORDER BY p.id",
    "Learner, invited": f"{_LICENSE} 'invited' ORDER BY l.id DESC",
    "Learner, active": f"{_LICENSE} 'active' AND l.completed_at IS NOT NULL ORDER BY l.id DESC",
    "Learner, revoked": f"{_LICENSE} 'revoked' ORDER BY l.ended_at DESC",
}


class NotEmpty(Exception):
    """The configured database holds something: nothing was done."""


def plan(applicants: int, seed: int, until: date) -> Plan:
    """A plan that ends now; `until` is the programme's day that is today, give or take a weekday."""
    now = timezone.now()
    days = (karachi_date(now) - until).days
    # Whole weeks, so that Sundays stay Sundays.
    moved = round(days / WEEK) * WEEK
    return Plan(applicants, seed, moved=moved, until=now, real_papers=True)


@contextmanager
def database() -> Iterator[None]:
    """The configured database, its tables made. Raises `NotEmpty` when it holds anything."""
    call_command("migrate", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        for table in ("dlsei_user", "licensing_programme", "applications_university"):
            cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
            if cursor.fetchone()[0]:
                raise NotEmpty(
                    f"The configured database is not empty ({table} holds rows). Simulating into it"
                    " needs an empty one: `make reset` empties that of `make run`."
                )
        # Here, too, a commit need not wait for the disk: an unfinished simulation is begun anew.
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET jit = off")
    yield


def hand_over(lived: Lived) -> str:
    """Writes what the sandbox and `make run` go on with; returns the sign-ins, for the terminal."""
    home = Path(settings.DATA_DIR)
    lived.edges.sandbox.save(home / "coursera-sandbox")
    people = {"HEC officer": HEC_OFFICER, "Focal person": FOCAL_PERSON} | _of_interest()
    if not settings.DEMO:
        listed = "\n".join(f"  {name}: {email}" for name, email in people.items())
        return f"Sign in by a code that is mailed to\n{listed}\n"
    demo.let_sign_in(people.values())
    said = demo.sign_ins_of(people)
    file = home / SIGN_INS
    file.touch(mode=0o600)
    file.write_text(said)
    return f"{said}\n"


def _of_interest() -> dict[str, str]:
    """Applicants in different states, the newest of each."""
    found = {}
    with connection.cursor() as cursor:
        for name, sql in SOMEBODY.items():
            cursor.execute(f"SELECT u.email FROM dlsei_user u {sql} LIMIT 1")
            if row := cursor.fetchone():
                found[name] = row[0]
    return found
