"""The institutions whose people may apply (3.a, R5)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class UniversityQuerySet(models.QuerySet["University"]):
    def recognized(self) -> "UniversityQuerySet":
        return self.filter(recognized=True)

    def search(self, words: str) -> "UniversityQuerySet":
        """Those whose name, city or former name holds every word, in any order and case."""
        found = self
        for word in words.split():
            found = found.filter(
                models.Q(name__icontains=word)
                | models.Q(city__icontains=word)
                | models.Q(domains__icontains=word)
            )
        return found


class University(models.Model):
    class Sector(models.TextChoices):
        PUBLIC = "public", _("Public")
        PRIVATE = "private", _("Private")

    id: models.BigAutoField
    name = models.CharField(_("name"), max_length=200, unique=True)
    sector = models.CharField(_("sector"), max_length=7, choices=Sector, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    province = models.CharField(_("province"), max_length=80, blank=True)
    recognized = models.BooleanField(_("recognized by HEC"), default=True)
    is_hec = models.BooleanField(_("HEC itself"), default=False)
    domains = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    escalated_at = models.DateTimeField(null=True, editable=False)

    objects = UniversityQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("university")
        verbose_name_plural = _("universities")
        constraints = [
            models.UniqueConstraint(
                fields=["is_hec"], condition=models.Q(is_hec=True), name="hec_exists_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
