"""The private files that prove a claim (4.1.c, 4.2.a, R7, I10)."""

import uuid
from datetime import datetime

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from applications.models.applications import Application
from dlsei.policy.states import DocumentState, choices


def random_name(document: "Document | None" = None, filename: str = "") -> str:
    """A storage name that says nothing of the person or the file's own name."""
    return f"documents/{uuid.uuid4().hex}"


def random_page_name(page: "Page | None" = None, filename: str = "") -> str:
    """The same for the picture of a page."""
    return f"pages/{uuid.uuid4().hex}"


def random_quarantine_name() -> str:
    """The same for a file as it was uploaded, which nobody is shown."""
    return f"quarantine/{uuid.uuid4().hex}"


class DocumentQuerySet(models.QuerySet["Document"]):
    def accepted(self) -> "DocumentQuerySet":
        """Those that prove something: checked, and what anybody but the applicant gets to know of."""
        return self.filter(state=DocumentState.ACCEPTED)

    def checking(self) -> "DocumentQuerySet":
        return self.filter(state=DocumentState.CHECKING)

    def refused(self) -> "DocumentQuerySet":
        return self.filter(state=DocumentState.REFUSED)

    def standing(self) -> "DocumentQuerySet":
        """Those that count towards the most that are allowed: what is about to be replaced does not."""
        return self.exclude(state=DocumentState.REFUSED).exclude(
            pk__in=self.model.objects.checking().exclude(replaces=None).values("replaces")
        )

    def due(self, now: datetime) -> "DocumentQuerySet":
        """Those that nobody checks at `now`."""
        free = models.Q(leased_until=None) | models.Q(leased_until__lte=now)
        return self.checking().filter(free, purged_at=None)

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
    # A web process of the release before inspects by itself: what it writes is accepted.
    state = models.CharField(
        max_length=8,
        choices=choices("document"),
        default=DocumentState.CHECKING,
        db_default=DocumentState.ACCEPTED,
    )
    # While it is checked, the upload in quarantine; accepted, its clean form; else none.
    file = models.FileField(upload_to=random_name, blank=True)
    original_name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=40, blank=True)
    size = models.PositiveIntegerField(help_text="bytes")
    pages = models.PositiveSmallIntegerField(default=1)
    sha256 = models.CharField(max_length=64, db_index=True, blank=True)
    # Of the bytes that came, to recognize them when they come again.
    uploaded_sha256 = models.CharField(max_length=64, db_index=True, blank=True, db_default="")
    uploaded_at = models.DateTimeField()
    # Accepted, this one takes its place.
    replaces = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="replacements"
    )
    refusal = models.JSONField(null=True, blank=True, help_text="code and values")
    checked_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    # Past retention only the file goes: kind, hash and size stay with the decision.
    purged_at = models.DateTimeField(null=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="document_state_is_known",
                condition=models.Q(state__in=["checking", "accepted", "refused"]),
            ),
            models.CheckConstraint(
                name="an_accepted_document_is_known",
                condition=~models.Q(state="accepted")
                | ~models.Q(sha256="") & ~models.Q(content_type=""),
            ),
            models.CheckConstraint(
                name="a_refused_document_says_why",
                condition=~models.Q(state="refused") | models.Q(refusal__isnull=False, file=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], name="document_in_checking", condition=models.Q(state="checking")
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.application_id}"

    @property
    def is_checking(self) -> bool:
        return self.state == DocumentState.CHECKING

    @property
    def is_accepted(self) -> bool:
        return self.state == DocumentState.ACCEPTED

    @property
    def is_refused(self) -> bool:
        return self.state == DocumentState.REFUSED

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
