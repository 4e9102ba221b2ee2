"""Commands that act in the name of somebody at HEC take nobody else's name."""

import pytest
from django.core.management import CommandError, call_command

from dlsei import history
from dlsei.models import Mail
from licensing.models import CourseraJob, License, RevocationRun
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme")]


@pytest.fixture
def run(now) -> RevocationRun:
    license = factories.licensed(now=now)
    return RevocationRun.objects.create(
        cohort=license.cohort, would_revoke=600, live=1000, stopped_at=now
    )


@pytest.mark.parametrize("by", ["focal@example.pk", "nobody@example.pk"])
def test_only_hec_retries_and_confirms(run: RevocationRun, by: str) -> None:
    factories.FocalPersonFactory(person__email="focal@example.pk")
    Mail.objects.update(attempts=1, error="refused")

    with pytest.raises(CommandError, match="is nobody at HEC"):
        call_command("retry", "mails", "--by", by)
    with pytest.raises(CommandError, match="is nobody at HEC"):
        call_command("confirm_run", "--run", str(run.pk), "--by", by)

    run.refresh_from_db()
    assert run.confirmed_at is None


def test_a_run_is_shown_then_confirmed_by_its_number(run: RevocationRun, capsys) -> None:
    factories.HecFactory(email="sana@hec.example")

    call_command("confirm_run")
    with pytest.raises(CommandError, match="Name both"):
        call_command("confirm_run", "--run", str(run.pk))
    call_command("confirm_run", "--run", str(run.pk), "--by", "Sana@hec.example")

    said = capsys.readouterr().out
    assert f"run {run.pk}: would revoke 600 of 1000 licenses of Cohort I" in said
    assert f"run {run.pk} goes on within a minute" in said
    run.refresh_from_db()
    assert run.confirmed_by.email == "sana@hec.example"


def test_what_failed_is_due_now(run: RevocationRun, now, capsys) -> None:
    factories.HecFactory(email="sana@hec.example")
    later = now.replace(year=2099)
    Mail.objects.update(attempts=1, error="refused", due_at=later)
    CourseraJob.objects.update(attempts=1, error="503", due_at=later)

    call_command("retry", "mails", "--by", "sana@hec.example")
    call_command("retry", "coursera", "--by", "sana@hec.example")

    assert (
        capsys.readouterr().out == f"mails: {Mail.objects.count()} due now\ncoursera: 1 due now\n"
    )
    assert not Mail.objects.filter(due_at=later).exists()
    assert not CourseraJob.objects.filter(due_at=later).exists()


def test_new_links_go_to_those_who_have_not_clicked(run: RevocationRun, now, capsys) -> None:
    invited, active = License.objects.get(), factories.activated(factories.licensed(now=now))
    with history.acting(by=factories.SYSTEM, now=now):
        License.objects.filter(pk=invited.pk).update(
            state="invited", invited_at=now, invited_on=now.date()
        )

    call_command("invite_again", "--dry-run")
    assert CourseraJob.objects.filter(generation=2).count() == 0
    call_command("invite_again")

    assert capsys.readouterr().out == "1 invited and not active\n" * 2
    assert list(CourseraJob.objects.filter(generation=2)) == list(
        invited.coursera_jobs.filter(generation=2)
    )
    assert active.coursera_jobs.count() == 1
