"""Who decides at a university and who is invited to, who saw what and what was decided."""

from datetime import date, datetime

from django.conf import settings
from django.core import signing
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from applications.models import Application, University
from dlsei.policy.states import InvitationState, NominationState


class FocalPersonQuerySet(models.QuerySet["FocalPerson"]):
    def active(self, today: date) -> "FocalPersonQuerySet":
        """In their period of nomination, neither suspended nor replaced, able to sign in."""
        return self.filter(
            Q(until=None) | Q(until__gte=today),
            since__lte=today,
            suspended_at=None,
            replaced_at=None,
            person__is_active=True,
        )


class FocalPerson(models.Model):
    """A person nominated to decide for one university, from a day until a day (4.1.d, I9)."""

    id: models.BigAutoField
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="nominations")
    university = models.ForeignKey(University, models.PROTECT, related_name="focal_persons")
    since = models.DateField(_("from"))
    until = models.DateField(_("until, that day included"), null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    # Somebody else was invited in this person's place, who had no access from this moment on.
    replaced_at = models.DateTimeField(null=True, editable=False)
    reminded_at = models.DateTimeField(null=True, editable=False)

    objects = FocalPersonQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "university", "since"], name="one_nomination_a_day"
            ),
            models.CheckConstraint(
                name="a_nomination_ends_after_it_begins",
                condition=Q(until=None) | Q(until__gte=F("since")),
            ),
        ]
        verbose_name = _("focal person")
        verbose_name_plural = _("focal persons")

    def __str__(self) -> str:
        return f"{self.person} ({self.university})"

    @property
    def state(self) -> str:
        """One of `NominationState`; whether its period has begun or is over says `active`."""
        if self.replaced_at:
            return NominationState.REPLACED
        return NominationState.SUSPENDED if self.suspended_at else NominationState.NOMINATED


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> "InvitationQuerySet":
        """Neither accepted nor withdrawn; they may have expired, and be sent again."""
        return self.filter(accepted_at=None, withdrawn_at=None)

    def to_hec(self) -> "InvitationQuerySet":
        return self.filter(university=None)


class Invitation(models.Model):
    """Somebody asked to decide for a university, or to act for HEC: nobody does before accepting.

    Bound to the person's address; its link holds the nonce and is good once, until it expires.
    """

    id: models.BigAutoField
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="invitations")
    email = models.EmailField()
    # None: to act for HEC.
    university = models.ForeignKey(
        University, models.PROTECT, null=True, related_name="invitations"
    )
    since = models.DateField(_("from"), null=True)
    until = models.DateField(_("until, that day included"), null=True)
    nonce = models.CharField(max_length=40)
    sent = models.PositiveSmallIntegerField(default=1)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "university"],
                condition=Q(accepted_at=None, withdrawn_at=None),
                nulls_distinct=False,
                name="one_open_invitation_a_role",
            ),
            models.CheckConstraint(
                name="a_focal_person_is_invited_for_a_period",
                condition=Q(university=None, since=None, until=None)
                | Q(university__isnull=False, since__isnull=False)
                & (Q(until=None) | Q(until__gte=F("since"))),
            ),
            models.CheckConstraint(
                name="an_invitation_ends_once",
                condition=Q(accepted_at=None) | Q(withdrawn_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} to {self.university or 'HEC'}"

    @property
    def state(self) -> str:
        """One of `InvitationState`."""
        if self.accepted_at:
            return InvitationState.ACCEPTED
        return InvitationState.WITHDRAWN if self.withdrawn_at else InvitationState.INVITED

    @property
    def is_open(self) -> bool:
        return self.state == InvitationState.INVITED

    def has_expired(self, now: datetime) -> bool:
        """Whether it waited longer than it is good for; it can be sent again."""
        return self.is_open and self.expires_at <= now

    @property
    def token(self) -> str:
        """What its link carries: signed, and no longer good once the nonce is another."""
        return signing.Signer(salt="staff invitation").sign(f"{self.pk}-{self.nonce}")


class StaffList(models.Model):
    """A file of people to invite, between its preview and its receipt.

    Its history is its own row: who uploaded and who sent it, when.
    """

    id: models.BigAutoField
    name = models.CharField(max_length=200)
    # Emptied when the list has been sent: then the invitations say who is on it.
    rows = models.JSONField(default=list)
    errors = models.JSONField(default=list)
    result = models.JSONField(default=dict)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_list_is_sent_by_somebody",
                condition=Q(sent_at=None, sent_by=None)
                | Q(sent_at__isnull=False, sent_by__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.name


class FactorReset(models.Model):
    """A second factor that somebody had lost, removed by HEC after it had made sure who asked."""

    id: models.BigAutoField
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="factor_resets"
    )
    note = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="a_factor_reset_has_a_note", condition=~Q(note="")),
            models.CheckConstraint(
                name="nobody_resets_their_own_factor", condition=~Q(person=F("by"))
            ),
        ]

    def __str__(self) -> str:
        return f"second factor of {self.person_id}"


