"""Redis is only there to make it sooner: killed, it holds up no decision and loses nothing (DESIGN 5)."""

import json
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.urls import reverse

from dlsei import audit
from dlsei.embedded.services import PROJECT
from licensing.models import License
from tests.factories import FocalPersonFactory, UniversityFactory, submitted
from tests.faults.conftest import until

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]

SECONDS = 3


@pytest.fixture
def university(programme):
    return UniversityFactory()


@pytest.fixture
def approve(environment, sign_in, university, now):
    """POSTs a focal person's approval in a process of its own; returns status and seconds."""
    browser = sign_in(FocalPersonFactory(university=university).person)
    session = browser.cookies[settings.SESSION_COOKIE_NAME].value

    def approving(application, *how):
        path = reverse("approve", args=[application.reference])
        request = [sys.executable, "-m", "tests.faults.request", now.isoformat(), session, path]
        done = subprocess.run(
            [*request, *how],
            cwd=PROJECT,
            env=environment | {"STATIC_ROOT": "", "DEMO": "true", "LOG_LEVEL": "CRITICAL"},
            capture_output=True,
            text=True,
            timeout=90,
        )
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout.splitlines()[-1])
        application.refresh_from_db()
        return said

    return approving


def test_killed_and_restarted_it_costs_no_decision_and_the_worker_goes_on(
    approve, university, broker, worker, now
):
    first, second = submitted(university=university), submitted(university=university)

    # Given: a nudge from a web request reaches Redis, though no worker is there.
    assert approve(first)["status"] == 302
    assert broker.jobs() == {"dlsei.issue", "dlsei.deliver_mail"}
    # When a worker comes, it does what it was woken for.
    worker(now)
    until(lambda: License.objects.filter(person=first.person).exists(), "the first license")

    # When Redis is dead, an approval commits as fast as ever.
    broker.kill()
    said = approve(second)
    assert said["status"] == 302
    assert said["seconds"] < SECONDS
    assert second.status == "approved"

    # When Redis is back, the same worker takes the next tick, and that pulls what was not pushed.
    broker.start()
    broker.send("issue")
    until(lambda: License.objects.filter(person=second.person).exists(), "the second license")
    assert list(audit.breaches(now)) == []


def test_what_was_queued_survives_the_kill(broker, worker, programme, now):
    broker.send(*["issue"] * 20)
    # The append-only file is written through once a second.
    time.sleep(1.5)

    broker.kill()
    broker.start()

    assert broker.waiting == 20
    worker(now)
    until(lambda: broker.waiting + broker.unacknowledged == 0, "all are taken and acknowledged")


def test_control_a_nudge_that_is_not_robust_turns_the_decision_into_an_error(
    approve, university, broker, now
):
    """The transaction has committed, and the focal person is told that it failed."""
    application = submitted(university=university)
    broker.kill()

    said = approve(application, "fragile")

    assert (said["status"], application.status) == (500, "approved")
