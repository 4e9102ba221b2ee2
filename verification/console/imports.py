"""Files that HEC brings in, users of earlier cohorts, and the removals that HEC makes by hand."""

import csv
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from dlsei.forms import Form
from dlsei.kept_files import KeptFile
from licensing import imports, matching, removals
from licensing.models import Cohort, CohortMember, Import, UnmatchedRow
from verification.forms import attempt
from verification.import_forms import ActivityForm, MatchForm, UploadForm
from verification.pages import page
from verification.views.access import hec_only

SHOWN = 20
SECONDS_BETWEEN_LOOKS = 3
FIGURES = {
    "rows": ngettext_lazy("row that can be read", "rows that can be read", "count"),
    "errors": ngettext_lazy("row that cannot be read", "rows that cannot be read", "count"),
    "members": ngettext_lazy("member of a program", "members of a program", "count"),
    "learners": ngettext_lazy("different learner", "different learners", "count"),
    "licenses": ngettext_lazy("license that they fit", "licenses that they fit", "count"),
    "unmatched": ngettext_lazy("row that fits no license", "rows that fit no license", "count"),
    "new_flags": ngettext_lazy(
        "person newly flagged as user of a cohort",
        "people newly flagged as users of a cohort",
        "count",
    ),
    "new_enrollments": ngettext_lazy("new enrollment", "new enrollments", "count"),
    "changed_enrollments": ngettext_lazy("enrollment with news", "enrollments with news", "count"),
    "to_grant": ngettext_lazy("license to grant", "licenses to grant", "count"),
    "granted": ngettext_lazy("license granted", "licenses granted", "count"),
    "already": gettext_lazy("held already"),
    "new_people": ngettext_lazy("new account", "new accounts", "count"),
    "never_activated": gettext_lazy("never activated"),
    "refused": gettext_lazy("refused: another live license"),
}
ALWAYS = {"rows", "licenses", "to_grant", "granted"}
"""Figures that say something when they are none."""
COLUMNS = {
    Import.Kind.ACTIVITY: [
        gettext_lazy("Name"),
        gettext_lazy("E-mail address"),
        gettext_lazy("External ID"),
        gettext_lazy("Program"),
        gettext_lazy("Course"),
    ],
    Import.Kind.PAID: [
        gettext_lazy("Name"),
        gettext_lazy("E-mail address"),
        gettext_lazy("CNIC or passport number"),
        gettext_lazy("Year"),
        gettext_lazy("Activated"),
    ],
    Import.Kind.COHORT_USERS: [
        gettext_lazy("Name"),
        gettext_lazy("E-mail address"),
        gettext_lazy("External ID"),
    ],
}
TONES = {"done": "success", "failed": "error", "committing": "info", "previewed": "warning"}


@hec_only
def hec_imports(request: HttpRequest) -> HttpResponse:
    """All files brought in, the latest first, and the form for the next one."""
    sent, now = KeptFile(request, "import"), timezone.now()
    form = sent.join(UploadForm(request.POST or None, sent.files))
    if form.is_valid():
        kept: list[Import] = []
        file, chosen = form.cleaned_data["file"], form.cleaned_data
        if attempt(
            form,
            lambda: kept.append(
                imports.upload(
                    file, chosen["kind"], file.name, chosen["cohort"], by=request.user, now=now
                )
            ),
        ):
            sent.forget()
            (imported,) = kept
            if imported.state == Import.State.UPLOADED:
                imports.preview(imported, by=request.user, now=now)
            else:
                messages.info(request, _("This very file is here already."))
            return redirect("hec_import", imported.pk)
    sent.offer(form)
    files = Import.objects.select_related("uploaded_by", "committed_by", "cohort")
    context = {"form": form, "page": page(files, ("-id",), request.GET)}
    return render(request, "console/imports_list.html", context)


@hec_only
def hec_import(request: HttpRequest, pk: int) -> HttpResponse:
    """One file: its preview, then how far it is, then its receipt."""
    imported = get_object_or_404(
        Import.objects.select_related("uploaded_by", "committed_by", "cohort", "report"), pk=pk
    )
    data, now = request.POST if request.method == "POST" else None, timezone.now()
    of_activity = imported.kind == Import.Kind.ACTIVITY
    form = ActivityForm(data, imported=imported) if of_activity else Form(data)
    if request.method == "POST":
        if "cancel" in request.POST:
            if imports.cancel(imported, by=request.user, now=now):
                messages.success(request, _("The file is deleted; nothing has been changed."))
            return redirect("hec_import", pk)
        if form.is_valid() and _go_on(request, imported, form):
            return redirect("hec_import", pk)
    response = render(request, "console/imports_file.html", _about(imported) | {"form": form})
    if imported.state == Import.State.COMMITTING:
        # The page comes again by itself, JavaScript or not.
        response["Refresh"] = str(SECONDS_BETWEEN_LOOKS)
    return response


def _go_on(request: HttpRequest, imported: Import, form: Any) -> bool:
    """Commits as previewed; what was chosen anew is looked at again first. Says whether that was done."""
    now = timezone.now()
    programs = form.programs if isinstance(form, ActivityForm) else {}
    unread = imported.state == Import.State.UPLOADED
    if unread or (imported.state == Import.State.PREVIEWED and programs != imported.programs):
        imports.preview(imported, programs, by=request.user, now=now)
        messages.info(request, _("The file has been read again. Look at the figures."))
        return True
    as_of = form.cleaned_data.get("as_of")
    return attempt(form, lambda: imports.commit(imported, as_of, by=request.user, now=now))


