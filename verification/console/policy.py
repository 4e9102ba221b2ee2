"""The policy as the system keeps it, for HEC."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dlsei.policy.explained import explain
from dlsei.policy.readings import READINGS
from licensing.models import Programme
from verification.views.access import hec_only


@hec_only
@require_safe
def hec_policy(request: HttpRequest) -> HttpResponse:
    """Every clause, what is done about it and by which reading, the figures in force, all versions."""
    programme = Programme.in_force()
    context = {
        "sections": explain(programme.policy),
        "readings": READINGS.items(),
        "programme": programme,
        "versions": Programme.objects.select_related("loaded_by").order_by("-version")[:20],
    }
    return render(request, "console/policy.html", context)
