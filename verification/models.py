"""Who decides at a university, who saw what and what was decided."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from applications.models import Application, University


class FocalPersonQuerySet(models.QuerySet["FocalPerson"]):
    def active(self, today: date) -> "FocalPersonQuerySet":
        """In their period of nomination, not suspended, able to sign in."""
        return self.filter(
            Q(until=None) | Q(until__gte=today),
            since__lte=today,
            suspended_at=None,
            person__is_active=True,
        )


class FocalPerson(models.Model):
    """A person nominated to decide for one university, from a day until a day (4.1.d, I9)."""

    id: models.BigAutoField
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="nominations")
    university = models.ForeignKey(University, models.PROTECT, related_name="focal_persons")
    since = models.DateField(_("from"))
    until = models.DateField(_("until, that day included"), null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, editable=False)

    objects = FocalPersonQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "university", "since"], name="one_nomination_a_day"
            ),
            models.CheckConstraint(
                name="a_nomination_ends_after_it_begins",
                condition=Q(until=None) | Q(until__gte=F("since")),
            ),
        ]
        verbose_name = _("focal person")
        verbose_name_plural = _("focal persons")

    def __str__(self) -> str:
        return f"{self.person} ({self.university})"


class Sighting(models.Model):
    """Who opened an application, first and last (4.1.f, R8, R10)."""

    id: models.BigAutoField
    application = models.ForeignKey(Application, models.CASCADE, related_name="sightings")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "person"], name="one_sighting_a_person")
        ]

    def __str__(self) -> str:
        return f"{self.person_id} saw {self.application_id}"


class Decision(models.Model):
    """What was decided, by whom, on whose behalf, and who stood at the head of the queue (I4)."""

    class Outcome(models.TextChoices):
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")

    id: models.BigAutoField
    application = models.OneToOneField(Application, models.PROTECT, related_name="decision")
    applicant = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome)
    reason = models.TextField(blank=True)
    note = models.TextField(blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="decisions")
    on_behalf_of = models.ForeignKey(University, models.PROTECT, null=True, related_name="+")
    head = models.ForeignKey(Application, models.PROTECT, related_name="+")
    turn_reason = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="nobody_decides_for_oneself", condition=~Q(actor=F("applicant"))
            ),
            models.CheckConstraint(
                name="on_behalf_needs_a_note", condition=Q(on_behalf_of=None) | ~Q(note="")
            ),
            models.CheckConstraint(
                name="a_rejection_has_a_reason",
                condition=~Q(outcome="rejected") | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="out_of_turn_needs_a_reason",
                condition=Q(head=F("application")) | ~Q(turn_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.outcome}"
