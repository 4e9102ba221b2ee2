"""The papers that made-up applicants show: small pictures that could be real ones."""

from applications.inspection.inspector import Inspected
from dlsei.simulation.people import Applicant
from verification.demo_documents import card, letter

UNREADABLE = "(the photo is blurred)"


def token(kind: str, of: Applicant) -> Inspected:
    """A few bytes in place of a document, where nobody will look at it."""
    return Inspected(f"{kind} of {of.name}".encode(), "image/png")


def drawn(kind: str, of: Applicant) -> Inspected:
    """A card as a photo, or a letter as a scan of one page."""
    details = [value for key, value in of.details.items() if key != "semester"]
    university = of.university or "Higher Education Commission"
    if kind in ("student-card", "office-card", "admission-card"):
        lines = [UNREADABLE if of.flaw == "ask" else of.printed, *details]
        expired = ["Valid until June 2022"] if of.flaw == "reject" else []
        return Inspected(card(university, [*lines, *expired]), "image/jpeg")
    lines = [
        "To whom it may concern",
        "",
        f"{of.printed} is with us.",
        *details,
        "",
        "The Registrar",
    ]
    return Inspected(letter(university, [lines]), "application/pdf")
