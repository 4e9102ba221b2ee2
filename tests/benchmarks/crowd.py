"""Many people at once, by SQL: what is measured is not how they came."""

from django.db import connection

ACTING = (
    '{"actor": null, "job": "bench", "at": "2023-01-10T09:00:00+05:00",'
    ' "on_behalf_of": "", "clause": "", "data": {}}'
)
"""Who acts and when, for the triggers that write the history."""


def people(count: int) -> None:
    """`count` applicants with ids from 1,000,001 on."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
INSERT INTO dlsei_user (id, password, is_superuser, email, full_name, identity_kind, identity_number,
                        mobile, language, is_hec, is_staff, is_active, date_joined)
SELECT n, '', false, 'p' || n || '@example.pk', 'Person ' || n, 'cnic', '35202' || lpad(n::text, 8, '0'),
       '', 'en', false, false, true, '2023-01-02'
FROM generate_series(1000001, 1000000 + %s) n""",
            [count],
        )


def places(count: int, cohort: int) -> None:
    """A line of `count` waiting people in a cohort."""
    people(count)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('dlsei.context', %s, true)",
            [ACTING],
        )
        cursor.execute(
            """
INSERT INTO licensing_place (person_id, cohort_id, priority, submitted_at, number, reference, state, entered_at)
SELECT n, %s, 0, timestamptz '2023-01-02' + n * interval '1 second', n, 'DL-' || n, 'waiting', '2023-01-10'
FROM generate_series(1000001, 1000000 + %s) n""",
            [cohort, count],
        )


def licenses(count: int, cohort: int, *, idle_every: int) -> None:
    """`count` invited licenses, of which each `idle_every`-th has broken 5.i and the rest is active."""
    places(count, cohort)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE licensing_place SET state = 'served', served_at = '2023-01-10' WHERE cohort_id = %s",
            [cohort],
        )
        cursor.execute(
            """
INSERT INTO licensing_license (reference, person_id, cohort_id, place_id, source, state, issued_at,
  invited_at, invited_on, activated_at, enrolled_at, completed_at, last_activity_at, ends_on, extended,
  end_clause, next_deadline, next_clause, next_stage, next_mode, next_base)
SELECT 'L-' || p.id, p.person_id, p.cohort_id, p.id, 'bucket',
  CASE WHEN idle THEN 'invited' ELSE 'active' END, '2023-01-10', '2023-01-10', '2023-01-10',
  CASE WHEN idle THEN NULL ELSE timestamptz '2023-01-11' END,
  CASE WHEN idle THEN NULL ELSE timestamptz '2023-01-11' END,
  CASE WHEN idle THEN NULL ELSE timestamptz '2023-01-20' END,
  CASE WHEN idle THEN NULL ELSE timestamptz '2023-06-20' END, '2023-07-31', false, '',
  CASE WHEN idle THEN date '2023-01-25' ELSE date '2023-07-20' END,
  CASE WHEN idle THEN '5.i' ELSE '5.iv' END, CASE WHEN idle THEN 0 ELSE 30 END,
  CASE WHEN idle THEN 'automatic' ELSE 'review' END,
  CASE WHEN idle THEN date '2023-01-10' ELSE date '2023-06-20' END
FROM (SELECT *, row_number() OVER (ORDER BY id) %% %s = 0 AS idle FROM licensing_place
      WHERE cohort_id = %s) p""",
            [idle_every, cohort],
        )
        cursor.execute(
            """
INSERT INTO licensing_courserajob (license_id, kind, generation, email, created_at, due_at, attempts,
                                   error, file, done_at, outcome)
SELECT l.id, 'invite', 1, 'p' || l.person_id || '@example.pk', '2023-01-10', '2023-01-10', 1, '', '',
       '2023-01-10', 'done'
FROM licensing_license l WHERE l.cohort_id = %s""",
            [cohort],
        )
        cursor.execute(
            "UPDATE licensing_cohort SET seats_total = greatest(seats_total, %s), seats_held = %s WHERE id = %s",
            [count, count, cohort],
        )
        for table in (
            "dlsei_user",
            "licensing_place",
            "licensing_license",
            "licensing_courserajob",
            "dlsei_event",
        ):
            cursor.execute(f"ANALYZE {table}")
