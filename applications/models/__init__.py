from applications.models.applications import Application, Dispute, IdentityClaim
from applications.models.corrections import AddressChange, Transfer
from applications.models.documents import Document, Page
from applications.models.questions import Question
from applications.models.universities import University

__all__ = [
    "AddressChange",
    "Transfer",
    "Application",
    "Dispute",
    "Document",
    "IdentityClaim",
    "Page",
    "Question",
    "University",
]
