"""The outbox: every mail that a change owes, in the transaction of the change (I6)."""

from datetime import datetime

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from dlsei.letters import KINDS


class MailQuerySet(models.QuerySet["Mail"]):
    def due(self, now: datetime) -> "MailQuerySet":
        """Unsent, its next attempt has come and nobody holds a lease on it."""
        return self.filter(sent_at=None, due_at__lte=now).filter(
            models.Q(leased_until=None) | models.Q(leased_until__lte=now)
        )

    def unsent(self) -> "MailQuerySet":
        return self.filter(sent_at=None)

    def failing(self) -> "MailQuerySet":
        """Tried and not sent: what HEC sees and can act on."""
        return self.filter(sent_at=None, attempts__gt=0).exclude(error="")


class Mail(models.Model):
    id: models.BigAutoField
    # The person's when it was claimed.
    person_address: str
    kind = models.CharField(max_length=40)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="mails")
    key = models.CharField(_("subject, kind and stage"), max_length=120, unique=True)
    language = models.CharField(max_length=5)
    values = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    address = models.EmailField(blank=True)
    subject_line = models.TextField(blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at", "id"], name="mail_due", condition=models.Q(sent_at=None)
            ),
            models.Index(fields=["person", "id"], name="mail_of_person"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def message_id(self) -> str:
        """Stable, so that a mail server can tell a repeated delivery from a second mail."""
        return f"<mail-{self.pk}@{settings.MAIL_DOMAIN}>"

    @property
    def title(self) -> str:
        """Its subject; before it is written, what kind of mail it is."""
        return self.subject_line or str(KINDS.get(self.kind, self.kind))

    @property
    def state(self) -> str:
        if self.sent_at:
            return "sent"
        return "failing" if self.attempts and self.error else "queued"
