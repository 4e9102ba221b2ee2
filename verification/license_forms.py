"""What HEC fills in about seats and licenses."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dlsei.forms import DateInput, FilterForm, Form
from dlsei.policy.clauses import CLAUSES


class TrancheForm(Form):
    """How many seats more, and from when."""

    size = forms.IntegerField(label=_("Seats"), min_value=1, max_value=1_000_000)
    available_from = forms.DateField(
        label=_("From"),
        help_text=_("They count from this day on. A day that has come: at once."),
        widget=DateInput,
    )

    def __init__(self, *args: Any, ends: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ends = ends

    def clean_available_from(self) -> date:
        day: date = self.cleaned_data["available_from"]
        if day > self.ends:
            raise forms.ValidationError(_("The cohort is over by then: choose an earlier day."))
        return day


class HistoryForm(FilterForm):
    """What to look for in the history; nothing has to be filled in."""

    about = forms.CharField(
        label=_("Person or reference"),
        help_text=_("Reference, name, CNIC or e-mail address"),
        required=False,
        max_length=200,
    )
    actor = forms.CharField(
        label=_("Done by"), help_text=_("Name or e-mail address"), required=False, max_length=200
    )
    clause = forms.ChoiceField(
        label=_("Clause"),
        choices=[("", _("Any")), *((clause, clause) for clause in CLAUSES)],
        required=False,
    )
    since = forms.DateField(label=_("From"), required=False, widget=DateInput)
    until = forms.DateField(label=_("Until"), required=False, widget=DateInput)

    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day is before the first day."))
