"""What leaves and enters the house: mails, Coursera jobs, invite files, reports."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from dlsei.models import Mail
from licensing import bulk_invites
from licensing.models import CourseraJob, Report
from verification import retries
from verification.pages import page
from verification.views.access import hec_only


@hec_only
def hec_outbox(request: HttpRequest) -> HttpResponse:
    """Mails and Coursera jobs that fail or wait, or are done: `?list=`, the newest first."""
    lists: dict[str, tuple[str, QuerySet[Any]]] = {
        "failing-mails": (_("Failing mails"), Mail.objects.failing()),
        "queued-mails": (_("Queued mails"), Mail.objects.unsent().filter(error="")),
        "sent-mails": (_("Sent mails"), Mail.objects.exclude(sent_at=None)),
        "failing-jobs": (_("Failing at Coursera"), CourseraJob.objects.failing()),
        "queued-jobs": (
            _("Queued for Coursera"),
            CourseraJob.objects.filter(done_at=None, error=""),
        ),
        "done-jobs": (_("Done at Coursera"), CourseraJob.objects.exclude(done_at=None)),
    }
    chosen = request.GET.get("list", "")
    if chosen not in lists:
        chosen = next((name for name, (_text, of) in lists.items() if of.exists()), "sent-mails")
    of_mails = chosen.endswith("mails")
    rows = lists[chosen][1].select_related("person" if of_mails else "license__person")
    tabs = [
        {
            "url": f"?list={name}",
            "text": text,
            "count": found.count() if not name.startswith(("sent", "done")) else None,
            "urgent": name.startswith("failing"),
            "current": name == chosen,
        }
        for name, (text, found) in lists.items()
    ]
    context = {"page": page(rows, ("-id",), request.GET), "tabs": tabs, "of_mails": of_mails}
    return render(request, "console/outbox.html", context)


@hec_only
@require_POST
def hec_mail_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Makes a mail due now."""
    mail = get_object_or_404(Mail, pk=pk)
    return _said(request, retries.send_again(mail, by=request.user, now=timezone.now()), "mails")


@hec_only
@require_POST
def hec_job_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Makes a Coursera job due now."""
    job = get_object_or_404(CourseraJob, pk=pk)
    return _said(request, retries.do_again(job, by=request.user, now=timezone.now()), "jobs")


def _said(request: HttpRequest, due: bool, what: str) -> HttpResponse:
    if due:
        messages.success(request, _("It is tried again within a minute."))
    else:
        messages.info(request, _("It is done already, or being tried right now."))
    response = redirect("hec_outbox")
    response["Location"] += f"?list=failing-{what}"
    return response


@hec_only
def hec_reports(request: HttpRequest) -> HttpResponse:
    """Coursera's reports, the newest data first (R17)."""
    reports = Report.objects.select_related("imported_by")
    return render(
        request, "console/reports.html", {"page": page(reports, ("-as_of", "-id"), request.GET)}
    )


@hec_only
def hec_report(request: HttpRequest, pk: int) -> HttpResponse:
    """One report: rows that fit no license, and rows that could not be read (R21)."""
    report = get_object_or_404(Report.objects.select_related("imported_by"), pk=pk)
    words = request.GET.get("q", "").strip()
    rows = report.unmatched_rows.filter(
        Q(email__icontains=words) | Q(full_name__icontains=words) | Q(external_id__icontains=words)
    )
    context = {"report": report, "words": words, "page": page(rows, ("id",), request.GET)}
    return render(request, "console/report.html", context)


@hec_only
def hec_invites(request: HttpRequest) -> HttpResponse:
    """CSV route: takes the bulk-invite files of what is owed; lists those not yet uploaded (R9)."""
    by_file = settings.COURSERA_MODE == "csv"
    if request.method == "POST":
        if not by_file:
            raise Http404
        names = bulk_invites.take(by=request.user, now=timezone.now())
        if not names:
            messages.info(request, _("Nobody waits for an invitation."))
        return redirect("hec_invites")
    context = {
        "by_file": by_file,
        "owed": bulk_invites.not_in_a_file().count() if by_file else 0,
        "files": bulk_invites.not_uploaded(),
    }
    return render(request, "console/invites.html", context)


def _file_or_404(name: str) -> bulk_invites.BulkInvites:
    file = bulk_invites.written(name)
    if not (file.written or file.left_out):
        raise Http404
    return file


@hec_only
def hec_invites_file(request: HttpRequest, name: str) -> HttpResponse:
    """The bulk-invite file itself, as Coursera's page takes it."""
    file = _file_or_404(name)
    return HttpResponse(
        file.text,
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}.csv"',
            "Cache-Control": "no-store",
        },
    )


@hec_only
def hec_invites_uploaded(request: HttpRequest, name: str) -> HttpResponse:
    """Asks whether Coursera has the file; then our mails with the link go out, or it is set aside."""
    file = _file_or_404(name)
    if request.method != "POST":
        return render(request, "console/invites_uploaded.html", {"file": file})
    now = timezone.now()
    if "set_aside" in request.POST:
        bulk_invites.set_aside(name, by=request.user, now=now)
        messages.success(request, _("The file is set aside; its people are in the next one."))
    else:
        count = bulk_invites.mark_uploaded(name, by=request.user, now=now)
        said = ngettext("%(count)s invitation recorded.", "%(count)s invitations recorded.", count)
        messages.success(request, said % {"count": count})
    return redirect("hec_invites")