class Sighting(models.Model):
    """Who opened an application, first and last (4.1.f, R8, R10)."""

    id: models.BigAutoField
    application = models.ForeignKey(Application, models.CASCADE, related_name="sightings")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    # The application went to another university, and with it what was on the person's screen.
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "person"], name="one_sighting_a_person")
        ]

    def __str__(self) -> str:
        return f"{self.person_id} saw {self.application_id}"


class Decision(models.Model):
    """What was decided, by whom, on whose behalf, and who stood at the head of the queue (I4)."""

    class Outcome(models.TextChoices):
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")

    id: models.BigAutoField
    application = models.OneToOneField(Application, models.PROTECT, related_name="decision")
    applicant = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome)
    reason = models.TextField(blank=True)
    note = models.TextField(blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="decisions")
    on_behalf_of = models.ForeignKey(University, models.PROTECT, null=True, related_name="+")
    head = models.ForeignKey(Application, models.PROTECT, related_name="+")
    turn_reason = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="nobody_decides_for_oneself", condition=~Q(actor=F("applicant"))
            ),
            models.CheckConstraint(
                name="on_behalf_needs_a_note", condition=Q(on_behalf_of=None) | ~Q(note="")
            ),
            models.CheckConstraint(
                name="a_rejection_has_a_reason",
                condition=~Q(outcome="rejected") | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="out_of_turn_needs_a_reason",
                condition=Q(head=F("application")) | ~Q(turn_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.outcome}"


class WhatIfQuerySet(models.QuerySet["WhatIf"]):
    def due(self, now: datetime) -> "WhatIfQuerySet":
        """Asked and not answered, and no live worker is at it."""
        return self.filter(ended_at=None).filter(Q(leased_until=None) | Q(leased_until__lte=now))


class WhatIf(models.Model):
    """A question of HEC's: other figures over live data, or a scenario played in a database of its own."""

    class Kind(models.TextChoices):
        FIGURES = "figures", _("Other figures")
        SCENARIO = "scenario", _("A scenario")

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting to begin")
        RUNNING = "running", _("Being worked out")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    id: models.BigAutoField
    kind = models.CharField(max_length=8, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    title = models.CharField(max_length=200)
    # What the question is: tables laid over the programme in force, or a scenario file.
    overrides = models.JSONField(default=dict)
    scenario = models.TextField(blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    percent = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    result = models.JSONField(default=dict)
    failure = models.TextField(blank=True)

    objects = WhatIfQuerySet.as_manager()

    def __str__(self) -> str:
        return self.title


class Affected(models.Model):
    """Somebody for whom other figures would make a difference: in which way, from when to when."""

    id: models.BigAutoField
    what_if = models.ForeignKey(WhatIf, models.CASCADE, db_index=False, related_name="affected")
    group = models.CharField(max_length=16)
    reference = models.CharField(max_length=20)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+"
    )
    before = models.DateField(null=True)
    before_clause = models.CharField(max_length=8, blank=True)
    after = models.DateField(null=True)
    after_clause = models.CharField(max_length=8, blank=True)

    class Meta:
        indexes = [models.Index(fields=["what_if", "group", "id"], name="affected_by_group")]

    def __str__(self) -> str:
        return f"{self.group} {self.reference}"
