"""Rows of Coursera's that fit no license, given to one by HEC (R21)."""

from datetime import datetime

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Lower

from dlsei.history import Actor
from dlsei.permissions import require_hec
from dlsei.verbs import COHORT, lock, verb
from licensing import staging
from licensing.activity import close_groundless
from licensing.models import CohortMember, License, UnmatchedRow

_COLUMNS = ", ".join(staging.COLUMNS)
STAGE_KEPT = f"""
INSERT INTO reported ({_COLUMNS}) SELECT {", ".join("k." + name for name in staging.COLUMNS)}
FROM licensing_unmatchedrow u CROSS JOIN jsonb_populate_record(NULL::reported, u.row) k
WHERE u.id = ANY(%s) AND u.row <> '{{}}'
"""


def of_learner(row: UnmatchedRow) -> QuerySet[UnmatchedRow]:
    """All rows of the same learner, in any report, that fit no license yet."""
    return UnmatchedRow.objects.alias(address=Lower("email")).filter(
        address=row.email.lower(), external_id__iexact=row.external_id, license=None
    )


@verb
def match(row: UnmatchedRow, license: License, *, by: Actor, now: datetime) -> int:
    """Says that a learner of Coursera's is the holder of `license`; returns how many rows that gave it.

    What the rows say is merged at once, later reports follow, and the flag that they set goes (R18).
    Raises `Refused(not-yours)`.
    """
    person = require_hec(by)
    lock(COHORT, license.cohort_id)
    rows = of_learner(row)
    ids = list(rows.values_list("pk", flat=True))
    UnmatchedRow.objects.filter(pk__in=ids).update(
        license=license, matched_by=person, matched_at=now
    )
    with connection.cursor() as cursor:
        staging.stage(cursor)
        cursor.execute(STAGE_KEPT, [ids])
        staging.match(cursor)
        cursor.execute(staging.MERGE, {"report": row.report_id})
        cursor.execute(staging.LEARN)
        changed = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(staging.UNSTAGE)
    close_groundless(changed, now)
    CohortMember.objects.filter(cohort=license.cohort_id, email__iexact=row.email).delete()
    return len(ids)
