"""Durable slots: what a daily job owes, whatever happened to the clock that ticks (R23)."""

from django.db import models


class Slot(models.Model):
    """One run that is owed: a job and a day (`2023-01-28`) or a report (`report:17`)."""

    id: models.BigAutoField
    job = models.CharField(max_length=40)
    key = models.CharField(max_length=40)
    leased_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "key"], name="one_slot_a_run")]

    def __str__(self) -> str:
        return f"{self.job} {self.key}"
