"""The append-only history. Rows are written by triggers (`dlsei.history`), never by code."""

from django.conf import settings
from django.db import models


class EventQuerySet(models.QuerySet["Event"]):
    def about(self, thing: models.Model) -> "EventQuerySet":
        """The story of one thing, oldest first."""
        return self.filter(subject=thing._meta.model_name, subject_id=thing.pk).order_by("sequence")


class Event(models.Model):
    """One state change of one thing: who, when, on whose behalf, by which clause (I5)."""

    id: models.BigAutoField
    subject = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    sequence = models.PositiveIntegerField()
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    job = models.CharField(max_length=60, blank=True)
    on_behalf_of = models.CharField(max_length=200, blank=True)
    clause = models.CharField(max_length=8, blank=True)
    data = models.JSONField(default=dict)

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["at", "id"], name="event_at"),
            models.Index(
                fields=["actor", "at", "id"],
                name="event_of_actor",
                condition=models.Q(actor__isnull=False),
            ),
            models.Index(
                fields=["clause", "at", "id"],
                name="event_by_clause",
                condition=~models.Q(clause=""),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "subject_id", "sequence"], name="one_event_a_change"
            ),
            models.CheckConstraint(
                name="an_event_has_an_actor",
                condition=models.Q(actor__isnull=False) | ~models.Q(job=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.subject_id}: {self.from_state or '–'} → {self.to_state}"
