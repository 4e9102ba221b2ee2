"""What an applicant states, in the words of the form, for whoever compares it with the documents."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from applications.forms.answers import details_form
from applications.models import Application


@dataclass(frozen=True)
class Claim:
    """One statement; `ltr` for numbers and addresses."""

    key: str
    value: str
    ltr: bool = False


def claims(application: Application) -> list[Claim]:
    """Everything the applicant states, person first."""
    person = application.person
    stated = [
        Claim(_("Full name"), person.full_name),
        Claim(person.get_identity_kind_display(), person.identity_number, ltr=True),
        Claim(_("E-mail address"), person.email, ltr=True),
        Claim(_("Mobile number"), person.mobile, ltr=True),
        Claim(_("Applies as"), application.get_category_display()),
        Claim(_("University"), str(application.university)),
    ]
    for name, field in details_form(application.category).base_fields.items():
        value = application.answers.get(name, "")
        if isinstance(value, bool):
            value = _("Yes") if value else _("No")
        stated.append(Claim(str(field.label), str(value), ltr=name.endswith("_number")))
    return [claim for claim in stated if claim.value]
