"""The bucket as a ledger: each change of what a cohort holds or has, with the balance after it (R3, I1).

The entries are events of the history, written by the database with the change itself.
"""

from datetime import date

from django.db import connection

from dlsei.models import Event
from dlsei.models.history import EventQuerySet
from licensing.models import Cohort

SUBJECT = "bucket"
DAILY = """
SELECT DISTINCT ON (day) (at AT TIME ZONE 'Asia/Karachi')::date AS day,
  (data->>'held')::int, (data->>'total')::int
FROM dlsei_event WHERE subject = 'bucket' AND subject_id = %s
ORDER BY day, sequence DESC
"""


def of(cohort: Cohort) -> EventQuerySet:
    """A cohort's ledger, without order; `sequence` is the order in which it was written."""
    return Event.objects.filter(subject=SUBJECT, subject_id=cohort.pk).select_related("actor")


def by_day(cohort: Cohort) -> list[tuple[date, int, int]]:
    """Held and total at the end of each Karachi day on which either changed, the earliest first."""
    with connection.cursor() as cursor:
        cursor.execute(DAILY, [cohort.pk])
        return cursor.fetchall()
