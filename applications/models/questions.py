"""What a reviewer asked an applicant, and the answer (R10)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from applications.models.applications import Application


class QuestionQuerySet(models.QuerySet["Question"]):
    def open(self) -> "QuestionQuerySet":
        return self.filter(answered_at=None, closed_at=None)


class Question(models.Model):
    """What the applicant was asked; while unanswered the application steps aside (R10)."""

    id: models.BigAutoField
    application = models.ForeignKey(Application, models.PROTECT, related_name="questions")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    text = models.TextField()
    answered_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)
    # Closed without an answer: decided, withdrawn or lapsed meanwhile, or asked anew.
    closed_at = models.DateTimeField(null=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(answered_at=None, closed_at=None),
                name="one_open_question",
            ),
            models.CheckConstraint(name="a_question_has_text", condition=~Q(text="")),
        ]

    def __str__(self) -> str:
        return f"question on {self.application_id}"

    @property
    def is_open(self) -> bool:
        return self.answered_at is None and self.closed_at is None
