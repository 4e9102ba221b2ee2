"""The programme's figures as a form: each with what it is now, to be tried with another value."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dlsei.forms import DateInput, Form
from dlsei.policy import programme as policy
from dlsei.policy.figures import WORDS, Bytes, Figure, figures
from verification import what_if

LARGEST_SCENARIO = 256 * 1024
TRANCHE = re.compile(r"^(\d[\d,]*) from (\d{4}-\d\d-\d\d)$")
STAGE = re.compile(r"^(\d+) (automatic|review)$")
PART = re.compile(r'"([^"]+)"|([^.]+)')


def path(figure: Figure) -> list[str]:
    """Where a figure stands in the file, for its cohort alone where it can: the tables down to the key."""
    of_one = figure.key.startswith("cohorts.") or figure.name.startswith("revocation.")
    own = [quoted or plain for quoted, plain in PART.findall(figure.name)]
    return ["cohorts", figure.cohort, *own] if of_one else own


def as_text(value: object) -> object:
    """A figure as its field shows it."""
    if not isinstance(value, tuple):
        return value
    lines = []
    for one in value:
        if isinstance(one, policy.TranchePolicy):
            lines.append(f"{one.size} from {one.from_}")
        elif isinstance(one, policy.Rule):
            lines.append(f"{one.days} {one.mode}")
        else:
            lines.append(str(one))
    return "; ".join(lines)


class Several(forms.CharField):
    """Several values, a semicolon between: tranches, stages of 5.iv, days of warnings."""

    def __init__(self, *, kind: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other values are meant, however they are written."""
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except forms.ValidationError:
            return True

    def to_python(self, value: Any) -> Any:
        words = [part.strip() for part in (super().to_python(value) or "").split(";")]
        return [self._one(part) for part in words if part]

    def _one(self, part: str) -> Any:
        if self.kind == "tranches" and (found := TRANCHE.match(part)):
            return {"size": int(found[1].replace(",", "")), "from": found[2]}
        if self.kind == "stages" and (found := STAGE.match(part)):
            return {"days": int(found[1]), "mode": found[2]}
        if self.kind == "days" and part.isdecimal():
            return int(part)
        raise forms.ValidationError(
            gettext("“%(part)s” cannot be read. Write it like this: %(like)s")
            % {"part": part, "like": LIKE[self.kind]}
        )


LIKE = {
    "tranches": "18000 from 2023-01-02; 2000 from 2023-02-14",
    "stages": "30 review; 60 review; 90 automatic",
    "days": "5; 1",
}


def isolated(words: str) -> str:
    """Numbers and English kept left to right, also between words of Urdu."""
    return f"\u2066{words}\u2069"


def several_lines() -> forms.Textarea:
    """Room in which a longer list breaks: on a phone nothing of it is cut off."""
    return forms.Textarea(attrs={"rows": 3, "dir": "ltr"})


def field(figure: Figure) -> forms.Field | None:
    """The field for a figure, None for those that are neither thresholds nor dates."""
    label = gettext(figure.label)
    said: dict[str, Any] = {
        "label": f"{isolated(figure.part)}: {label}" if figure.part else label,
        "initial": as_text(figure.value),
    }
    value = figure.value
    if isinstance(value, date):
        return forms.DateField(widget=DateInput, **said)
    if isinstance(value, Bytes | str) and value not in policy.MODES:
        return None
    if isinstance(value, str):
        modes = [(mode, _(WORDS[mode])) for mode in policy.MODES]
        return forms.ChoiceField(choices=modes, **said)
    if isinstance(value, int):
        return forms.IntegerField(min_value=0, **said)
    if isinstance(value, Decimal):
        return forms.DecimalField(min_value=0, **said)
    if figure.name == "tranches":
        return Several(
            kind="tranches", help_text=isolated(LIKE["tranches"]), widget=several_lines(), **said
        )
    if figure.name.endswith(".stages"):
        return Several(
            kind="stages", help_text=isolated(LIKE["stages"]), widget=several_lines(), **said
        )
    if figure.name == "warnings.days_before":
        return Several(kind="days", help_text=isolated(LIKE["days"]), **said)
    return None


@dataclass(frozen=True)
class Section:
    """The fields of one cohort, or of all."""

    title: str
    fields: list[Any]


class FiguresForm(Form):
    """Every threshold and date of the programme; `overrides` are those that were changed."""

    title = forms.CharField(
        label=_("What do you want to know?"),
        help_text=_("A few words, so that you find the answer again."),
        max_length=200,
    )

    def __init__(self, *args: Any, programme: policy.Programme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.figures: dict[str, Figure] = {}
        self.overrides: dict[str, Any] = {}
        for number, figure in enumerate(figures(programme)):
            if made := field(figure):
                name = f"figure_{number}"
                self.fields[name], self.figures[name] = made, figure

    @property
    def sections(self) -> Iterator[Section]:
        """The fields by cohort, what holds for all last."""
        cohorts: dict[str, list[Any]] = {}
        for name, figure in self.figures.items():
            bound: Any = self[name]
            bound.clauses, bound.now = ", ".join(figure.clauses), figure.value
            cohorts.setdefault("" if path(figure)[0] != "cohorts" else figure.cohort, []).append(
                bound
            )
        for cohort, fields in cohorts.items():
            yield Section(cohort or gettext("All cohorts"), fields)

    def clean(self) -> None:
        for name, figure in self.figures.items():
            if name in self.changed_data and name in self.cleaned_data:
                value = self.cleaned_data[name]
                plain = value.isoformat() if isinstance(value, date) else value
                plain = float(plain) if isinstance(plain, Decimal) else plain
                self._put(path(figure), plain)
        if self.errors:
            return
        if not self.overrides:
            raise forms.ValidationError(_("Change at least one figure below."))
        try:
            what_if.with_overrides(self.overrides)
        except policy.ProgrammeError as error:
            self.add_error(self._field_of(error.key), error.message)

    def _put(self, where: list[str], value: Any) -> None:
        table = self.overrides
        for part in where[:-1]:
            table = table.setdefault(part, {})
        table[where[-1]] = value

    def _field_of(self, key: str) -> str | None:
        parts = [quoted or plain for quoted, plain in PART.findall(re.sub(r"\[\d+\].*", "", key))]
        for name, figure in self.figures.items():
            if parts == path(figure) or parts[-len(path(figure)) :] == path(figure):
                return name
        return None


class ScenarioForm(Form):
    """A scenario file, to be played."""

    file = forms.FileField(
        label=_("Scenario file"),
        help_text=_("A .toml file of at most 256 KiB; docs/scenarios.md says how one is written."),
    )

    def clean_file(self) -> str:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_SCENARIO:
            raise forms.ValidationError(_("The file is larger than 256 KiB."))
        try:
            return file.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_("The file is not text in UTF-8.")) from error
