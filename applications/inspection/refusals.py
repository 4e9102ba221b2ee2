"""What may be wrong with a file, in the words of whoever has to bring a better one (4.1.c)."""

from dlsei.policy.refusals import Refusal
from dlsei.policy.wording import gettext_noop as _

_REFUSALS = {
    "document-empty": _("The file is empty. Choose the file again."),
    "document-too-large": _(
        "The file is larger than %(limit)s MB. Take the photo again with a smaller size, "
        "or save the scan with a lower resolution."
    ),
    "document-type": _(
        "The file is not a PDF, JPEG or PNG. Save or photograph the document as one of these."
    ),
    "document-broken": _(
        "The file cannot be opened; it may be damaged or incomplete. Save or scan it again."
    ),
    "document-too-many-pixels": _(
        "The picture has more than %(limit)s million pixels. Save it with a smaller size."
    ),
    "document-encrypted": _(
        "The PDF is protected by a password. Save it without one, or print it to a new PDF."
    ),
    "document-active-content": _(
        "The PDF contains a script, a form, a file or a link that starts a program. "
        "Print it to a new PDF, or photograph the document."
    ),
    "document-too-many-pages": _(
        "The PDF has more than %(limit)s pages. Save only the pages that prove your place."
    ),
    "document-too-complex": _(
        "The file takes too much work to open. Print it to a new PDF, or photograph the document."
    ),
    "document-too-many": _("You have added %(limit)s documents already. Remove or replace one."),
    "document-checking": _(
        "Your document is still being checked. Wait a few seconds, then try again."
    ),
    "document-not-checked": _(
        "The file could not be checked. Remove it and add it again, or save it another way."
    ),
}


def refuse_document(code: str, **values: str) -> Refusal:
    """The refusal of a file, by the clause that asks for documents.

    Raises KeyError for a code that no file is refused for.
    """
    return Refusal(code, "4.1.c", _REFUSALS[code], values)
