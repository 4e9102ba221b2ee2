"""The nightly sweep against raw SQL that writes the same rows, and when nothing is due."""

from datetime import datetime, timedelta

import pytest
from django.db import connection

from dlsei.policy.calendar_days import KARACHI, midnight
from licensing import revocation
from licensing.models import Cohort, License, Report
from tests.benchmarks.crowd import licenses
from tests.benchmarks.ratio import ROUNDS, ratio, seconds, undone

NOW = datetime(2023, 1, 26, 3, 15, tzinfo=KARACHI)
LIMIT = 1.5
FLOOR = [
    "CREATE TEMPORARY TABLE idle ON COMMIT DROP AS SELECT * FROM licensing_license"
    " WHERE next_deadline < '2023-01-26' ORDER BY id",
    """
INSERT INTO licensing_revocationcase (license_id, clause, stage, base_on, deadline, state, evidence,
  report_id, evidence_on, programme_id, opened_at, closed_at, note)
SELECT id, '5.i', 0, next_base, next_deadline, 'revoked', jsonb_build_object('invited_on', invited_on),
  {report}, '2023-01-26', {programme}, '2023-01-26', '2023-01-26', '' FROM idle""",
    """
UPDATE licensing_license l SET state = 'revoked', ended_at = '2023-01-26', end_clause = '5.i',
  next_deadline = NULL, next_clause = '', next_mode = '', next_base = NULL
FROM idle i WHERE i.id = l.id""",
    """
INSERT INTO licensing_courserajob (license_id, kind, generation, email, created_at, due_at, attempts,
  error, file, outcome)
SELECT i.id, 'remove', 1, j.email, '2023-01-26', '2023-01-26', 0, '', '', ''
FROM idle i JOIN licensing_courserajob j ON j.license_id = i.id""",
    """
INSERT INTO dlsei_mail (kind, person_id, key, language, "values", created_at, due_at, attempts, error,
  address, subject_line, text, html)
SELECT 'license-revoked', i.person_id, 'license:' || i.id || ':revoked', u.language,
  jsonb_build_object('name', u.full_name, 'reference', i.reference, 'clause', '5.i'), '2023-01-26',
  '2023-01-26', 0, '', '', '', '', '' FROM idle i JOIN dlsei_user u ON u.id = i.person_id""",
    """
INSERT INTO dlsei_event (subject, subject_id, sequence, from_state, to_state, at, job, on_behalf_of, clause, data)
SELECT 'license', id, 2, 'invited', 'revoked', timestamptz '2023-01-26', 'bench', '', '5.i', jsonb '{{}}' FROM idle
UNION ALL SELECT 'revocationcase', k.id, 1, '', 'revoked', timestamptz '2023-01-26', 'bench', '', '5.i',
  jsonb '{{}}' FROM licensing_revocationcase k""",
    "UPDATE licensing_cohort SET seats_held = seats_held - (SELECT count(*) FROM idle) WHERE id = {cohort}",
]


@pytest.fixture
def cohort(programme):
    return Cohort.objects.get(name="Cohort I")


@pytest.fixture
def report(programme):
    report = Report.objects.create(source="api", as_of=midnight(NOW.date()), imported_at=NOW)
    report.cohorts.set(Cohort.objects.all())
    return report


@pytest.mark.django_db
def test_5_percent_of_20_000_break_a_rule(cohort, report, programme):
    licenses(20_000, cohort.pk, idle_every=20)
    ids = {"report": report.pk, "programme": programme.pk, "cohort": cohort.pk}

    def floor():
        with connection.cursor() as cursor:
            for table in ("licensing_revocationcase", "licensing_license"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for statement in FLOOR:
                cursor.execute(statement.format(**ids))

    def product():
        assert revocation.sweep(by="bench", now=NOW)["revoked"] == 1000

    assert ratio("sweep, 1,000 of 20,000", lambda: undone(product), lambda: undone(floor)) < LIMIT


@pytest.mark.django_db
def test_nothing_due_is_flat_in_the_number_of_licenses(cohort, report):
    later = NOW - timedelta(days=3)
    took = {}
    for count in (10_000, 200_000):
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT few")
        licenses(count, cohort.pk, idle_every=20)
        took[count] = min(
            seconds(lambda: revocation.sweep(by="bench", now=later)) for _ in range(ROUNDS)
        )
        assert License.objects.filter(state="revoked").count() == 0
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK TO SAVEPOINT few")
    print(
        f"nothing due: {took[10_000] * 1000:.0f} ms of 10,000, {took[200_000] * 1000:.0f} ms of 200,000"
    )
    assert took[200_000] < 3 * took[10_000] + 0.1
