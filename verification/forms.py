"""What HEC fills in, and how a verb's refusal is said on a form."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from applications.forms import refusals
from applications.models import University
from dlsei.forms import Form, ModelForm
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
            form.add_error(None, refusals.cited(refusal))
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
        sectors = University._meta.get_field("sector").choices or ()
        self.fields["sector"].choices = [("", _("Not known")), *sectors]

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
