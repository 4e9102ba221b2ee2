"""The private files that prove a claim (4.1.c, 4.2.a, R7, I10)."""

import uuid
from datetime import datetime

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from applications.models.applications import Application


def random_name(document: "Document | None" = None, filename: str = "") -> str:
    """A storage name that says nothing of the person or the file's own name."""
    return f"documents/{uuid.uuid4().hex}"


def random_page_name(page: "Page | None" = None, filename: str = "") -> str:
    """The same for the picture of a page."""
    return f"pages/{uuid.uuid4().hex}"


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

    @property
    def stored_names(self) -> list[str]:
        """What lies of it in the storage: the file, and the pages that were drawn."""
        pages = self.drawn_pages.exclude(file="").values_list("file", flat=True)
        return [name for name in (self.file.name, *pages) if name]

    @property
    def page_urls(self) -> list[str]:
        """Where each page is shown as a picture, in order; a picture's one page is itself."""
        if self.is_image:
            return [reverse("document", args=[self.public_id])]
        return [
            reverse("document_page", args=[self.public_id, number])
            for number in range(1, self.pages + 1)
        ]


class Page(models.Model):
    """A page of a PDF as a picture, kept once it was drawn; without a file: it cannot be drawn."""

    id: models.BigAutoField
    document = models.ForeignKey(Document, models.CASCADE, related_name="drawn_pages")
    number = models.PositiveSmallIntegerField()
    file = models.FileField(upload_to=random_page_name, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="one_picture_a_page")
        ]

    def __str__(self) -> str:
        return f"page {self.number} of document {self.document_id}"
