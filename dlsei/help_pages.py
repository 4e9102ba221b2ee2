"""/help/: which role one has, and that role's page; for everybody, so that one may read before being let in."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dlsei import help


@login_not_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "help/index.html", {"pages": help.PAGES.values()})


@login_not_required
@require_safe
def page(request: HttpRequest, role: str) -> HttpResponse:
    if role not in help.PAGES:
        raise Http404
    return render(request, "help/page.html", {"help": help.PAGES[role]})
