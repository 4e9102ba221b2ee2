"""What one looks at again and again, with 60,000 applications in the database: a queue, and one's place in line.

Each against a floor in the same run: the queue's page against the same page of a list that is short, the place in line
against a look-up of the same row by its key.
"""

from datetime import datetime

import pytest
from django.db import connection
from django.http import QueryDict

from dlsei.policy.calendar_days import KARACHI
from licensing import line
from licensing.models import Cohort, Place
from tests.benchmarks.crowd import people, places
from tests.benchmarks.ratio import ratio, seconds
from tests.factories import FocalPersonFactory, UniversityFactory
from verification import worklist
from verification.pages import page
from verification.permissions import visible

NOW = datetime(2023, 1, 10, 9, tzinfo=KARACHI)
EVERYBODY, HERE, FEW = 60_000, 5_000, 30
TIMES = 20


def pending(count: int, university: int, cohort: int, first: int) -> None:
    """So many pending applications of a university, one a minute until `NOW`."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
INSERT INTO applications_identityclaim (identity, person_id, claimed_at)
SELECT 'cnic:' || n, n, '2023-01-02' FROM generate_series(%s, %s) n""",
            [first, first + count - 1],
        )
        cursor.execute(
            """
INSERT INTO applications_application (reference, person_id, category, university_id, answers, cohort_id, priority,
  status, created_at, submitted_at, identity_id)
SELECT 'DL-' || n, n, 'student', %s, '{}', %s, 0, 'pending', '2023-01-02',
  timestamptz '2023-01-10 09:00+05' - (n - %s) * interval '1 minute', 'cnic:' || n
FROM generate_series(%s, %s) n""",
            [university, cohort, first, first, first + count - 1],
        )


@pytest.mark.django_db
def test_a_page_of_the_queue(programme):
    cohort = Cohort.objects.get(name="Cohort I").pk
    long, short = FocalPersonFactory(), FocalPersonFactory()
    people(EVERYBODY)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('dlsei.context', %s, true)",
            [
                '{"actor": null, "job": "b", "at": "2023-01-10T09:00:00+05:00", "on_behalf_of": "", "clause": "", "data": {}}'
            ],
        )
    first = 1_000_001
    pending(HERE, long.university_id, cohort, first)
    pending(FEW, short.university_id, cohort, first + HERE)
    left = EVERYBODY - HERE - FEW
    others = [UniversityFactory().pk for _ in range(50)]
    for n, other in enumerate(others):
        pending(left // 50, other, cohort, first + HERE + FEW + n * (left // 50))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    def shown(focal):
        def queue():
            for _ in range(TIMES):
                mine = visible(focal.person, NOW.date()).at(focal.university)
                found = worklist.grouped(mine, NOW)
                rows = page(
                    worklist.with_lookers(found, focal.person, NOW), worklist.ORDER, QueryDict("")
                )
                assert len(rows.rows) == 25

        return lambda: seconds(queue)

    ratio("page of 5,000 against 30", shown(long), shown(short))


@pytest.mark.django_db
def test_place_in_line(programme):
    cohort = Cohort.objects.get(name="Cohort I")
    places(EVERYBODY, cohort.pk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE licensing_place")
    sample = list(Place.objects.order_by("id")[:: EVERYBODY // TIMES])

    def position():
        for place in sample:
            line.position(place)

    def floor():
        for place in sample:
            Place.objects.get(pk=place.pk)

    ratio("place in line", lambda: seconds(position), lambda: seconds(floor))
    print(line.Place.objects.waiting().filter(priority=0, cohort=cohort).explain())
