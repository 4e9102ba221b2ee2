"""Everyone who signs in: applicants, focal persons, HEC staff."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _


class UserQuerySet(models.QuerySet["User"]):
    def hec_staff(self) -> "UserQuerySet":
        """Who answers for the programme at HEC and gets its escalations."""
        return self.filter(is_active=True, is_hec=True).order_by("id")

    def end_sessions(self) -> None:
        """Signs these people out everywhere: their next request finds no session."""
        self.update(session_generation=models.F("session_generation") + 1)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin):
    """One person, one account (R6). The e-mail is what invitations go to."""

    class Identity(models.TextChoices):
        CNIC = "cnic", _("CNIC")
        PASSPORT = "passport", _("Passport")

    email = models.EmailField(_("e-mail address"), unique=True)
    full_name = models.CharField(_("full name"), max_length=150)
    identity_kind = models.CharField(max_length=8, choices=Identity, default=Identity.CNIC)
    identity_number = models.CharField(
        _("CNIC or passport number"), max_length=40, blank=True, db_index=True
    )
    mobile = models.CharField(_("mobile number"), max_length=20, blank=True)
    language = models.CharField(
        _("language"), max_length=5, default="en", choices=[("en", "English"), ("ur", "اردو")]
    )
    is_hec = models.BooleanField(_("HEC staff"), default=False)
    is_staff = models.BooleanField(_("may enter the reference data at /superuser/"), default=False)
    # Whoever acted for HEC and may not now; it can be given back.
    hec_suspended_at = models.DateTimeField(null=True, editable=False)
    is_active = models.BooleanField(default=True)
    # Raised, it ends every session of the person, on every device, with their next request.
    session_generation = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_account_an_address"),
            models.CheckConstraint(
                name="nobody_acts_for_hec_while_suspended",
                condition=models.Q(is_hec=False) | models.Q(hec_suspended_at=None),
            ),
            models.CheckConstraint(
                name="a_cnic_has_13_digits",
                condition=~models.Q(identity_kind="cnic")
                | models.Q(identity_number="")
                | models.Q(identity_number__regex=r"^[1-8]\d{12}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must match: another password or role ends it, and `end_sessions`."""
        roles = (self.is_hec, self.is_staff, self.is_superuser)
        held = [self.password, self.session_generation, *map(int, roles)]
        return salted_hmac(
            "dlsei.models.people.User", "|".join(map(str, held)), secret=secret, algorithm="sha256"
        ).hexdigest()

    @property
    def identity(self) -> str:
        """The number that is unique among submitted applications, e.g. `cnic:3520212345671` (R6)."""
        return f"{self.identity_kind}:{self.identity_number}" if self.identity_number else ""

    @property
    def written_identity(self) -> str:
        """The number as it stands on the card."""
        return written(self.identity_kind, self.identity_number)

    @property
    def masked_identity(self) -> str:
        """The number as lists show it: first five and last two characters."""
        number = self.identity_number
        return f"{number[:5]}…{number[-2:]}" if len(number) > 7 else number

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name


def written(kind: str, number: str) -> str:
    """A CNIC with its dashes, as on the card; a passport number as it is."""
    if kind == User.Identity.CNIC and len(number) == 13:
        return f"{number[:5]}-{number[5:12]}-{number[12:]}"
    return number
