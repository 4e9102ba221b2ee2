"""The programme file as loaded, and the cohorts, tranches and windows that it describes."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q

from dlsei import memory
from dlsei.policy import allocation
from dlsei.policy import programme as policy

IN_FORCE = "programme in force"
NEWEST_FIELDS = ("id", "version", "sha256", "loaded_at", "loaded_by_id")
NEWEST = f"SELECT {', '.join(NEWEST_FIELDS)} FROM licensing_programme ORDER BY version DESC LIMIT 1"
READ_KEPT = 16
_READ: dict[str, policy.Programme] = {}
"""What programme files say, by the hash of their text: few, and the same wherever they are loaded."""


class Programme(models.Model):
    """A version of the programme file: what it said, who loaded it and when. The newest is in force."""

    id: models.BigAutoField
    version = models.PositiveIntegerField(unique=True)
    sha256 = models.CharField(max_length=64)
    text = models.TextField()
    loaded_at = models.DateTimeField()
    loaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)

    class Meta:
        get_latest_by = "version"

    def __str__(self) -> str:
        return f"version {self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        memory.forget(IN_FORCE)

    @property
    def policy(self) -> policy.Programme:
        """What the file says; read once a process, its text fetched only for that."""
        if self.sha256 not in _READ:
            if len(_READ) >= READ_KEPT:
                _READ.clear()
            _READ[self.sha256] = policy.read(self.text, "programme")
        return _READ[self.sha256]

    @classmethod
    def latest(cls) -> "Programme | None":
        """The version in force, None before the first was loaded."""
        return cls.objects.order_by("version").last()

    @classmethod
    def in_force(cls) -> "Programme":
        """The newest version; a verb or a page asks for it once (`dlsei.memory`)."""
        return memory.remembered(IN_FORCE, cls._read_in_force)

    @classmethod
    def _read_in_force(cls) -> "Programme":
        # By far the most frequent question: asked in SQL, which costs a fifth of building it.
        with connection.cursor() as cursor:
            cursor.execute(NEWEST)
            for row in cursor.fetchall():
                return cls.from_db(connection.alias, NEWEST_FIELDS, row)
        raise cls.DoesNotExist


class CohortQuerySet(models.QuerySet["Cohort"]):
    def to_close(self, today: date) -> "CohortQuerySet":
        """Past their last day and not closed yet, the earliest first."""
        return self.filter(ends__lt=today, closed_at=None).order_by("ends")

    def running(self, today: date) -> "CohortQuerySet":
        return self.filter(starts__lte=today, ends__gte=today).order_by("starts")

    def named(self, name: str) -> "Cohort":
        return self.get(name=name)


class Cohort(models.Model):
    """A run of the programme with its own dates, bucket and line (1.a–1.c, R2, R3)."""

    id: models.BigAutoField
    # Whether a tranche's day has come that is not open yet, where the allocator has asked.
    opens: bool
    name = models.CharField(max_length=60, unique=True)
    follows = models.OneToOneField("self", models.PROTECT, null=True, related_name="successor")
    starts = models.DateField()
    ends = models.DateField()
    intake_from = models.DateField()
    intake_until = models.DateField()
    decide_carried_by = models.DateField(null=True)
    coursera_program = models.CharField(max_length=60)
    seats_total = models.PositiveIntegerField(default=0)
    seats_held = models.PositiveIntegerField(default=0)
    closed_at = models.DateTimeField(null=True)

    objects = CohortQuerySet.as_manager()

    class Meta:
        ordering = ["starts"]
        constraints = [
            models.CheckConstraint(
                name="bucket_is_never_oversold",
                condition=Q(seats_held__gte=0) & Q(seats_held__lte=F("seats_total")),
            ),
            models.CheckConstraint(
                name="cohort_ends_after_it_starts", condition=Q(ends__gte=F("starts"))
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def policy(self) -> policy.CohortPolicy:
        """This cohort's part of the programme in force."""
        return Programme.in_force().policy.cohorts[self.name]

    def capacity(self, today: date) -> int:
        """Seats of the tranches that count today; before the start, the first one's (R3, R13)."""
        by_number = sorted(self.tranches.all(), key=lambda tranche: tranche.number)
        tranches = [(tranche.size, tranche.available_from) for tranche in by_number]
        return allocation.capacity(self.starts, tranches, today)

    def is_running(self, today: date) -> bool:
        return self.starts <= today <= self.ends

    def is_over(self, today: date) -> bool:
        return self.closed_at is not None or today > self.ends

    def open_priorities(self, today: date) -> list[int]:
        """The priority classes that may get a license today, 0 for none; empty outside its dates (R19)."""
        return list(allocation.open_priorities(self.policy, today))


class TrancheQuerySet(models.QuerySet["Tranche"]):
    def due(self, today: date) -> "TrancheQuerySet":
        """Whose day has come and that are not open yet."""
        return self.filter(opened_at=None, available_from__lte=today)


class Tranche(models.Model):
    """Seats that count from a date on; opened once, by the nightly job or when added later (R3).

    `number` is the tranche's place in the file; those added by hand are numbered from `BY_HAND` on.
    """

    BY_HAND = 1000

    id: models.BigAutoField
    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="tranches")
    number = models.PositiveSmallIntegerField()
    size = models.PositiveIntegerField()
    available_from = models.DateField()
    opened_at = models.DateTimeField(null=True)

    objects = TrancheQuerySet.as_manager()

    class Meta:
        ordering = ["available_from", "number"]
        constraints = [
            models.UniqueConstraint(fields=["cohort", "number"], name="one_tranche_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.cohort_id}: {self.size} from {self.available_from}"


class RevocationRule(models.Model):
    """A threshold of section 5 as it holds in a cohort (A.5, R16). `stage` tells 5.iv's days apart."""

    class Mode(models.TextChoices):
        AUTOMATIC = "automatic"
        REVIEW = "review"

    id: models.BigAutoField
    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="rules")
    clause = models.CharField(max_length=8)
    stage = models.PositiveSmallIntegerField(default=0)
    days = models.PositiveSmallIntegerField()
    mode = models.CharField(max_length=9, choices=Mode)
    rank = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["cohort", "clause", "stage"], name="one_rule_a_stage")
        ]

    def __str__(self) -> str:
        return f"{self.clause} after {self.days} days"
