"""Registration and the account page."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from applications import accounts
from applications.forms.identity import PersonForm
from dlsei.models import User


class SignupForm(PersonForm):
    """What registration asks beside e-mail and password; django-allauth adds those (4.1.a)."""

    field_order = [
        *("full_name", "email", "identity_kind", "identity_number"),
        *("mobile", "language", "password1"),
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].initial = (get_language() or "en")[:2]

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by django-allauth within the registration's own transaction."""
        accounts.change(user, **_own_fields(self), by=user, now=timezone.now())


class AccountForm(PersonForm):
    """The account page; the identity number is fixed from the first submission on (R6)."""

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        initial = {name: getattr(person, name) for name in PersonForm.base_fields}
        super().__init__(*args, initial=initial, **kwargs)
        if not person.identity_number:
            # Whoever was invited to decide never registered, and may never apply.
            self.fields["identity_number"].required = False
            self.fields["identity_number"].help_text = _(
                "Needed when you apply for a license. A CNIC has 13 digits; dashes and spaces do not matter."
            )
        if accounts.is_identity_fixed(person):
            for name in ("identity_kind", "identity_number"):
                self.fields[name].disabled = True
            self.fields["identity_number"].help_text = _(
                "You have applied under this number. If it is wrong, ask HEC to correct it."
            )

    def values(self) -> dict[str, str]:
        """What the account is changed to."""
        return _own_fields(self)


def _own_fields(form: PersonForm) -> dict[str, str]:
    return {name: form.cleaned_data[name] for name in PersonForm.base_fields}
