"""Who somebody is: name, CNIC or passport, mobile, language (4.1.a, R6)."""

import re
import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from dlsei.forms import Form, RadioSelect
from dlsei.models import User

CNIC = re.compile(r"[1-8]\d{12}")
PASSPORT = re.compile(r"[A-Z0-9]{5,20}")


def plain_digits(text: str) -> str:
    """Digits of any script, such as Urdu's, as 0 to 9."""
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def clean_identity(kind: str, number: str) -> str:
    """A CNIC or passport number as it is stored, whatever stood between its digits.

    Raises `ValidationError` for what cannot be one. A CNIC has no checksum (R6).
    """
    # Format characters too: copied numbers bring invisible marks of direction along.
    bare = "".join(c for c in plain_digits(number) if c.isalnum()).upper()
    if kind == User.Identity.CNIC and not CNIC.fullmatch(bare):
        raise forms.ValidationError(
            _("A CNIC has 13 digits and begins with 1 to 8, for example 35202-1234567-1.")
        )
    if kind == User.Identity.PASSPORT and not PASSPORT.fullmatch(bare):
        raise forms.ValidationError(_("A passport number has 5 to 20 letters and digits."))
    return bare


class PersonForm(Form):
    """What both registration and the account page ask."""

    autocomplete = {"full_name": "name", "mobile": "tel"}

    full_name = forms.CharField(
        label=_("Full name"),
        max_length=150,
        help_text=_("As it stands on your CNIC or passport."),
    )
    identity_kind = forms.ChoiceField(
        label=_("How do you identify yourself?"),
        choices=User.Identity.choices,
        initial=User.Identity.CNIC,
        widget=RadioSelect(hints={User.Identity.PASSPORT: _("For foreign nationals only.")}),
    )
    identity_number = forms.CharField(
        label=_("CNIC or passport number"),
        max_length=40,
        help_text=_("A CNIC has 13 digits; dashes and spaces do not matter."),
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off", "spellcheck": "false"}),
    )
    mobile = PhoneNumberField(
        label=_("Mobile number"),
        region="PK",
        required=False,
        help_text=_("For your focal person or HEC, should an e-mail not reach you."),
        widget=forms.TextInput(attrs={"type": "tel", "dir": "ltr"}),
        error_messages={
            "invalid": _(
                "This is not a mobile number. Write it like 0300 1234567 or +92 300 1234567."
            )
        },
    )
    language = forms.ChoiceField(
        label=_("In which language shall we write to you?"),
        choices=User._meta.get_field("language").choices or [],
        widget=RadioSelect,
    )

    def clean_full_name(self) -> str:
        name = unicodedata.normalize("NFC", " ".join(self.cleaned_data["full_name"].split()))
        if any(unicodedata.category(c) == "Cc" for c in name) or not any(map(str.isalpha, name)):
            raise forms.ValidationError(_("Write your name in letters."))
        return name

    def clean_mobile(self) -> str:
        mobile = self.cleaned_data["mobile"]
        return mobile.as_e164 if mobile else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        kind, number = cleaned.get("identity_kind"), cleaned.get("identity_number")
        if kind and number:
            try:
                cleaned["identity_number"] = clean_identity(kind, number)
            except forms.ValidationError as error:
                self.add_error("identity_number", error)
        return cleaned
