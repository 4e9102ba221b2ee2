"""What HEC fills in to set something right: a dispute, an address, a university."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from applications.forms.identity import clean_identity
from applications.models import Application, Dispute, University
from dlsei.forms import RadioSelect
from dlsei.models import User
from verification.forms import NoteForm


class DisputeForm(NoteForm):
    """Whose number it is, and on what ground."""

    field_order = ["outcome", "holder_kind", "holder_number", "note"]

    outcome = forms.ChoiceField(
        label=_("Whose number is it?"),
        choices=[
            (Dispute.Outcome.KEPT, _("The first person's")),
            (Dispute.Outcome.MOVED, _("The second person's")),
        ],
        widget=RadioSelect(
            hints={
                Dispute.Outcome.KEPT: _(
                    "Nothing changes; the second person is asked to look at their number."
                ),
                Dispute.Outcome.MOVED: _(
                    "The second person can submit, as of the time at which they first tried."
                ),
            }
        ),
    )
    holder_kind = forms.ChoiceField(
        label=_("What is the first person's own number?"),
        choices=User.Identity.choices,
        initial=User.Identity.CNIC,
        widget=RadioSelect,
        required=False,
    )
    holder_number = forms.CharField(
        label=_("The first person's own number"),
        help_text=_(
            "Only if the number is the second person's. Their application or license goes on under "
            "it; leave it empty if it is not known and they have none."
        ),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["holder_kind"] = cleaned.get("holder_kind") or User.Identity.CNIC
        if number := cleaned.get("holder_number"):
            try:
                cleaned["holder_number"] = clean_identity(cleaned["holder_kind"], number)
            except forms.ValidationError as error:
                self.add_error("holder_number", error)
        return cleaned


class AddressForm(NoteForm):
    """A person's right address, and how HEC knows it."""

    field_order = ["email", "note"]

    email = forms.EmailField(
        label=_("New e-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].label = _("How do you know that it is this person's?")
        self.fields["note"].help_text = _("Kept with the change: who asked, and what they showed.")


class TransferForm(NoteForm):
    """The university where an application belongs, and why."""

    field_order = ["university", "note"]

    university = forms.ModelChoiceField(
        label=_("The applicant's university"),
        queryset=University.objects.none(),
        empty_label=_("Choose a university"),
    )

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        elsewhere = University.objects.recognized().filter(is_hec=False)
        field: Any = self.fields["university"]
        field.queryset = elsewhere.exclude(applications=application)
        self.fields["note"].label = _("Why does it belong there?")
        self.fields["note"].help_text = _("Kept in the history; the applicant does not see it.")
