"""The allocator against raw SQL that writes the same rows: place, license, history, Coursera job."""

from datetime import datetime

import pytest
from django.db import connection

from dlsei.policy.calendar_days import KARACHI
from licensing import allocation
from licensing.models import Cohort
from tests.benchmarks.crowd import places
from tests.benchmarks.ratio import ratio, undone
from tests.factories import resize

NOW = datetime(2023, 1, 10, 9, tzinfo=KARACHI)
LIMIT = 1.5
FLOOR = [
    "CREATE TEMPORARY TABLE chosen ON COMMIT DROP AS SELECT id, person_id FROM licensing_place"
    " WHERE state = 'waiting' ORDER BY priority, submitted_at, number",
    "UPDATE licensing_place p SET state = 'served', served_at = '2023-01-10' FROM chosen c WHERE c.id = p.id",
    """
INSERT INTO licensing_license (reference, person_id, cohort_id, place_id, source, state, issued_at,
  ends_on, extended, end_clause, next_clause, next_stage, next_mode)
SELECT 'L-' || id, person_id, {cohort}, id, 'bucket', 'issued', '2023-01-10', '2023-07-31', false, '', '', 0, ''
FROM chosen""",
    """
INSERT INTO licensing_courserajob (license_id, kind, generation, email, created_at, due_at, attempts,
  error, file, outcome)
SELECT l.id, 'invite', 1, u.email, '2023-01-10', '2023-01-10', 0, '', '', ''
FROM licensing_license l JOIN dlsei_user u ON u.id = l.person_id""",
    """
INSERT INTO dlsei_event (subject, subject_id, sequence, from_state, to_state, at, job, on_behalf_of, clause, data)
SELECT 'place', id, 2, 'waiting', 'served', timestamptz '2023-01-10', 'bench', '', '', jsonb '{{}}' FROM chosen
UNION ALL SELECT 'license', l.id, 1, '', 'issued', timestamptz '2023-01-10', 'bench', '', '', jsonb '{{}}'
FROM licensing_license l""",
    "UPDATE licensing_cohort SET seats_held = seats_held + (SELECT count(*) FROM chosen) WHERE id = {cohort}",
]


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1_000, 20_000])
def test_a_batch(programme, count):
    cohort = Cohort.objects.get(name="Cohort I")
    resize(cohort, total=count)
    places(count, cohort.pk)

    def floor():
        with connection.cursor() as cursor:
            # Foreign keys and checks hold for the floor too; only our own triggers are left out.
            for table in ("licensing_place", "licensing_license"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for statement in FLOOR:
                cursor.execute(statement.format(cohort=cohort.pk))

    def product():
        assert allocation.issue(cohort, by="bench", now=NOW) == count

    assert (
        ratio(f"allocator, {count} places", lambda: undone(product), lambda: undone(floor)) < LIMIT
    )
