"""HEC's home page, the queues of all universities, and the search over everybody."""

from django.db.models import Count, Exists, Min, OuterRef, Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from applications.models import Application, University
from dlsei.models import User
from dlsei.policy.calendar_days import karachi_date
from licensing.models import License
from verification import queue
from verification.console import figures
from verification.models import FocalPerson
from verification.pages import page
from verification.views.access import hec_only


@hec_only
def hec_home(request: HttpRequest) -> HttpResponse:
    """What needs HEC now."""
    now = timezone.now()
    found = figures.home(now)
    now_needed, quiet = figures.needs(found)
    context = {
        "figures": found,
        "needs": now_needed,
        "quiet": quiet,
        "cohorts": figures.cohorts(karachi_date(now)),
    }
    return render(request, "console/home.html", context)


@hec_only
def hec_queues(request: HttpRequest) -> HttpResponse:
    """Universities with something to decide, the longest waiting first; `?only=` narrows the list."""
    now = timezone.now()
    words, only = request.GET.get("q", "").strip(), request.GET.get("only", "")
    active = FocalPerson.objects.active(karachi_date(now)).filter(university=OuterRef("pk"))
    to_decide = Application.objects.pending().exclude(queue.asked())
    late = Q(applications__submitted_at__lt=queue.overdue_before(now))
    found = (
        University.objects.search(words)
        .filter(applications__in=to_decide)
        .annotate(
            pending=Count("applications"),
            overdue=Count("applications", filter=late),
            oldest=Min("applications__submitted_at"),
            worked=Exists(active),
        )
    )
    if only == "overdue":
        found = found.filter(overdue__gt=0)
    elif only == "unworked":
        found = found.filter(worked=False)
    context = {
        "page": page(found, ("oldest", "id"), request.GET),
        "words": words,
        "only": only,
        "now": now,
    }
    return render(request, "console/queues.html", context)


@hec_only
def hec_search(request: HttpRequest) -> HttpResponse:
    """People by reference, name, CNIC, passport number or e-mail, with all that is theirs."""
    words = " ".join(request.GET.get("q", "").split())
    number = words.replace("-", "").replace(" ", "")
    submitted = Application.objects.submitted().select_related("university", "cohort")
    people = User.objects.none()
    if words:
        people = User.objects.filter(
            Q(full_name__icontains=words)
            | Q(email__icontains=words)
            | Q(identity_number__istartswith=number)
            | Q(pk__in=submitted.filter(reference__icontains=words).values("person"))
            | Q(pk__in=License.objects.filter(reference__icontains=words).values("person"))
        ).prefetch_related(
            Prefetch("applications", submitted.order_by("id"), to_attr="submitted"),
            Prefetch("licenses", License.objects.select_related("cohort").order_by("id")),
        )
    context = {"words": words, "page": page(people, ("full_name", "id"), request.GET)}
    return render(request, "console/search.html", context)
