"""Why a license was or may be revoked, with the evidence (section 5, R16, R17, R22)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from dlsei.policy import clocks
from dlsei.policy.states import CaseState
from licensing.models.activity import Report
from licensing.models.cohorts import Cohort, Programme
from licensing.models.licenses import License


class RevocationCaseQuerySet(models.QuerySet["RevocationCase"]):
    def open(self) -> "RevocationCaseQuerySet":
        return self.filter(state=CaseState.OPEN)


class RevocationCase(models.Model):
    """One rule that fell due for one license: revoked at once, or open until HEC decides (R16)."""

    id: models.BigAutoField
    license = models.ForeignKey(License, models.PROTECT, related_name="cases")
    clause = models.CharField(max_length=8)
    stage = models.PositiveSmallIntegerField(default=0)
    base_on = models.DateField()
    deadline = models.DateField()
    state = models.CharField(max_length=9, default=CaseState.OPEN)
    evidence = models.JSONField(default=dict)
    report = models.ForeignKey(Report, models.PROTECT, null=True)
    evidence_on = models.DateField(null=True)
    programme = models.ForeignKey(Programme, models.PROTECT)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    note = models.TextField(blank=True)

    objects = RevocationCaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["license", "clause", "stage", "base_on"],
                condition=~Q(clause="5.z"),
                name="one_case_a_ground",
            ),
            models.CheckConstraint(
                name="by_rule_on_a_report_by_hand_with_actor_and_note",
                condition=~Q(clause="5.z") & Q(report__isnull=False, evidence_on__gt=F("deadline"))
                | Q(clause="5.z", decided_by__isnull=False) & ~Q(note=""),
            ),
            models.CheckConstraint(
                name="a_case_decided_by_a_person_has_a_note",
                condition=Q(decided_by=None) | ~Q(note=""),
            ),
            models.CheckConstraint(
                name="a_closed_case_has_its_time",
                condition=Q(state="open", closed_at=None)
                | ~Q(state="open") & Q(closed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["opened_at", "id"], name="case_open", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.clause} on {self.license_id}"

    @property
    def stands(self) -> bool:
        """Whether its ground still stands on what is known of the license now (R16)."""
        case = clocks.Deadline(self.clause, self.stage, "", self.base_on, self.deadline)
        return clocks.stands(case, self.license.facts())


class RevocationRun(models.Model):
    """A run that the brake stopped before its first revocation, until HEC confirms it (R22)."""

    id: models.BigAutoField
    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="stopped_runs")
    would_revoke = models.PositiveIntegerField()
    live = models.PositiveIntegerField()
    stopped_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cohort"], condition=Q(finished_at=None), name="one_stopped_run_a_cohort"
            )
        ]

    def __str__(self) -> str:
        return f"{self.would_revoke} of {self.live} in {self.cohort_id}"
