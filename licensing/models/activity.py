"""What Coursera's reports say of our learners (R17, R21)."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from licensing.models.cohorts import Cohort
from licensing.models.licenses import License


class Report(models.Model):
    """One import of Coursera's data. `as_of` is what R17 asks for: nobody is revoked on older data.

    `cohorts` are those whose programs it speaks of: of the others' learners it is no evidence.
    """

    class Source(models.TextChoices):
        API = "api"
        CSV = "csv"

    id: models.BigAutoField
    source = models.CharField(max_length=3, choices=Source)
    as_of = models.DateTimeField(db_index=True)
    imported_at = models.DateTimeField()
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    members = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    unmatched = models.PositiveIntegerField(default=0)
    errors = models.JSONField(default=list)
    cohorts = models.ManyToManyField(Cohort, related_name="reports")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sha256"], condition=~models.Q(sha256=""), name="one_report_a_file"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} as of {self.as_of:%Y-%m-%d %H:%M}"


class Enrollment(models.Model):
    """One learner's way through one course or specialization; a later report never erases.

    A report brings a million of them: they have no key but what they are, and what they refer to is
    checked once a statement (`licensing.references`).
    """

    pk = models.CompositePrimaryKey("license_id", "content_kind", "content_id")
    license = models.ForeignKey(
        License, models.PROTECT, db_index=False, db_constraint=False, related_name="enrollments"
    )
    content_id = models.CharField(max_length=60)
    content_kind = models.CharField(max_length=20)
    content_name = models.CharField(max_length=300)
    enrolled_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)
    last_activity_at = models.DateTimeField(null=True)
    progress = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    courses_completed = models.PositiveSmallIntegerField(null=True)
    courses_total = models.PositiveSmallIntegerField(null=True)
    report = models.ForeignKey(Report, models.PROTECT, db_index=False, db_constraint=False)

    def __str__(self) -> str:
        return f"{self.license_id}: {self.content_name}"


class CohortMember(models.Model):
    """A person whom Coursera's data names for a cohort without a license of ours there (A.1, R18)."""

    id: models.BigAutoField
    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="members")
    email = models.EmailField()
    external_id = models.CharField(max_length=120, blank=True)
    full_name = models.CharField(max_length=200, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="cohort_flags"
    )
    flagged_at = models.DateTimeField()
    report = models.ForeignKey(Report, models.PROTECT, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("cohort", Lower("email"), name="one_flag_an_address_and_cohort")
        ]
        indexes = [models.Index(Lower("email"), name="flag_by_address")]

    def __str__(self) -> str:
        return f"{self.email} in {self.cohort_id}"


class UnmatchedRow(models.Model):
    """A row of a report that fits no license: kept and listed for HEC, never dropped (R21)."""

    id: models.BigAutoField
    report = models.ForeignKey(Report, models.CASCADE, related_name="unmatched_rows")
    external_id = models.CharField(max_length=120)
    email = models.EmailField()
    full_name = models.CharField(max_length=200, blank=True)
    content_name = models.CharField(max_length=300, blank=True)
    # The whole row as reported; what HEC matches by hand is merged from it.
    row = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    license = models.ForeignKey(
        License, models.PROTECT, null=True, db_index=False, related_name="rows_matched_by_hand"
    )
    matched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    matched_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="matched_by_hand_by_somebody",
                condition=models.Q(license=None, matched_by=None, matched_at=None)
                | models.Q(
                    license__isnull=False, matched_by__isnull=False, matched_at__isnull=False
                ),
            )
        ]
        indexes = [
            models.Index(Lower("email"), name="unmatched_by_address"),
            models.Index(
                fields=["license"],
                name="matched_by_hand",
                condition=models.Q(license__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.external_id})"
