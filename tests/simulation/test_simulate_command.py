"""What the command refuses, and that it says why."""

import pytest
from django.core.management import CommandError, call_command

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
