"""Licenses with their own clock, what Coursera owes them, and extensions."""

from datetime import date, datetime

from django.conf import settings
from django.core import signing
from django.db import models
from django.db.models import F, Q

from dlsei.policy import clocks
from dlsei.policy.expiry import BUCKET
from dlsei.policy.states import LIVE, LicenseState
from licensing.models.cohorts import Cohort
from licensing.models.line import Place


class LicenseQuerySet(models.QuerySet["License"]):
    def live(self) -> "LicenseQuerySet":
        return self.filter(state__in=LIVE)

    def of_bucket(self) -> "LicenseQuerySet":
        """Those that take a seat; paid learners' do not (R4)."""
        return self.filter(source=BUCKET)

    def past_last_day(self, today: date) -> "LicenseQuerySet":
        return self.live().filter(ends_on__lt=today)

    def due(self, today: date, evidence_on: date) -> "LicenseQuerySet":
        """A rule's deadline has passed and a report of a later day exists (R15, R17)."""
        return self.live().filter(next_deadline__lt=min(today, evidence_on))


class License(models.Model):
    """One grant to one person. Ended is ended: a new grant is a new row."""

    id: models.BigAutoField
    reference = models.CharField(max_length=20, unique=True)
    # Found through the index on person and id below.
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="licenses"
    )
    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="licenses")
    place = models.OneToOneField(Place, models.PROTECT, null=True, related_name="license")
    # "bucket", or "paid-2021" and the like: those take no seat and are exempt from section 5 (R4).
    source = models.CharField(max_length=10, default=BUCKET)
    state = models.CharField(max_length=8, default=LicenseState.ISSUED)
    issued_at = models.DateTimeField()
    invited_at = models.DateTimeField(null=True)
    invited_on = models.DateField(null=True)
    activated_at = models.DateTimeField(null=True)
    ends_on = models.DateField()
    extended = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)
    end_clause = models.CharField(max_length=8, blank=True)
    # What Coursera's reports say, the earliest or latest of all enrollments.
    enrolled_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    last_activity_at = models.DateTimeField(null=True)
    # The clock: the last day before the next rule falls due (R15), written by `licensing.clock`.
    next_deadline = models.DateField(null=True)
    next_clause = models.CharField(max_length=8, blank=True)
    next_stage = models.PositiveSmallIntegerField(default=0)
    next_mode = models.CharField(max_length=9, blank=True)
    next_base = models.DateField(null=True)

    objects = LicenseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(state__in=LIVE), name="one_live_license_a_person"
            ),
            models.CheckConstraint(
                name="a_bucket_license_has_a_place",
                condition=Q(source="bucket", place__isnull=False)
                | Q(source__startswith="paid-", place=None),
            ),
            models.CheckConstraint(
                name="a_license_is_in_a_known_state",
                condition=Q(state="issued", ended_at=None)
                | Q(state="invited", ended_at=None, invited_on__isnull=False)
                | Q(state="active", ended_at=None, activated_at__isnull=False)
                | Q(state__in=["revoked", "expired"], ended_at__isnull=False) & ~Q(end_clause=""),
            ),
            models.CheckConstraint(
                name="an_ended_license_has_no_clock",
                condition=Q(ended_at=None) | Q(next_deadline=None),
            ),
        ]
        indexes = [
            models.Index(fields=["person", "id"], name="license_of_person"),
            models.Index(
                fields=["next_deadline", "id"],
                name="license_due",
                condition=Q(next_deadline__isnull=False),
            ),
            models.Index(fields=["ends_on", "id"], name="license_ends", condition=Q(ended_at=None)),
            models.Index(
                fields=["cohort", "id"], name="license_uninvited", condition=Q(state="issued")
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def token(self) -> str:
        """What the activation link carries: signed, good as long as the license lives (R9)."""
        return signing.Signer(salt="activation").sign(self.reference)

    @property
    def link(self) -> str:
        return f"{settings.SITE_URL}/activate/{self.token}/"

    def facts(self, handled: frozenset[clocks.Ground] = frozenset()) -> clocks.LicenseFacts:
        """What the rules of section 5 look at."""
        return clocks.LicenseFacts(
            invited_on=self.invited_on,
            activated_at=self.activated_at,
            enrolled_at=self.enrolled_at,
            completed_at=self.completed_at,
            last_activity_at=self.last_activity_at,
            extended=self.extended,
            exempt=self.source != BUCKET,
            handled=handled,
        )


class CourseraJobQuerySet(models.QuerySet["CourseraJob"]):
    def due(self, now: datetime) -> "CourseraJobQuerySet":
        """Open, its next attempt has come, nobody holds a lease on it, and none before it is open."""
        earlier = CourseraJob.objects.filter(
            license=models.OuterRef("license"), id__lt=models.OuterRef("id"), done_at=None
        )
        return (
            self.filter(done_at=None, due_at__lte=now)
            .filter(Q(leased_until=None) | Q(leased_until__lte=now))
            .exclude(models.Exists(earlier))
        )

    def failing(self) -> "CourseraJobQuerySet":
        return self.filter(done_at=None, attempts__gt=0).exclude(error="")


class CourseraJob(models.Model):
    """What is owed at Coursera for a license: invite or remove, once a generation, in order (I7)."""

    class Kind(models.TextChoices):
        INVITE = "invite"
        REMOVE = "remove"

    class Outcome(models.TextChoices):
        DONE = "done"
        CANCELLED = "cancelled"

    id: models.BigAutoField
    # What Coursera is told of the license, on a job that was claimed.
    reference: str
    full_name: str
    program: str
    license = models.ForeignKey(License, models.PROTECT, related_name="coursera_jobs")
    kind = models.CharField(max_length=6, choices=Kind)
    generation = models.PositiveSmallIntegerField(default=1)
    email = models.EmailField()
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    # The bulk-invite file in which HEC takes it to Coursera (CSV route, R9).
    file = models.CharField(max_length=64, blank=True)
    done_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=9, choices=Outcome, blank=True)

    objects = CourseraJobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["license", "kind", "generation"], name="one_job_a_generation"
            ),
            models.CheckConstraint(
                name="a_done_job_has_an_outcome",
                condition=Q(done_at=None, outcome="") | Q(done_at__isnull=False) & ~Q(outcome=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"], name="coursera_job_due", condition=Q(done_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.license_id} ({self.generation})"

    @property
    def state(self) -> str:
        if self.outcome:
            return self.outcome
        return "failing" if self.attempts and self.error else "queued"


class Extension(models.Model):
    """A license that lasts longer than its cohort for progress made (A.6, R20)."""

    id: models.BigAutoField
    license = models.OneToOneField(License, models.PROTECT, related_name="extension")
    ended_before_on = models.DateField()
    ends_on = models.DateField()
    content_name = models.CharField(max_length=300)
    progress = models.DecimalField(max_digits=5, decimal_places=2)
    report = models.ForeignKey("licensing.Report", models.PROTECT)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="an_extension_extends", condition=Q(ends_on__gt=F("ended_before_on"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.license_id} until {self.ends_on}"
