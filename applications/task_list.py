"""What is done and what is missing of an application before it can be submitted (4.1.b)."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from applications.forms.answers import details_form
from applications.models import Application, Document
from dlsei.models import User
from dlsei.policy.eligibility import accepted_documents
from licensing.models import Programme


@dataclass(frozen=True)
class Task:
    """One page of the form: `missing` is what the check page says while it is not done."""

    name: str
    text: str
    done: bool
    url: str
    missing: str
    hint: str = ""
    checking: bool = False

    @property
    def state(self) -> str:
        if self.checking:
            return _("Being checked")
        if self.done:
            return _("Completed")
        return _("Not done yet") if self.url else _("Cannot start yet")

    @property
    def tone(self) -> str:
        return "info" if self.url and not self.done else ""


def tasks(draft: Application | None, person: User) -> list[Task]:
    """The pages of the form for `person`; before there is a draft only the first can be opened."""
    category = draft.category if draft else ""
    documents = list(draft.documents.all()) if draft else []
    checking = any(document.is_checking for document in documents)
    accepted = accepted_kinds(draft) if draft else ()
    is_hec_employee = category == Application.Category.HEC_EMPLOYEE
    then = bool(category)
    found = [
        Task(
            "apply_role",
            _("Your role"),
            then,
            reverse("apply_role"),
            _("Say whether you are a student, faculty, staff or an HEC employee."),
        ),
        Task(
            "apply_university",
            _("Your university"),
            bool(draft and draft.university_id),
            reverse("apply_university") if then and not is_hec_employee else "",
            _("Choose your university."),
            _("Filled in for you: the Higher Education Commission.") if is_hec_employee else "",
        ),
        Task(
            "apply_details",
            _("Your details"),
            bool(draft and then and details_form(category)(draft.answers).is_valid()),
            reverse("apply_details") if then else "",
            _("Answer all questions about your studies or your work."),
        ),
        Task(
            "apply_documents",
            _("Your documents"),
            any(one.is_accepted and one.kind in accepted for one in documents) and not checking,
            reverse("apply_documents") if then else "",
            _("Your document is still being checked. This takes a few seconds.")
            if checking
            else _("Add at least one document of an accepted kind."),
            checking=checking,
        ),
    ]
    if not person.identity_number:
        found.insert(
            0,
            Task(
                "account",
                _("Your CNIC or passport number"),
                False,
                reverse("account"),
                _("Give your CNIC or passport number."),
            ),
        )
    return found


def accepted_kinds(application: Application) -> tuple[str, ...]:
    """The kinds of document that count for this applicant (R7)."""
    documents = Programme.in_force().policy.documents
    return accepted_documents(application.category, application.first_semester, documents)


def kind_labels(kinds: tuple[str, ...]) -> list[str]:
    """Kinds of document in words."""
    return [str(Document.Kind(kind).label) for kind in kinds]
