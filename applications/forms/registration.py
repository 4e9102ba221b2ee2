"""The registration form as a whole: django-allauth's, around `applications.forms.account.SignupForm`."""

from typing import Any

from allauth.account.forms import SignupForm
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest


class RegistrationForm(SignupForm):
    """A taken address is answered like a free one, and as slowly: the time must not tell who has an account."""

    def try_save(self, request: HttpRequest) -> Any:
        if self.account_already_exists:
            # What a new account's password costs.
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)
