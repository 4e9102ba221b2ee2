"""A verb's no, shown on the form that asked: nothing typed is lost."""

from django.forms import BaseForm
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications.inspection.refusals import refuse_document
from applications.models import Document
from dlsei.policy.refusals import Refusal, Refused
from dlsei.verbs import Busy


def in_words(refusal: Refusal) -> str:
    """The refusal's sentence in the reader's language."""
    return gettext(refusal.sentence) % refusal.values


def cited(refusal: Refusal) -> str:
    """The same with the clause of the policy behind it."""
    said = {"sentence": in_words(refusal), "clause": refusal.clause}
    return gettext("%(sentence)s (Clause %(clause)s)") % said


def add_to(form: BaseForm, error: Refused | Busy, field: str | None = None) -> None:
    """Puts the refusal into the form's error summary, at `field` if one is to blame."""
    if isinstance(error, Refused):
        form.add_error(field, cited(error.refusal))
    else:
        form.add_error(None, _("Somebody is working on this right now. Try again in a moment."))


def why_refused(document: Document) -> str:
    """Why a document cannot be used, in the reader's language; empty for any other."""
    if not document.refusal:
        return ""
    return in_words(refuse_document(document.refusal["code"], **document.refusal["values"]))
