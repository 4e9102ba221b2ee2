"""What one looks at again and again, with 60,000 applications in the database: a queue, and one's place in line.

Each against a floor in the same run: the queue's page against one that sorts the few rows of a short queue, the place in
line against a look-up of the same row by its key.
"""

from datetime import datetime

import pytest
from django.db import connection, transaction
from django.http import QueryDict

from applications.models import Application
from dlsei.policy.calendar_days import KARACHI
from licensing import line
from licensing.models import Cohort, Place
from tests.benchmarks.crowd import ACTING, people, places
from tests.benchmarks.ratio import ratio, seconds
from tests.factories import FocalPersonFactory, UniversityFactory
from verification import worklist
from verification.pages import page
from verification.permissions import visible

NOW = datetime(2023, 1, 10, 9, tzinfo=KARACHI)
EVERYBODY, HERE, FEW = 60_000, 5_000, 30
OTHERS, TIMES = 50, 20
PAGE_LIMIT, PLACE_LIMIT = 2.5, 8


@pytest.mark.django_db
def test_a_page_of_the_queue(programme):
    cohort = Cohort.objects.get(name="Cohort I").pk
    long, short = FocalPersonFactory(), FocalPersonFactory()
    others = [UniversityFactory().pk for _ in range(OTHERS)]
    people(EVERYBODY)
    first = applied(HERE, long.university_id, cohort, 1_000_001)
    first = applied(FEW, short.university_id, cohort, first)
    for other in others:
        first = applied((EVERYBODY - HERE - FEW) // OTHERS, other, cohort, first)
    analyzed()

    def page_of(focal, parts=()):
        mine = visible(focal.person, NOW.date()).at(focal.university)
        rows = worklist.with_lookers(worklist.grouped(mine, NOW), focal.person, NOW)
        return page(rows, worklist.ORDER, QueryDict(), parts=parts).rows

    def by_parts(focal):
        here = Application.objects.at(focal.university).exclude(person=focal.person)
        return page_of(focal, worklist.parts(here, NOW))

    def pages(of, focal):
        return lambda: seconds(lambda: [of(focal) for _ in range(TIMES)])

    assert by_parts(long) == page_of(long)
    found = ratio(
        "a page of 5,000, against one of 30", pages(by_parts, long), pages(page_of, short)
    )
    assert found < PAGE_LIMIT


@pytest.mark.django_db(transaction=True)
def test_place_in_line(programme):
    cohort = Cohort.objects.get(name="Cohort I")
    with transaction.atomic():
        places(EVERYBODY, cohort.pk)
    with connection.cursor() as cursor:
        # As autovacuum does: then the index alone tells.
        cursor.execute("VACUUM ANALYZE licensing_place")
    sample = list(Place.objects.order_by("submitted_at")[:: EVERYBODY // TIMES])

    def positions():
        assert [line.position(place) for place in sample] == [
            1 + number * (EVERYBODY // TIMES) for number in range(TIMES)
        ]

    def look_ups():
        for place in sample:
            Place.objects.get(pk=place.pk)

    found = ratio("place in line", lambda: seconds(positions), lambda: seconds(look_ups))
    assert found < PLACE_LIMIT


def applied(count: int, university: int, cohort: int, first: int) -> int:
    """So many pending applications of a university, one a minute until `NOW`; returns the next person's id."""
    last = first + count - 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('dlsei.context', %s, true)", [ACTING])
        cursor.execute(
            """
INSERT INTO applications_identityclaim (identity, person_id, claimed_at)
SELECT 'cnic:' || n, n, '2023-01-02' FROM generate_series(%s, %s) n""",
            [first, last],
        )
        cursor.execute(
            """
INSERT INTO applications_application (reference, person_id, category, university_id, answers, cohort_id, priority,
  status, created_at, submitted_at, identity_id)
SELECT 'DL-' || n, n, 'student', %s, '{}', %s, 0, 'pending', '2023-01-02',
  %s - (n - %s) * interval '1 minute', 'cnic:' || n
FROM generate_series(%s, %s) n""",
            [university, cohort, NOW, first, first, last],
        )
    return last + 1


def analyzed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
