"""Where signing in leads: reviewers to the Admin portal, everybody else to the dashboard."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from dlsei.permissions import is_hec
from dlsei.policy.calendar_days import karachi_date
from verification.permissions import universities


def home(request: HttpRequest) -> HttpResponse:
    today = karachi_date(timezone.now())
    reviews = is_hec(request.user) or universities(request.user, today).exists()
    return redirect("admin_home" if reviews else "dashboard")
