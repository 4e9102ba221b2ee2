"""What the e-courses form asks, page by page and by category (4.1.b)."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from applications.forms.refusals import cited
from applications.inspection.inspector import require_size
from applications.models import Application, Document, University
from dlsei.forms import Form, RadioSelect
from dlsei.policy.refusals import Refused

Category = Application.Category
ROLE_HINTS = {
    Category.STUDENT: _("Enrolled at a recognized university now, at any level."),
    Category.FACULTY: _("You teach or do research at a recognized university."),
    Category.STAFF: _("You work at a recognized university in another function."),
    Category.HEC_EMPLOYEE: _("You work at the Higher Education Commission."),
}
SEMESTERS = [("", "–"), *((str(number), str(number)) for number in range(1, 13))]


class RoleForm(Form):
    """In which capacity somebody applies; the excluded ones are there to be told so (3.a, 3.b)."""

    category = forms.ChoiceField(
        label=_("What are you?"),
        choices=Category.choices,
        widget=RadioSelect(hints=ROLE_HINTS),
    )


class UniversityForm(Form):
    """One of the universities found."""

    def __init__(self, *args: Any, found: QuerySet[University], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["university"] = UniversityField(
            queryset=found,
            label=_("Universities found"),
            empty_label=None,
            widget=RadioSelect,
            error_messages={"required": _("Choose your university.")},
        )


class UniversityField(forms.ModelChoiceField):
    def label_from_instance(self, university: University) -> str:
        # Many carry their city in their name.
        if not university.city or university.city in university.name:
            return university.name
        return f"{university.name}, {university.city}"


def _line(label: Any, max_length: int = 120, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=max_length, **kwargs)


class StudentForm(Form):
    """A student's details."""

    program = _line(_("Program"), help_text=_("For example BS Computer Science."))
    department = _line(_("Department or institute"))
    registration_number = _line(
        _("Registration number"), 60, help_text=_("As it stands on your student card.")
    )
    semester = forms.ChoiceField(
        label=_("Semester"),
        choices=SEMESTERS,
        help_text=_("Study by the year? Count two semesters a year."),
        widget=forms.Select(attrs={"class": "short"}),
    )
    first_semester = forms.BooleanField(
        label=_("I declare that I am in my first semester"),
        required=False,
        help_text=_(
            "Tick this only in your first semester. A transcript or certificate of your previous "
            "education then counts as proof."
        ),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("first_semester") and cleaned.get("semester") not in ("", None, "1"):
            self.add_error(
                "first_semester",
                _("You chose a later semester. Choose semester 1, or take the declaration back."),
            )
        return cleaned


class EmployeeForm(Form):
    """The details of faculty, staff and HEC's employees."""

    designation = _line(
        _("Designation"), help_text=_("For example Lecturer or Assistant Director.")
    )
    department = _line(_("Department or institute"))
    employee_number = _line(_("Employee number"), 60)


def details_form(category: str) -> type[Form]:
    """The questions that a category is asked."""
    return StudentForm if category == Category.STUDENT else EmployeeForm


class DocumentForm(Form):
    """One file and what it is."""

    kind = forms.ChoiceField(label=_("What does the file show?"), widget=RadioSelect)
    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": "application/pdf,image/jpeg,image/png"}),
        # Emptiness and size are the inspection's to judge, with its own sentences.
        allow_empty_file=True,
    )

    def __init__(
        self,
        *args: Any,
        kinds: tuple[str, ...],
        max_bytes: int,
        optional: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(Document.Kind.choices)
        self.fields["kind"].choices = [(kind, labels[kind]) for kind in kinds]
        self.fields["file"].help_text = _(
            "PDF, JPEG or PNG, at most %(limit)s MB. A photo taken with your phone will do."
        ) % {"limit": max_bytes // 1024 // 1024}
        self.max_bytes = max_bytes
        for field in self.fields.values():
            field.required = not optional

    def clean_file(self) -> UploadedFile | None:
        file: UploadedFile | None = self.cleaned_data["file"]
        if file:
            try:
                require_size(file.size or 0, max_bytes=self.max_bytes)
            except Refused as refused:
                raise forms.ValidationError(cited(refused.refusal)) from refused
        return file


class AnswerForm(DocumentForm):
    """The answer to a reviewer's question: words, a document, or both."""

    text = forms.CharField(
        label=_("Your answer"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"maxlength": 2000, "dir": "auto"}),
    )
    field_order = ["text", "kind", "file"]

    def __init__(self, *args: Any, brought: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, optional=True, **kwargs)
        self.fields["text"].required = False
        self.brought = brought

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not (cleaned.get("text") or cleaned.get("file") or self.brought):
            self.add_error("text", _("Write an answer or add a document."))
        if cleaned.get("file") and not cleaned.get("kind"):
            self.add_error("kind", _("Say what the file shows."))
        return cleaned


class CheckForm(Form):
    """The declaration under which an application is submitted (4.1.b)."""

    declared = forms.BooleanField(
        label=_("What I have stated is true, and the documents are mine."),
        error_messages={"required": _("Tick the box to declare that what you stated is true.")},
    )
