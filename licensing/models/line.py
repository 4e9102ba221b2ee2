"""The national line of a cohort: who waits for a license, in which order (R11)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan

from dlsei.policy.states import PlaceState
from licensing.models.cohorts import Cohort


class Allocation(models.Model):
    """One run of the allocator that served somebody: how many seats were free, how many it gave."""

    id: models.BigAutoField
    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="allocations")
    at = models.DateTimeField()
    free = models.PositiveIntegerField()
    served = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.served} in {self.cohort_id}"


class PlaceQuerySet(models.QuerySet["Place"]):
    def waiting(self) -> "PlaceQuerySet":
        return self.filter(state=PlaceState.WAITING)

    def before(self, place: "Place") -> "PlaceQuerySet":
        """What is served before a place of the same cohort: one range of the index `line`."""
        return self.filter(
            TupleLessThan(
                Tuple("priority", "submitted_at", "number"),
                (place.priority, place.submitted_at, place.number),
            ),
            cohort=place.cohort_id,
        )

    def in_order(self) -> "PlaceQuerySet":
        """First come, first served within a priority class (R11)."""
        return self.order_by("priority", "submitted_at", "number")


class Place(models.Model):
    """A place in a cohort's line. `submitted_at` is the application's: a slow decision costs nothing.

    So is `number`, its id: of two submitted at one instant the line serves the one first that the queue does.
    """

    id: models.BigAutoField
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="places")
    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="places")
    priority = models.PositiveSmallIntegerField(default=0)
    submitted_at = models.DateTimeField()
    # The default is for a release that knows no number and still runs while this one migrates.
    number = models.BigIntegerField(db_default=0)
    reference = models.CharField(max_length=20)
    state = models.CharField(max_length=10, default=PlaceState.WAITING)
    entered_at = models.DateTimeField()
    told_waiting_at = models.DateTimeField(null=True)
    served_at = models.DateTimeField(null=True)
    allocation = models.ForeignKey(Allocation, models.PROTECT, null=True, related_name="places")
    ended_at = models.DateTimeField(null=True)

    objects = PlaceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(state="waiting"), name="one_open_place_a_person"
            ),
            models.CheckConstraint(
                name="a_place_is_in_a_known_state",
                condition=Q(state="waiting", served_at=None, ended_at=None)
                | Q(state="served", served_at__isnull=False)
                | Q(state="ended", ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="place_priority_is_0_to_4", condition=Q(priority__gte=0, priority__lte=4)
            ),
        ]
        indexes = [
            models.Index(
                fields=["cohort", "priority", "submitted_at", "number"],
                name="line",
                condition=Q(state="waiting"),
            ),
            models.Index(
                fields=["cohort"],
                name="line_untold",
                condition=Q(state="waiting", told_waiting_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"place {self.pk} in {self.cohort_id}"
