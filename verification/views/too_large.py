"""What the proxy shows to whoever sent more than it lets through (`deploy/Caddyfile`)."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from applications.forms.refusals import in_words
from applications.inspection.inspector import too_large_for
from dlsei.permissions import is_hec
from licensing.models import Programme
from verification.import_forms import TOO_LARGE


@login_not_required
@never_cache
@require_safe
def too_large(request: HttpRequest) -> HttpResponse:
    """Says what the limit is: of an import to HEC's staff, of a document to everybody else.

    A page like others to whoever opens it: the proxy makes a 413 of it, at the address of the form.
    """
    limit = Programme.in_force().policy.documents.max_bytes
    why = TOO_LARGE if is_hec(request.user) else in_words(too_large_for(limit))
    return render(request, "too_large.html", {"why": why})
