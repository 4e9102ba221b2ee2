"""What HEC says of a file that it brings in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dlsei.forms import Form, RadioSelect
from licensing.models import Cohort, Import, License

LARGEST = 64 * 1024 * 1024  # bytes
TOO_LARGE = _("The file is larger than 64 MB. The command import_report takes larger ones.")


class UploadForm(Form):
    """A file, and what kind of file it is."""

    kind = forms.ChoiceField(
        label=_("What is in the file?"),
        choices=Import.Kind.choices,
        initial=Import.Kind.ACTIVITY,
        widget=RadioSelect(
            hints={
                Import.Kind.ACTIVITY: _(
                    "The ZIP or one of the CSV files that Coursera's admin portal exports."
                ),
                Import.Kind.PAID: _(
                    "CSV with the columns Full Name, Email, CNIC or Passport, Year, Activated."
                ),
                Import.Kind.COHORT_USERS: _(
                    "Coursera's list of learners, or any CSV with a column Email: "
                    "who is in it cannot apply again (clause A.1)."
                ),
            }
        ),
    )
    cohort = forms.ModelChoiceField(
        label=_("Whose users are they?"),
        help_text=_("Only for users of an earlier cohort."),
        queryset=Cohort.objects.all(),
        empty_label=_("Choose a cohort"),
        required=False,
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or ZIP, at most 64 MB. You see what is in it before anything changes."),
        widget=forms.FileInput(attrs={"accept": ".csv,.zip"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Needed for one kind of file, and then asked for.
        self.fields["cohort"].empty_answers = True  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(TOO_LARGE)
        return file

    def clean(self) -> None:
        if self.cleaned_data.get("kind") != Import.Kind.COHORT_USERS:
            self.cleaned_data["cohort"] = None
        elif not self.cleaned_data.get("cohort"):
            self.add_error("cohort", _("Choose the cohort whose users the file names."))


class ActivityForm(Form):
    """Up to when a file of activity speaks, and to which cohort each of its programs belongs."""

    as_of = forms.DateTimeField(
        label=_("Data as of"),
        help_text=_(
            "Karachi time at which Coursera made the export; nobody is revoked on older data."
        ),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, imported: Import, **kwargs: Any) -> None:
        super().__init__(*args, initial={"as_of": imported.as_of}, **kwargs)
        # Asked for when it comes to importing (R17).
        self.fields["as_of"].empty_answers = True  # type: ignore[attr-defined]
        cohorts = [("", _("None of ours")), *((c.pk, c.name) for c in Cohort.objects.all())]
        self._slugs = dict(enumerate(sorted(imported.programs)))
        for number, slug in self._slugs.items():
            self.fields[f"program_{number}"] = forms.TypedChoiceField(
                label=_("Program “%(slug)s”") % {"slug": slug} if slug else _("No program named"),
                choices=cohorts,
                initial=imported.programs[slug] or "",
                required=False,
                coerce=int,
                empty_value=None,
            )
            self.fields[f"program_{number}"].empty_answers = True  # type: ignore[attr-defined]

    @property
    def programs(self) -> dict[str, int | None]:
        """The cohort's id by slug, as chosen."""
        return {slug: self.cleaned_data[f"program_{n}"] for n, slug in self._slugs.items()}


class MatchForm(Form):
    """The license that a learner of Coursera's holds."""

    license = forms.CharField(
        label=_("License"),
        help_text=_("The reference, for example L-000123."),
        max_length=20,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )

    def clean_license(self) -> License:
        reference = self.cleaned_data["license"].strip()
        found = License.objects.filter(reference__iexact=reference).first()
        if found is None:
            raise forms.ValidationError(_("There is no license of this reference."))
        return found
