"""`manage.py invite_staff`: how the first officer of HEC comes in, and anybody after."""

import pytest
from django.core.management import CommandError, call_command

from tests.factories import FocalPersonFactory, HecFactory, UniversityFactory
from verification.models import Invitation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]


def test_the_first_officer_is_invited_by_nobody_but_the_command(capsys) -> None:
    call_command("invite_staff", "sana@hec.example", "--name", "Sana Iqbal", "--hec")

    invitation = Invitation.objects.get()
    assert (invitation.university, invitation.invited_by) == (None, None)
    assert capsys.readouterr().out == (
        "sana@hec.example is invited to HEC, until 2023-01-24 09:00\n"
    )


def test_a_focal_person_in_the_name_of_somebody_at_hec() -> None:
    university, hec = UniversityFactory(name="University of Quetta"), HecFactory()

    call_command(
        *("invite_staff", "noor@uoq.example", "--name", "Dr. Noor"),
        *("--university", "university of quetta", "--until", "2023-06-30", "--by", hec.email),
    )

    invitation = Invitation.objects.get()
    assert (invitation.university, invitation.invited_by) == (university, hec)
    assert (str(invitation.since), str(invitation.until)) == ("2023-01-10", "2023-06-30")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["x@hec.example", "--university", "Nowhere"], "No university is called 'Nowhere'"),
        (["--hec"], "Name both, the address"),
        (["no address", "--hec"], "is no e-mail address"),
        (["x@hec.example", "--hec", "--until", "2023-06-30"], "days of a focal person"),
        (["x@hec.example", "--hec", "--by", "focal@uop.example"], "among the applications"),
        (["x@hec.example", "--hec", "--by", "nobody@hec.example"], "is nobody at HEC"),
        (["x@hec.example"], "one of the arguments --hec --university --csv is required"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(given, says) -> None:
    FocalPersonFactory(person__email="focal@uop.example")

    with pytest.raises(CommandError, match=says):
        call_command("invite_staff", *given, "--name", "Somebody")

    assert not Invitation.objects.exists()
