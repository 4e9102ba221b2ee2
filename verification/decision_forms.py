"""What a decision needs besides the act itself; each form stands on the review page, beside the document."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from applications.models import Application
from dlsei.forms import Form
from dlsei.policy.refusals import REFUSALS
from verification.common_wording import Wording

LIMIT = 2000


class Picks(forms.RadioSelect):
    """Common wordings to pick: the script puts the picked one into the field named, for editing."""

    def __init__(self, wordings: Sequence[Wording], language: str, into: str) -> None:
        super().__init__()
        self.texts = {wording.code: wording.to(language) for wording in wordings}
        self.into = into

    def create_option(
        self,
        name: str,
        value: Any,
        label: Any,
        selected: bool,
        index: int,
        *args: Any,
        **kwargs: Any,
    ) -> dict[str, Any]:
        option = super().create_option(name, value, label, selected, index, *args, **kwargs)
        option["attrs"] |= {"data-text": self.texts[value], "data-into": self.into}
        if index < 9:
            option["attrs"]["data-key"] = str(index + 1)
        return option


def _words(code: str, label: Any, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=LIMIT,
        widget=forms.Textarea(attrs={"dir": "auto", "rows": 4}),
        error_messages={"required": _(REFUSALS[code].sentence)},
    )


class DecisionForm(Form):
    """A decision on `application`; out of turn it asks why, on behalf for a note."""

    act: ClassVar[str]
    written: ClassVar[str] = ""
    """The field whose words go to the applicant."""

    def __init__(
        self,
        application: Application,
        data: Mapping[str, Any] | None = None,
        *,
        wordings: Sequence[Wording] = (),
        out_of_turn: bool = False,
        on_behalf: bool = False,
    ) -> None:
        language = application.person.language
        texts = {wording.code: wording.to(language) for wording in wordings}
        if data is not None and self.written and not data.get(self.written, "").strip():
            data = {**dict(data.items()), self.written: texts.get(data.get("common", ""), "")}
        super().__init__(data, auto_id=f"{self.act}_%s")
        if not out_of_turn:
            self.fields.pop("turn_reason", None)
        if not on_behalf:
            self.fields.pop("note", None)
        if self.written:
            self.fields["common"] = forms.ChoiceField(
                label=self.fields["common"].label,
                choices=[(wording.code, wording.name) for wording in wordings],
                required=False,
                widget=Picks(wordings, language, f"{self.act}_{self.written}"),
            )
            field = self.fields[self.written]
            field.widget.attrs["lang"] = language
            field.help_text = _("The applicant reads %(language)s, and this word for word.") % {
                "language": get_language_info(language)["name_translated"]
            }

    @property
    def words(self) -> str:
        """What the applicant would read, as far as it is typed."""
        return str(self.data.get(self.written, "")).strip()


class ApproveForm(DecisionForm):
    act = "approve"

    turn_reason = _words(
        "out-of-turn",
        _("Why is this one decided out of turn?"),
        _("Kept with the decision; the applicant does not see it."),
    )
    note = _words(
        "note-missing",
        _("Information on which HEC decides"),
        _("Kept with the decision. Say what the university told you, who said it and when."),
    )


class RejectForm(DecisionForm):
    act = "reject"
    written = "reason"

    common = forms.ChoiceField(label=_("Common reasons"))
    reason = _words("reason-missing", _("Reason for the rejection"))
    turn_reason = ApproveForm.base_fields["turn_reason"]
    note = ApproveForm.base_fields["note"]


class AskForm(DecisionForm):
    act = "ask"
    written = "text"

    common = forms.ChoiceField(label=_("Common questions"))
    text = _words("text-missing", _("What do you need from the applicant?"))
