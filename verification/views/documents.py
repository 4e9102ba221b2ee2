"""The one way to a document: its owner, the university's active focal persons, HEC (I10)."""

from uuid import UUID

from django.db.models import Q
from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from applications.models import Application, Document
from dlsei.policy.calendar_days import karachi_date
from verification.permissions import visible

EXTENSIONS = {"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf"}


@require_safe
@xframe_options_sameorigin
@cache_control(private=True, no_store=True)
def document(request: HttpRequest, public_id: UUID) -> FileResponse:
    """Shows a document in the browser, named by its application; foreign and absent alike: 404."""
    reviewed = visible(request.user, karachi_date(timezone.now()))
    allowed = Application.objects.filter(
        Q(person=request.user) | Q(pk__in=reviewed.values("pk"))
    ).values("pk")
    found = get_object_or_404(
        Document.objects.filter(purged_at=None, application__in=allowed).select_related(
            "application"
        ),
        public_id=public_id,
    )
    response = FileResponse(found.file.open("rb"), content_type=found.content_type)
    name = f"{found.application.reference}-{found.kind}{EXTENSIONS[found.content_type]}"
    response["Content-Disposition"] = content_disposition_header(False, name)
    response["X-Content-Type-Options"] = "nosniff"
    # A PDF viewer needs no rights of this origin; the browser's own is not a script of ours.
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    return response
