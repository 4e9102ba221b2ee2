"""A Celery worker killed (SIGKILL) in the middle: the next one finishes, every effect is there once."""

import signal
from datetime import timedelta

import pytest

from dlsei import audit, outbox, schedule
from dlsei.celery import JOBS
from dlsei.models import Mail, Slot
from licensing import activity, invitations
from licensing.models import Cohort, CourseraJob, License
from tests.factories import SYSTEM
from tests.faults.conftest import until
from tests.population import invited, issued

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]

IDLE = 5
DAYS = timedelta(days=1)


def died(process):
    return process.wait(timeout=60) == -signal.SIGKILL


@pytest.fixture
def idle(programme, coursera, smtp, now):
    """Five licenses that fall to 5.i on 26 January, and the report that says so."""
    invited(IDLE, now=now)
    coursera.at = now + 16 * DAYS
    report = activity.fetch(by=SYSTEM, now=coursera.at)
    schedule.run_owed("extend", [f"report:{report['report']}"], dict, now=coursera.at)
    smtp.taken.clear()
    return coursera.at.replace(hour=2, minute=30)


BETWEEN_BATCHES = ("before", "licensing.revocation.revoke_due", "3")
INSIDE_A_BATCH = ("before", "licensing.revocation.outbox.enqueue_each", "2")


@pytest.mark.parametrize(
    ("place", "revoked"), [(BETWEEN_BATCHES, 4), (INSIDE_A_BATCH, 2)], ids=["between", "inside"]
)
def test_mid_sweep(idle, broker, worker, place, revoked):
    small = ("--set", "licensing.revocation.BATCH=2")
    first = worker(idle, *small, "--die", *place, "whole")
    broker.send("revoke")

    assert died(first)
    assert License.objects.filter(state="revoked").count() == revoked, "whole batches, or nothing"
    assert Mail.objects.filter(kind="license-revoked").count() == revoked
    assert Slot.objects.get(job="revoke", key__startswith="report").finished_at is None

    later = idle + schedule.LEASE
    worker(later, *small)
    broker.send("revoke")
    until(lambda: License.objects.filter(state="revoked").count() == IDLE, "all are revoked")
    until(lambda: Slot.objects.filter(job="revoke", finished_at__isnull=False), "the run is done")
    broker.send("deliver_mail", "deliver_coursera")
    until(lambda: not CourseraJob.objects.filter(done_at=None).exists(), "all is removed")
    until(lambda: not Mail.objects.unsent().exists(), "all mails are sent")

    assert Mail.objects.filter(kind="license-revoked").count() == IDLE
    assert Cohort.objects.named("Cohort I").seats_held == 0
    assert list(audit.breaches(later)) == []


def test_mid_mail(programme, coursera, smtp, broker, worker, now):
    issued(4, now=now)
    owed = Mail.objects.count()
    first = worker(
        now, "--die", "after", "django.core.mail.EmailMultiAlternatives.send", "3", "whole"
    )
    broker.send("deliver_mail")

    assert died(first)
    assert (len(smtp.taken), Mail.objects.unsent().count()) == (3, owed - 2)

    JOBS["deliver_mail"].run(now + outbox.LEASE)

    assert not Mail.objects.unsent().exists()
    times = smtp.message_ids
    assert set(times) == {mail.message_id for mail in Mail.objects.all()}
    assert sorted(times.values()) == [1] * (owed - 1) + [2], "one was taken, and not yet noted"
    assert list(audit.breaches(now + outbox.LEASE)) == []


def test_mid_invite(programme, coursera, smtp, broker, worker, now):
    licenses = issued(4, now=now)
    with coursera.counting_invitations() as asked:
        first = worker(
            now, "--die", "after", "licensing.coursera.api.ApiCoursera.invite", "2", "whole"
        )
        broker.send("deliver_coursera")
        assert died(first)
        assert len(asked) == 2
        assert CourseraJob.objects.exclude(done_at=None).count() == 1

        later = now + invitations.LEASE
        for job in ("deliver_coursera", "deliver_mail", "invite"):
            JOBS[job].run(later)

    assert not CourseraJob.objects.filter(done_at=None).exists()
    assert sorted(asked) == sorted(license.reference for license in licenses)
    assert Mail.objects.filter(kind="license-invitation", sent_at__isnull=False).count() == 4
    assert License.objects.filter(state="invited").count() == 4
    assert list(audit.breaches(later)) == []


def test_one_process_of_a_worker_killed_the_worker_goes_on(idle, broker, worker, tmp_path):
    """As when the kernel kills for want of memory: the message comes back, the slot says who is on it."""
    worker(
        idle,
        *("--set", "licensing.revocation.BATCH=2", "--once", str(tmp_path / "died")),
        *("--die", *BETWEEN_BATCHES, "child"),
    )
    broker.send("revoke", "deliver_mail")

    until((tmp_path / "died").exists, "the process has died")
    until(lambda: not Mail.objects.unsent().exists(), "the next job is done by its successor")
    until(lambda: broker.waiting + broker.unacknowledged == 0, "nothing is left in the queue")
    assert License.objects.filter(state="revoked").count() == 4


def test_control_mails_owed_after_the_commit_are_lost(idle, broker, worker):
    """The same death in a sweep that owes its mails outside the transaction: nobody is told."""
    first = worker(
        idle,
        *("--set", "licensing.revocation.BATCH=2", "--after-commit"),
        *("--die", *INSIDE_A_BATCH, "whole"),
    )
    broker.send("revoke")

    assert died(first)
    broken = {breach.says for breach in audit.breaches(idle)}
    assert "every change has the mail that it owes" in broken
