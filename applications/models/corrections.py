"""What HEC set right: an application moved to its university, a learner's address."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from applications.models.applications import Application
from applications.models.universities import University


class Transfer(models.Model):
    """A pending application, filed at the wrong university, moved to its own with its time (R10)."""

    id: models.BigAutoField
    application = models.ForeignKey(Application, models.PROTECT, related_name="transfers")
    from_university = models.ForeignKey(University, models.PROTECT, related_name="+")
    to_university = models.ForeignKey(University, models.PROTECT, related_name="+")
    note = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="a_transfer_has_a_note", condition=~Q(note="")),
            models.CheckConstraint(
                name="a_transfer_moves", condition=~Q(from_university=F("to_university"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} to {self.to_university_id}"


class AddressChange(models.Model):
    """A learner's address that HEC corrected: invitations go to the new one from then on (R6)."""

    id: models.BigAutoField
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="address_changes"
    )
    before = models.EmailField()
    after = models.EmailField()
    note = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="an_address_change_has_a_note", condition=~Q(note="")),
        ]

    def __str__(self) -> str:
        return f"address of {self.person_id}"
