"""What the command refuses, and that it says why; what it says when it is stopped."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from dlsei.replay import scratch
from tests.factories import UserFactory


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--applicants", "0"], "at least 1"),
        (["--applicants", "5", "--until", "2023-08-08"], "goes with --into-configured"),
    ],
)
def test_arguments_that_say_nothing_are_refused(arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said) as refused:
        call_command("simulate", *arguments)

    assert refused.value.returncode == 2


def test_a_database_that_holds_anything_is_left_alone(db) -> None:
    """Given one person, when somebody simulates into it, then nothing is played."""
    person = UserFactory()

    with pytest.raises(CommandError, match="is not empty") as refused:
        call_command("simulate", "--applicants", "5", "--into-configured")

    assert refused.value.returncode == 2
    assert type(person).objects.count() == 1


@pytest.mark.fault
def test_stopped_in_the_middle_it_says_what_it_leaves(
    scratch_template: str, django_db_blocker: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with django_db_blocker.unblock(), scratch.copy_of(scratch_template):
        at = connection.settings_dict
        where = (
            f"{quote(at['USER'])}:{quote(at['PASSWORD'])}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
        )
        process = subprocess.Popen(
            [sys.executable, "manage.py", "simulate", "--applicants", "5", "--into-configured"],
            env=os.environ
            | {
                "DATABASE_URL": f"postgres://{where}",
                "REDIS_URL": settings.REDIS_URL,
                "DLSEI_DATA": str(tmp_path),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        while not _licenses() and process.poll() is None:
            time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)

    assert process.returncode == 130, said
    assert said.startswith("Stopped in the middle: the configured database holds a part")
    assert "Traceback" not in said


def _licenses() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM licensing_license)")
        return bool(cursor.fetchone()[0])
