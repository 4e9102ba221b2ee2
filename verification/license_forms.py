"""What HEC fills in about seats and licenses."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dlsei.forms import DateInput, Form


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
