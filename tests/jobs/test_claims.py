"""What a worker takes is what the querysets call due: mails, and jobs at Coursera (I6, I7)."""

from datetime import timedelta

import pytest

from dlsei import outbox
from dlsei.models import Mail
from licensing import invitations
from licensing.models import CourseraJob
from tests.factories import UserFactory
from tests.population import issued

SECOND = timedelta(seconds=1)
# Due when, leased until when, done: from now.
STATES = [
    (0 * SECOND, None, False),
    (SECOND, None, False),
    (-SECOND, 0 * SECOND, False),
    (-SECOND, SECOND, False),
    (-SECOND, None, True),
    (-SECOND, None, False),
]


@pytest.mark.django_db
@pytest.mark.usefixtures("programme")
def test_mails(now):
    for number, (due, leased, done) in enumerate(STATES):
        outbox.enqueue("license-expired", to=UserFactory(), key=f"x:{number}", values={}, now=now)
        Mail.objects.filter(key=f"x:{number}").update(
            due_at=now + due,
            leased_until=None if leased is None else now + leased,
            sent_at=now if done else None,
        )
    due = list(Mail.objects.due(now).order_by("pk").values_list("pk", "person__email"))

    assert [(mail.pk, mail.person_address) for mail in outbox.claim(now)] == due
    assert len(due) == 3
    assert outbox.claim(now) == []


@pytest.mark.django_db
@pytest.mark.usefixtures("programme", "coursera")
def test_jobs_at_coursera(now):
    """Given invitations in each state, each with a removal behind it, then only what is first and free is taken."""
    for license, (due, leased, done) in zip(issued(len(STATES), now=now), STATES, strict=True):
        license.coursera_jobs.update(
            due_at=now + due,
            leased_until=None if leased is None else now + leased,
            done_at=now if done else None,
            outcome="done" if done else "",
        )
        CourseraJob.objects.create(
            license=license, kind="remove", email="x@example.pk", created_at=now, due_at=now
        )
    due = list(
        CourseraJob.objects.due(now)
        .order_by("pk")
        .values_list(
            "pk",
            "license__reference",
            "license__person__full_name",
            "license__cohort__coursera_program",
        )
    )

    claimed = invitations.claim(now)

    assert [(job.pk, job.reference, job.full_name, job.program) for job in claimed] == due
    assert len(due) == 4
    assert {job.attempts for job in claimed} == {1}
    assert invitations.claim(now) == []