def _about(imported: Import) -> dict[str, Any]:
    found = imported.found
    failure = imported.failure
    return {
        "imported": imported,
        "tone": TONES.get(imported.state, "neutral"),
        "found": _figures(found.get("figures", {})),
        "result": _figures(imported.result),
        "newest": parse_datetime(found["newest"]) if found.get("newest") else None,
        "columns": COLUMNS[Import.Kind(imported.kind)],
        "sample": [[_shown(cell) for cell in row] for row in found.get("sample", [])],
        "errors": [_in_words(error) for error in imported.errors[:SHOWN]],
        "more_errors": max(0, len(imported.errors) - SHOWN),
        "never_activated": len(found.get("never_activated", [])),
        "failure": _(failure["sentence"]) % failure["values"] if failure else "",
    }


def _figures(counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "value": intcomma(counts[name]),
            "text": text % {"count": counts[name]},
            "urgent": name in ("errors", "refused") and counts[name],
        }
        for name, text in FIGURES.items()
        if counts.get(name) or name in ALWAYS & counts.keys()
    ]


def _shown(cell: str | bool) -> str:
    return (_("Yes") if cell else _("No")) if isinstance(cell, bool) else cell


def _in_words(error: dict[str, Any]) -> dict[str, Any]:
    sentence = _(error["sentence"]) % error["values"]
    return {"line": error["line"], "source": error["source"], "sentence": sentence}


@hec_only
def hec_import_list(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """As CSV: the rows that could not be read, or who paid and never activated (R4)."""
    imported = get_object_or_404(Import, pk=pk)
    header, rows = {
        "errors": (
            [_("Line"), _("File"), _("What is wrong")],
            [
                [error["line"], error["source"], error["sentence"]]
                for error in map(_in_words, imported.errors)
            ],
        ),
        "never-activated": (
            [_("Name"), _("E-mail address"), _("Year")],
            imported.found.get("never_activated", []),
        ),
    }[what]
    response = _download(f"import-{pk}-{what}")
    writer = csv.writer(response)
    writer.writerow(header)
    # A spreadsheet must not run what stands in a file of somebody else's.
    writer.writerows([[_plain(cell) for cell in row] for row in rows])
    return response


def _plain(cell: Any) -> Any:
    return f"'{cell}" if str(cell).startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _download(name: str, text: str = "") -> HttpResponse:
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}.csv"',
            "Cache-Control": "no-store",
        },
    )


@hec_only
def hec_cohort_users(request: HttpRequest) -> HttpResponse:
    """Whom Coursera's data names for a cohort without a license of ours; `?cohort=`, `?q=` (A.1, R18)."""
    words, cohort = request.GET.get("q", "").strip(), request.GET.get("cohort", "")
    users = CohortMember.objects.select_related("cohort", "person", "report").filter(
        Q(email__icontains=words) | Q(full_name__icontains=words) | Q(external_id__icontains=words)
    )
    if cohort.isdecimal():
        users = users.filter(cohort=int(cohort))
    context = {
        "words": words,
        "cohorts": Cohort.objects.all(),
        "cohort": cohort,
        "page": page(users, ("-id",), request.GET),
    }
    return render(request, "console/imports_users.html", context)


@hec_only
def hec_row_match(request: HttpRequest, pk: int) -> HttpResponse:
    """Gives a row that fits no license, and all others of its learner, to a license (R21)."""
    row = get_object_or_404(UnmatchedRow.objects.select_related("license", "report"), pk=pk)
    form, now = MatchForm(request.POST or None), timezone.now()
    if (
        row.license is None
        and form.is_valid()
        and attempt(
            form,
            lambda: matching.match(row, form.cleaned_data["license"], by=request.user, now=now),
        )
    ):
        messages.success(request, _("The learner's rows now belong to this license."))
        return redirect("hec_report", row.report_id)
    context = {"form": form, "row": row, "rows": matching.of_learner(row).count()}
    return render(request, "console/imports_match.html", context)


@hec_only
def hec_removals(request: HttpRequest) -> HttpResponse:
    """CSV route: takes the list of people to remove at Coursera by hand; lists those not done (5.z)."""
    by_file, now = settings.COURSERA_MODE == "csv", timezone.now()
    if request.method == "POST":
        if not by_file:
            raise Http404
        if not removals.take(by=request.user, now=now):
            messages.info(request, _("Nobody is to be removed."))
        return redirect("hec_removals")
    context = {
        "by_file": by_file,
        "owed": removals.owed(now).count() if by_file else 0,
        "files": removals.not_done(),
    }
    return render(request, "console/imports_removals.html", context)


@hec_only
def hec_removals_file(request: HttpRequest, name: str) -> HttpResponse:
    """The list itself: who is to be removed from which program."""
    text, people = removals.written(name)
    if not people:
        raise Http404
    return _download(name, text)


@hec_only
def hec_removals_done(request: HttpRequest, name: str) -> HttpResponse:
    """Asks whether everybody on the list is removed; then that is recorded, or the list set aside."""
    people = removals.written(name)[1]
    if not people:
        raise Http404
    if request.method != "POST":
        context = {"name": name, "people": people}
        return render(request, "console/imports_removed.html", context)
    now = timezone.now()
    if "set_aside" in request.POST:
        removals.set_aside(name, by=request.user, now=now)
        messages.success(request, _("The list is set aside; its people are on the next one."))
    else:
        count = removals.mark_done(name, by=request.user, now=now)
        said = ngettext("%(count)s removal recorded.", "%(count)s removals recorded.", count)
        messages.success(request, said % {"count": count})
    return redirect("hec_removals")
