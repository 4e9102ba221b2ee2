"""An application: who asks, for which cohort, at which university, and what became of it."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.utils.translation import gettext_lazy as _

from applications.models.universities import University
from dlsei.models.people import written
from dlsei.policy.states import ApplicationState
from licensing.models import Cohort, Place


class IdentityClaim(models.Model):
    """Whose a CNIC or passport number is, from the first submission under it (R6)."""

    identity = models.CharField(max_length=60, primary_key=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="identity_claims"
    )
    claimed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.identity

    @property
    def written(self) -> str:
        """The number as it stands on the card."""
        kind, _colon, number = self.identity.partition(":")
        return written(kind, number)


class Dispute(models.Model):
    """A second person submitted under a claimed number: HEC finds out whose it is (R6).

    `claimant` is who submitted second; the holder is whoever the claim belongs to.
    """

    class Outcome(models.TextChoices):
        KEPT = "kept", _("The number stays with who submitted first")
        MOVED = "moved", _("The number belongs to who submitted second")

    id: models.BigAutoField
    claim = models.ForeignKey(IdentityClaim, models.PROTECT, related_name="disputes")
    application = models.ForeignKey("Application", models.PROTECT, related_name="disputes")
    # Whose number it was taken for at first.
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    raised_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    outcome = models.CharField(max_length=5, choices=Outcome, blank=True, db_default="")
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_settled_dispute_has_an_outcome_and_a_note",
                condition=Q(settled_at=None, outcome="")
                | Q(settled_at__isnull=False) & ~Q(outcome="") & ~Q(note=""),
            ),
            models.UniqueConstraint(
                fields=["application"], condition=Q(settled_at=None), name="one_open_dispute"
            ),
        ]

    def __str__(self) -> str:
        return f"dispute over {self.claim_id}"


class ApplicationQuerySet(models.QuerySet["Application"]):
    def of(self, person: models.Model) -> "ApplicationQuerySet":
        return self.filter(person=person)

    def submitted(self) -> "ApplicationQuerySet":
        """Everything but drafts, which nobody but the applicant sees (4.1.d)."""
        return self.exclude(status=ApplicationState.DRAFT)

    def pending(self) -> "ApplicationQuerySet":
        return self.filter(status=ApplicationState.PENDING)

    def at(self, university: University) -> "ApplicationQuerySet":
        return self.filter(university=university)

    def before(self, application: "Application") -> "ApplicationQuerySet":
        """What stands before an application in turn (R10): of one university, a range of the index `queue`."""
        key = (application.priority, application.submitted_at, application.pk)
        return self.filter(TupleLessThan(Tuple("priority", "submitted_at", "id"), key))

    def in_turn(self) -> "ApplicationQuerySet":
        """A university's queue: first come, first served within a priority class (R10)."""
        return self.order_by("priority", "submitted_at", "id")

    def with_dispute(self) -> "ApplicationQuerySet":
        """Each with `disputed`: whether HEC is finding out whose number it came with (R6)."""
        about = Q(application=OuterRef("pk")) | Q(claim=OuterRef("identity"))
        return self.annotate(disputed=Exists(Dispute.objects.filter(about, settled_at=None)))

    def overdue(self, submitted_before: datetime) -> "ApplicationQuerySet":
        return self.pending().filter(submitted_at__lt=submitted_before)


class Application(models.Model):
    class Category(models.TextChoices):
        STUDENT = "student", _("Student")
        FACULTY = "faculty", _("Faculty member")
        STAFF = "staff", _("Staff member")
        HEC_EMPLOYEE = "hec-employee", _("HEC employee")
        ALUMNUS = "alumnus", _("Graduate (alumnus)")
        EXTERNAL = "external", _("Someone from outside the universities")

    id: models.BigAutoField
    reference = models.CharField(max_length=20, unique=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="applications"
    )
    category = models.CharField(max_length=12, choices=Category, blank=True)
    university = models.ForeignKey(
        University, models.PROTECT, null=True, related_name="applications"
    )
    # The form's other answers by field name; `applications.forms` says which a category has.
    answers = models.JSONField(default=dict)
    cohort = models.ForeignKey(Cohort, models.PROTECT, null=True, related_name="applications")
    priority = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=10, default=ApplicationState.DRAFT)
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    identity = models.ForeignKey(
        IdentityClaim, models.PROTECT, null=True, related_name="applications"
    )
    place = models.OneToOneField(Place, models.PROTECT, null=True, related_name="application")

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(status="pending"), name="one_pending_a_person"
            ),
            models.UniqueConstraint(
                fields=["person"], condition=Q(status="draft"), name="one_draft_a_person"
            ),
            models.CheckConstraint(
                name="a_submitted_application_is_complete",
                condition=Q(status="draft")
                | Q(
                    submitted_at__isnull=False,
                    cohort__isnull=False,
                    university__isnull=False,
                    identity__isnull=False,
                )
                & ~Q(category=""),
            ),
            models.CheckConstraint(
                name="an_approved_application_has_a_place",
                condition=~Q(status="approved") | Q(place__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="application_priority_is_0_to_4",
                condition=Q(priority__gte=0, priority__lte=4),
            ),
            models.CheckConstraint(
                name="application_status_is_known",
                condition=Q(
                    status__in=[
                        "draft",
                        "pending",
                        "approved",
                        "rejected",
                        "withdrawn",
                        "lapsed",
                    ]
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["university", "priority", "submitted_at", "id"],
                name="queue",
                condition=Q(status="pending"),
            ),
            models.Index(
                fields=["submitted_at", "id"], name="queue_age", condition=Q(status="pending")
            ),
            models.Index(fields=["university", "decided_at", "id"], name="decided"),
            models.Index(fields=["person", "id"], name="application_of_person"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_draft(self) -> bool:
        return self.status == ApplicationState.DRAFT

    @property
    def is_pending(self) -> bool:
        return self.status == ApplicationState.PENDING

    @property
    def first_semester(self) -> bool:
        """The declaration that lets previous education count as proof (R7)."""
        return bool(self.answers.get("first_semester"))
