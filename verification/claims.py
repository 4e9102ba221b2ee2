"""What an applicant states, in the words of the form, for whoever compares it with the documents."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from applications.forms.answers import details_form
from applications.models import Application, Document
from verification.checks import Check, Elsewhere


@dataclass(frozen=True)
class Claim:
    """One statement, and what the rules say of it; `ltr` for numbers and addresses."""

    key: str
    value: str
    ltr: bool = False
    name: str = ""
    checks: Sequence[Check] = field(default_factory=tuple)


def claims(application: Application) -> list[Claim]:
    """Everything the applicant states, person first."""
    person = application.person
    stated = [
        Claim(_("Full name"), person.full_name),
        Claim(person.get_identity_kind_display(), person.written_identity, True, "identity"),
        Claim(_("E-mail address"), person.email, ltr=True),
        Claim(_("Mobile number"), person.mobile, ltr=True),
        Claim(_("Applies as"), application.get_category_display(), name="category"),
        Claim(_("University"), str(application.university), name="university"),
    ]
    for name, form_field in details_form(application.category).base_fields.items():
        value = application.answers.get(name, "")
        if isinstance(value, bool):
            value = _("Yes") if value else _("No")
        label = _("In the first semester") if name == "first_semester" else str(form_field.label)
        stated.append(Claim(label, str(value), ltr=name.endswith("_number")))
    return [claim for claim in stated if claim.value]


def beside_checks(
    application: Application,
    documents: Sequence[Document],
    checks: Sequence[Check],
    known: Elsewhere,
) -> list[Claim]:
    """The claims with the checks on each, and with what is only known from elsewhere (3.a–3.b, R6, R7, R18)."""
    kinds = [document.get_kind_display() for document in documents]
    besides = [
        Claim(_("Documents"), ", ".join(map(str, kinds)) or _("None"), name="documents"),
        Claim(_("Other applications"), str(known.earlier_count or _("None")), name="others"),
    ]
    return [
        replace(claim, checks=[check for check in checks if check.about == claim.name])
        if claim.name
        else claim
        for claim in [*claims(application), *besides]
    ]
