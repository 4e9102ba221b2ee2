"""Files that HEC brings in: uploaded, previewed, then imported by a worker (R4, R9, R18)."""

from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from licensing.models.activity import Report
from licensing.models.cohorts import Cohort


def random_name(imported: "Import", filename: str) -> str:
    """A storage name that says nothing of what is inside."""
    return f"imports/{uuid4().hex}"


class ImportQuerySet(models.QuerySet["Import"]):
    def due(self, now: datetime) -> "ImportQuerySet":
        """Committed and not done, and no live worker holds a lease."""
        return self.filter(state=Import.State.COMMITTING).filter(
            Q(leased_until=None) | Q(leased_until__lte=now)
        )


class Import(models.Model):
    """One file on its way in. Its history is its own row: who uploaded and who committed it, when."""

    class Kind(models.TextChoices):
        ACTIVITY = "activity", _("Coursera's activity")
        PAID = "paid", _("Paid learners")
        COHORT_USERS = "cohort-users", _("Users of an earlier cohort")

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded")
        PREVIEWED = "previewed", _("Read, not imported yet")
        COMMITTING = "committing", _("Being imported")
        DONE = "done", _("Imported")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    id: models.BigAutoField
    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.UPLOADED)
    # Deleted when the import has ended: what is in it are other people's data.
    file = models.FileField(upload_to=random_name, blank=True)
    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField(help_text="bytes")
    sha256 = models.CharField(max_length=64)
    # The cohort whose users a file names; of activity, `programs` says it for each program.
    cohort = models.ForeignKey(Cohort, models.PROTECT, null=True, related_name="imports")
    programs = models.JSONField(default=dict, help_text="Coursera's program slug: cohort's id")
    as_of = models.DateTimeField(null=True)
    # What reading the file found: figures, a sample, and the rows that cannot be read.
    found = models.JSONField(default=dict)
    errors = models.JSONField(default=list)
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)
    report = models.ForeignKey(Report, models.PROTECT, null=True, related_name="imports")
    failure = models.JSONField(default=dict, help_text="a sentence and its values")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    previewed_at = models.DateTimeField(null=True)
    committed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    committed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = ImportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "cohort", "sha256"],
                condition=~Q(state__in=["failed", "cancelled"]),
                nulls_distinct=False,
                name="one_import_a_file",
            ),
            models.CheckConstraint(
                name="an_import_of_activity_says_as_of_when",
                condition=~Q(kind="activity", state__in=["committing", "done"])
                | Q(as_of__isnull=False),
            ),
            models.CheckConstraint(
                name="users_of_a_cohort_have_one",
                condition=~Q(kind="cohort-users") | Q(cohort__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def is_read(self) -> bool:
        """Whether every row has been read; what is done with them comes then."""
        return 0 < self.rows_total <= self.rows_done

    @property
    def percent_read(self) -> int:
        """How much of the file a worker has read."""
        return 100 * min(self.rows_done, self.rows_total) // (self.rows_total or 1)
