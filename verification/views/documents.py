"""The one way to a document: its owner, the university's active focal persons, HEC (I10)."""

from collections.abc import Callable
from typing import IO, Any
from uuid import UUID

from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from applications import pages
from applications.models import Application, Document
from dlsei.policy.calendar_days import karachi_date
from verification.permissions import disputed, visible

SANDBOXED = (
    "sandbox; default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
EXTENSIONS = {"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf"}


def private(view: Callable[..., FileResponse]) -> Callable[..., Any]:
    """What holds for every view of a file: read only, kept nowhere, framed by our own pages alone."""
    return require_safe(xframe_options_sameorigin(cache_control(private=True, no_store=True)(view)))


@private
def document(request: HttpRequest, public_id: UUID) -> FileResponse:
    """Shows a document in the browser, named by its application; foreign and absent alike: 404."""
    found = _allowed(request, public_id)
    name = f"{found.application.reference}-{found.kind}"
    return _shown(found.file.open("rb"), name, found.content_type)


@private
def document_page(request: HttpRequest, public_id: UUID, number: int) -> FileResponse:
    """Shows one page (from 1) of a document as a picture; what cannot be drawn is not found."""
    found = _allowed(request, public_id)
    name = f"{found.application.reference}-{found.kind}-{number}"
    if found.is_image and number == 1:
        return _shown(found.file.open("rb"), name, found.content_type)
    drawn = None if found.is_image else pages.picture(found, number)
    if drawn is None:
        raise Http404
    return _shown(drawn.open("rb"), name, "image/jpeg")


def _allowed(request: HttpRequest, public_id: UUID) -> Document:
    reviewed = visible(request.user, karachi_date(timezone.now()))
    allowed = Application.objects.filter(
        Q(person=request.user)
        | Q(pk__in=reviewed.values("pk"))
        | Q(pk__in=disputed(request.user).values("pk"))
    ).values("pk")
    return get_object_or_404(
        Document.objects.accepted()
        .filter(purged_at=None, application__in=allowed)
        .select_related("application"),
        public_id=public_id,
    )


def _shown(file: IO[bytes], name: str, content_type: str) -> FileResponse:
    response = FileResponse(file, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(
        False, name + EXTENSIONS[content_type]
    )
    response["X-Content-Type-Options"] = "nosniff"
    # A PDF viewer needs no rights of this origin; the browser's own is not a script of ours.
    response["Content-Security-Policy"] = SANDBOXED
    return response
