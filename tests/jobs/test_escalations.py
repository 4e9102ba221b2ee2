"""No queue that HEC must know of falls out of its escalation, however runs fall together (R12)."""

import time
from datetime import timedelta

import pytest
from django.db.models import QuerySet

from dlsei.models import Mail
from tests.concurrency.race import race
from tests.factories import HecFactory, UniversityFactory, submitted
from verification import reminders

JOB = "verification.reminders.remind"


def named_to_hec():
    """The universities that HEC was told of, as often as it was."""
    mails = Mail.objects.filter(kind="queue-escalation").order_by("id")
    return sorted(queue["university"] for mail in mails for queue in mail.values["queues"])


@pytest.mark.django_db
def test_a_queue_that_falls_due_within_the_minute_of_another_is_escalated_too(programme, now):
    HecFactory()
    first, second = UniversityFactory(), UniversityFactory()
    submitted(university=first, now=now)
    reminders.escalate(by=JOB, now=now)

    submitted(university=second, now=now + timedelta(seconds=20))
    reminders.escalate(by=JOB, now=now + timedelta(seconds=30))

    assert named_to_hec() == sorted([first.name, second.name])


def escalate_at_once(now):
    """Two runs at once over eight queues; returns how many each escalated."""
    HecFactory()
    for university in UniversityFactory.create_batch(8):
        submitted(university=university, now=now)

    def escalating(meet):
        meet()
        return reminders.escalate(by=JOB, now=now)

    return sorted(race(escalating, escalating))


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_tell_hec_of_each_queue_once(programme, now):
    assert escalate_at_once(now) == [0, 8]
    assert len(named_to_hec()) == len(set(named_to_hec())) == 8


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_both_escalate_all(programme, now, monkeypatch):
    def found_then_wait(queues):
        rows = list(queues)
        time.sleep(0.5)
        return rows

    monkeypatch.setattr(QuerySet, "select_for_update", lambda queues, **how: queues)
    monkeypatch.setattr(reminders, "list", found_then_wait, raising=False)

    assert escalate_at_once(now) == [8, 8]
