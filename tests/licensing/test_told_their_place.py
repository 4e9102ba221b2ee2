"""Who is told that they wait reads the number of their place, however many stand before them (4.1.k, R11)."""

from datetime import timedelta

import pytest

from dlsei.models import Mail
from dlsei.policy.calendar_days import karachi_date
from licensing import allocation, line
from licensing.models import Cohort, Place
from tests.executed_plans import rows_read
from tests.factories import NOW, SYSTEM, UserFactory, resize


def enter(cohort, *places):
    """Places by (priority, minutes after `NOW`); in any order, each of a later application than the next."""
    for priority, minutes in places:
        line.enter(
            UserFactory(),
            cohort,
            priority=priority,
            submitted_at=NOW + timedelta(minutes=minutes),
            number=-Place.objects.count(),
            reference=f"DL-{priority}-{minutes}",
            by=SYSTEM,
            now=NOW,
        )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "newcomers",
    [
        [(2, 50)],
        [(1, 5)],
        [(1, 15), (2, 1), (2, 60), (2, 60)],
        [(2, 70), (1, 1)],
    ],
    ids=["last", "before all", "between", "first and last"],
)
def test_position_in_the_mail(programme, newcomers):
    """Given a line that was told, when others join it, then each of them reads their own place, and only they."""
    cohort = Cohort.objects.named("Cohort I")
    resize(cohort, total=0)
    enter(cohort, (1, 10), (2, 20), (2, 30), (1, 40))
    allocation.issue(cohort, by=SYSTEM, now=NOW)
    told = set(Mail.objects.values_list("pk", flat=True))
    assert len(told) == 4

    enter(cohort, *newcomers)
    allocation.issue(cohort, by=SYSTEM, now=NOW)

    read = [
        (mail.key, mail.values["position"])
        for mail in Mail.objects.exclude(pk__in=told).order_by("pk")
    ]
    stand = [
        (f"place:{place.pk}:waiting", line.position(place))
        for place in Place.objects.waiting().in_order()
    ]
    assert read == [one for one in stand if one[0] in dict(read)]
    assert len(read) == len(newcomers)


@pytest.mark.django_db
def test_others_before_and_behind_are_not_read_again_and_again(programme):
    """Given people of an earlier and a later class in line, when one joins between them, then nobody's place
    is counted anew for each who stands behind."""
    cohort, before, behind = Cohort.objects.named("Cohort I"), 60, 60
    resize(cohort, total=0)
    enter(cohort, *((1, n) for n in range(before)), *((3, n) for n in range(behind)))
    allocation.issue(cohort, by=SYSTEM, now=NOW)
    enter(cohort, (2, 0))

    read = rows_read(allocation.UNTOLD, {"cohort": cohort.pk})

    assert read < before * behind / 4


@pytest.mark.django_db
def test_whether_anybody_is_to_be_served_or_told_is_no_question_to_the_whole_line(programme):
    """Given a full cohort whose line has been told, then asking reads no place of it."""
    cohort, line_length = Cohort.objects.named("Cohort I"), 60
    resize(cohort, total=0)
    enter(cohort, *((1, n) for n in range(line_length)))
    allocation.issue(cohort, by=SYSTEM, now=NOW)

    assert rows_read(allocation.WAITING, {}) < line_length / 4
    assert rows_read(allocation.TO_SERVE, {"today": karachi_date(NOW)}) < line_length / 4

    resize(cohort, total=1)

    assert rows_read(allocation.WAITING, {}) < line_length / 4
    assert rows_read(allocation.TO_SERVE, {"today": karachi_date(NOW)}) < line_length / 4
