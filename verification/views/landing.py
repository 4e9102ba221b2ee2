"""Where signing in leads: reviewers to their queue, everybody else to the dashboard."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from dlsei.policy.calendar_days import karachi_date
from verification.permissions import universities


def home(request: HttpRequest) -> HttpResponse:
    reviews = universities(request.user, karachi_date(timezone.now())).exists()
    return redirect("admin_home" if reviews else "dashboard")
