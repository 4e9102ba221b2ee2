"""The policy for everybody: each clause in one plain sentence, with the figures in force."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dlsei.policy.explained import explain
from licensing.models import Programme


@login_not_required
@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    sections = explain(Programme.in_force().policy)
    return render(request, "applications/policy.html", {"sections": sections})
