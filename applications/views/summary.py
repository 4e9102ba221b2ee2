"""An application's answers as rows: to check, to print, to read again."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from applications.forms.answers import details_form
from applications.models import Application


def summary(
    application: Application, *, changeable: bool = False, with_documents: bool = True
) -> list[dict[str, Any]]:
    """Key, value and, when `changeable`, the link back to the page that asked."""

    def change(page: str) -> str:
        return f"{reverse(page)}?check" if changeable else ""

    person = application.person
    rows = [
        {"key": _("Full name"), "value": person.full_name, "url": change("account")},
        {
            "key": _("CNIC or passport number"),
            "value": person.written_identity,
            "ltr": True,
            "url": change("account"),
        },
        {"key": _("E-mail address"), "value": person.email, "ltr": True},
        {
            "key": _("Role"),
            "value": application.get_category_display(),
            "url": change("apply_role"),
        },
        {
            "key": _("University"),
            "value": application.university or "",
            "url": ""
            if application.university and application.university.is_hec
            else change("apply_university"),
        },
    ]
    rows += [
        {"key": label, "value": value, "url": change("apply_details")}
        for label, value in answers(application)
    ]
    for document in application.documents.all() if with_documents else ():
        if document.is_refused:
            continue
        name = document.original_name or _("Document")
        rows.append(
            {
                "key": document.get_kind_display(),
                "value": _("%(name)s (being checked)") % {"name": name}
                if document.is_checking
                else name,
                "url": change("apply_documents"),
            }
        )
    return rows


def answers(application: Application) -> list[tuple[str, str]]:
    """The answers to the questions of the application's category, in their order."""
    found = []
    for name, field in details_form(application.category).base_fields.items():
        value = application.answers.get(name, "")
        if isinstance(value, bool):
            value = _("Yes") if value else _("No")
        found.append((str(field.label), value))
    return found
