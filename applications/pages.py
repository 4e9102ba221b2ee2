"""Pages of a PDF as pictures, drawn when somebody first looks and kept beside the document (4.1.e)."""

import threading

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.fields.files import FieldFile

from applications.inspection.inspector import page_picture
from applications.models import Document, Page
from applications.models.documents import random_page_name

# A drawing takes memory: a web process makes no more at a time, the others wait a moment.
_AT_ONCE = threading.BoundedSemaphore(2)


def picture(document: Document, number: int) -> FieldFile | None:
    """Page `number` (from 1) of a kept PDF as a JPEG; None where there is none or it cannot be drawn.

    Raises `applications.inspection.inspector.Broken` when drawing could not be tried.
    """
    if not 1 <= number <= document.pages:
        return None
    page = document.drawn_pages.filter(number=number).first()
    if page is None:
        with document.file.open("rb") as file:
            pdf = file.read()
        with _AT_ONCE:
            drawn = page_picture(pdf, number)
        page = _keep(document, number, drawn)
    return page.file if page and page.file else None


def _keep(document: Document, number: int, drawn: bytes | None) -> Page | None:
    # The storage may be across the network: never inside the transaction.
    stored = default_storage.save(random_page_name(), ContentFile(drawn)) if drawn else ""
    with transaction.atomic():
        # Its file may have gone meanwhile, or somebody drew the same page.
        there = Document.objects.select_for_update().filter(pk=document.pk, purged_at=None)
        page = None
        if there.exists():
            page, made = Page.objects.get_or_create(
                document=document, number=number, defaults={"file": stored}
            )
            if made:
                return page
    if stored:
        default_storage.delete(stored)
    return page
