"""The private files that prove a claim (4.1.c, 4.2.a, R7, I10)."""

import uuid
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from applications.models.applications import Application


def random_name(document: "Document", filename: str) -> str:
    """A storage name that says nothing of the person or the file's own name."""
    return f"documents/{uuid.uuid4().hex}"


class DocumentQuerySet(models.QuerySet["Document"]):
    def past_retention(self, decided_before: datetime) -> "DocumentQuerySet":
        """Files of applications whose final decision is that long ago."""
        return self.filter(purged_at=None).filter(
            models.Q(application__decided_at__lt=decided_before)
            | models.Q(application__closed_at__lt=decided_before)
        )


class Document(models.Model):
    class Kind(models.TextChoices):
        ADMISSION_CARD = "admission-card", _("Admission card")
        STUDENT_CARD = "student-card", _("Student card")
        TRANSCRIPT = "transcript", _("Transcript of the previous semester")
        PREVIOUS_EDUCATION = (
            "previous-education",
            _("Transcript or certificate of previous education"),
        )
        EMPLOYMENT_LETTER = "employment-letter", _("Employment letter")
        OFFICE_CARD = "office-card", _("Office card")

    id: models.BigAutoField
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="documents")
    kind = models.CharField(_("kind of document"), max_length=20, choices=Kind)
    file = models.FileField(upload_to=random_name)
    original_name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField(help_text="bytes")
    pages = models.PositiveSmallIntegerField(default=1)
    sha256 = models.CharField(max_length=64, db_index=True)
    uploaded_at = models.DateTimeField()
    # Past retention only the file goes: kind, hash and size stay with the decision.
    purged_at = models.DateTimeField(null=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} of {self.application_id}"

    @property
    def is_image(self) -> bool:
        return self.content_type.startswith("image/")
