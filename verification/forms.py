"""What HEC fills in, and how a verb's refusal is said on a form."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications.forms import refusals
from applications.models import University
from dlsei.forms import DateInput, Form, ModelForm
from dlsei.policy.refusals import REFUSALS, Refused
from dlsei.verbs import Busy

FIELDS = {
    "note-missing": "note",
    "reason-missing": "reason",
    "text-missing": "text",
    "out-of-turn": "turn_reason",
}


def attempt(form: forms.BaseForm, write: Callable[[], Any]) -> bool:
    """Says whether `write`, a verb's call, was done; if it was refused, the form says why."""
    try:
        write()
    except Refused as refused:
        refusal = refused.refusal
        field = FIELDS.get(refusal.code)
        if field in form.fields:
            form.add_error(field, refusals.in_words(refusal))
        else:
            said = {"sentence": refusals.in_words(refusal), "clause": refusal.clause}
            form.add_error(None, gettext("%(sentence)s (Clause %(clause)s)") % said)
        return False
    except Busy as busy:
        refusals.add_to(form, busy)
        return False
    return True


def _words(code: str, label: Any, hint: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=2000,
        widget=forms.Textarea,
        error_messages={"required": _(REFUSALS[code].sentence)},
    )


class NoteForm(Form):
    """Why HEC does this; kept with it."""

    note = _words(
        "note-missing", _("Note"), _("Kept with the decision: on what information you decide.")
    )


class UniversityForm(ModelForm):
    """An institution as the list describes it."""

    domains = forms.CharField(
        label=_("Mail domains"),
        help_text=_("Separated by spaces. A hint for reviewers only, nothing depends on it."),
        required=False,
    )

    class Meta:
        model = University
        fields = ["name", "sector", "city", "province"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["domains"] = " ".join(self.instance.domains)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if University.objects.filter(name__iexact=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is a university of this name already."))
        return name

    def clean_domains(self) -> list[str]:
        words: str = self.cleaned_data["domains"]
        return words.replace(",", " ").lower().split()

    def _post_clean(self) -> None:
        """The verb writes; the instance stays as it is in the database."""


class NominationForm(Form):
    """Who decides for a university, from when until when."""

    autocomplete: Mapping[str, str] = {"email": "off", "full_name": "off"}

    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("The person signs in with a code sent to this address."),
    )
    full_name = forms.CharField(label=_("Full name"), max_length=150)
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


class EndForm(Form):
    """When a nomination ends."""

    until = forms.DateField(
        label=_("Last day"),
        help_text=_("That day included. To take the queue away at once, suspend instead."),
        widget=DateInput,
    )
