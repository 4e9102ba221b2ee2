"""How every form of the service looks and speaks: `{{ form }}` is a whole, accessible form."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _


class BoundField(forms.BoundField):
    """A field as the templates in `forms/` draw it, whoever wrote the form."""

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: forms.Widget | None = None
    ) -> dict[str, Any]:
        """The label stands above the field; a placeholder that repeats it vanishes when one types."""
        widget = widget or self.field.widget
        widget.attrs.pop("placeholder", None)
        built = super().build_widget_attrs(attrs, widget)
        if self.kept:
            built.pop("required", None)
        return built

    @property
    def aria_describedby(self) -> str | None:
        described: str | None = super().aria_describedby
        return f"{described or ''} {self.auto_id}_kept".strip() if self.kept else described

    @property
    def kept(self) -> Any:
        """The file that was sent before and need not be chosen again (`dlsei.kept_files`)."""
        return getattr(self.field, "kept", None)

    @property
    def is_choice_list(self) -> bool:
        """Radios or checkboxes: drawn one below the other in a fieldset."""
        return isinstance(self.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple)

    @property
    def is_checkbox(self) -> bool:
        """A single box, with its label behind it."""
        return isinstance(self.field.widget, forms.CheckboxInput)

    @property
    def is_password(self) -> bool:
        return isinstance(self.field.widget, forms.PasswordInput)

    @property
    def is_optional(self) -> bool:
        """Said in words, as required fields are the rule; an unticked box is an answer, not an omission.

        So is a field's `empty_answers = True`: its being empty says something too.
        """
        answers = self.is_checkbox or getattr(self.field, "empty_answers", False)
        return not (self.field.required or answers or self.field.disabled)

    @property
    def target_id(self) -> str:
        """Where the error summary leads: the control, or the first of several."""
        return f"{self.auto_id}_0" if self.use_fieldset else self.id_for_label


class Renderer(TemplatesSetting):
    """`FORM_RENDERER`: the project's own form, field and formset templates."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
    formset_template_name = "forms/formset.html"
    bound_field_class = BoundField


class FormMixin:
    """Base of our own forms: what is missing is said by name, and the browser knows what to fill in.

    `autocomplete` maps a field's name to its WCAG 1.3.5 token, e.g. `{"full_name": "name"}`.
    """

    autocomplete: ClassVar[Mapping[str, str]] = {}
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.autocomplete.keys() & self.fields.keys():
            self.fields[name].widget.attrs["autocomplete"] = self.autocomplete[name]

    def full_clean(self) -> None:
        # Not in __init__: django-allauth adds fields after ours.
        for name, field in self.fields.items():
            # Django's "This field is required.", five times in a summary, helps nobody.
            if field.error_messages["required"] is forms.Field.default_error_messages["required"]:
                field.error_messages["required"] = missing(field) % {
                    "label": field.label or name.replace("_", " ")
                }
        super().full_clean()  # type: ignore[misc]


class Form(FormMixin, forms.Form):
    """A form of ours without a model."""


class FilterForm(Form):
    """What narrows a list down: nothing has to be filled in, which need not be said of each field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.empty_answers = True  # type: ignore[attr-defined]


class ModelForm(FormMixin, forms.ModelForm):  # type: ignore[type-arg]
    """A form of ours with a model; saving is still a verb's work."""


def missing(field: forms.Field) -> Any:
    """The sentence for an empty required `field`, with `%(label)s` open."""
    if isinstance(field, forms.FileField):
        return _("Choose a file: %(label)s")
    if isinstance(field, forms.BooleanField):
        return _("Tick the box: %(label)s")
    if isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
        return _("Choose an answer: %(label)s")
    return _("Fill in: %(label)s")


class RadioSelect(forms.RadioSelect):
    """Radios with a hint below some of the choices: `hints` maps a choice's value to the sentence."""

    def __init__(
        self,
        attrs: dict[str, Any] | None = None,
        choices: Sequence[tuple[Any, Any]] = (),
        hints: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(attrs, choices)
        self.hints = hints or {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if hint := self.hints.get(str(value)):
            option["hint"] = hint
            option["attrs"]["aria-describedby"] = f"{option['attrs']['id']}_hint"
        return option


class DateInput(forms.DateInput):
    """A date by the device's own date picker, which speaks the user's language already."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")
