"""Where signing in leads: reviewers to the Admin portal, everybody else to the dashboard.

Who decided once and never applied would find nothing of theirs on the dashboard: the Admin portal says why.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from applications.models import Application
from dlsei.permissions import is_hec
from dlsei.policy.calendar_days import karachi_date
from verification.permissions import universities
from verification.views.access import decided_before


def home(request: HttpRequest) -> HttpResponse:
    today = karachi_date(timezone.now())
    reviews = is_hec(request.user) or universities(request.user, today).exists()
    return redirect("admin_home" if reviews or _only_decided(request) else "dashboard")


def _only_decided(request: HttpRequest) -> bool:
    return bool(decided_before(request)) and not Application.objects.of(request.user).exists()
