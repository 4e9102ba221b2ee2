"""What HEC fills in about focal persons and its own staff."""

from collections.abc import Mapping
from typing import ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from dlsei.forms import DateInput, Form, RadioSelect
from dlsei.models import User
from verification.forms import NoteForm

LARGEST = 1024 * 1024  # bytes


class InviteeForm(Form):
    """Whom HEC invites."""

    autocomplete: ClassVar[Mapping[str, str]] = {"email": "off", "full_name": "off"}

    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("The invitation goes to this address, and only its owner can accept it."),
    )
    full_name = forms.CharField(label=_("Full name"), max_length=150)
    language = forms.ChoiceField(
        label=_("In which language shall we write?"),
        choices=User._meta.get_field("language").choices or [],
        initial="en",
        widget=RadioSelect,
    )


class NominationForm(InviteeForm):
    """Who is to decide for a university, from when until when."""

    since = forms.DateField(label=_("First day"), widget=DateInput)
    until = forms.DateField(
        label=_("Last day"),
        help_text=_("Leave empty for: until further notice."),
        required=False,
        widget=DateInput,
    )

    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day is before the first day."))


class ReplacementForm(InviteeForm):
    """Who is to decide in a focal person's place, from today on."""

    until = forms.DateField(
        label=_("Last day"),
        help_text=_("Leave empty for: until further notice."),
        required=False,
        widget=DateInput,
    )


class EndForm(Form):
    """When a nomination ends."""

    until = forms.DateField(
        label=_("Last day"),
        help_text=_("That day included. To take the queue away at once, suspend instead."),
        widget=DateInput,
    )


class FactorResetForm(NoteForm):
    """How HEC made sure who asks for a new second factor."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].label = _("How did you make sure who is asking?")
        self.fields["note"].help_text = _(
            "Kept in the history. For example: called back on the number that the university gave."
        )


class StaffListForm(Form):
    """A list of people to invite."""

    file = forms.FileField(
        label=_("List"),
        help_text=_(
            "CSV with the columns University, Full Name, Email, and if you like First Day, Last Day "
            "(like 2023-01-31) and Language. For HEC's own staff the university is HEC. You see what "
            "is in it before anybody is invited."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv"}),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST:
            raise forms.ValidationError(_("The file is larger than 1 MB; a list of staff is not."))
        return file
