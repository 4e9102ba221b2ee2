"""Whether applications are taken now, for pages that say it in words (R13)."""

from datetime import date

from django.utils.translation import gettext as _

from dlsei import memory
from dlsei.templatetags.components import day
from licensing import buckets
from licensing.models import Cohort


def _intake(today: date) -> tuple[Cohort, buckets.Bucket]:
    """The cohort that takes applications and its bucket, asked once a page."""

    def ask() -> tuple[Cohort, buckets.Bucket]:
        cohort = buckets.target_cohort(today)
        return cohort, buckets.bucket(cohort, today)

    return memory.remembered(f"intake of {today}", ask)


def intake_in_words(today: date) -> str:
    """Until when one can submit an application, or from when on (R13)."""
    cohort, bucket = _intake(today)
    if today < cohort.intake_from:
        return _("From %(day)s on, when applications for %(cohort)s open") % {
            "day": day(cohort.intake_from),
            "cohort": cohort,
        }
    if bucket.intake_open:
        return _("Until %(day)s, while licenses of %(cohort)s are left") % {
            "day": day(min(cohort.intake_until, cohort.ends)),
            "cohort": cohort,
        }
    return _("Applications are closed; whether they open again is not known")


def may_submit(today: date) -> bool:
    """Whether an application could be submitted now, for all that the intake says (R13)."""
    cohort, bucket = _intake(today)
    return today >= cohort.intake_from and bucket.intake_open
