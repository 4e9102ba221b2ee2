"""The documents of a draft: add, replace, remove (4.1.c, 4.2.a, R7)."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from applications import documents
from applications.forms.answers import DocumentForm
from applications.forms.refusals import add_to
from applications.models import Document
from applications.task_list import accepted_kinds
from applications.views.apply import draft_or_404
from dlsei.policy.refusals import Refused
from dlsei.verbs import Busy
from licensing.models import Programme


def apply_documents(request: HttpRequest) -> HttpResponse:
    draft = draft_or_404(request)
    limits = Programme.in_force().policy.documents
    replacing = None
    if request.GET.get("replace"):
        replacing = _own(request, request.GET["replace"])
    accepted = accepted_kinds(draft)
    form = DocumentForm(
        request.POST or None,
        request.FILES or None,
        kinds=accepted,
        max_bytes=limits.max_bytes,
        initial={"kind": replacing.kind if replacing else None},
    )
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            documents.attach(
                draft,
                form.cleaned_data["kind"],
                file.name,
                file.read(limits.max_bytes + 1),
                by=request.user,
                now=timezone.now(),
                replacing=replacing,
            )
        except (Refused, Busy) as error:
            add_to(form, error, "file")
        else:
            messages.success(request, _("The document is added."))
            return redirect("apply_documents")
    attached = list(draft.documents.all())
    page = {
        "form": form,
        "attached": attached,
        "accepted": accepted,
        "replacing": replacing,
        "full": len(attached) >= limits.max_files and not replacing,
        "limits": limits,
    }
    return render(request, "applications/apply_documents.html", page)


def document_remove(request: HttpRequest, public_id: UUID) -> HttpResponse:
    document = _own(request, public_id)
    if request.method == "POST":
        documents.remove(document, by=request.user, now=timezone.now())
        messages.success(request, _("The document is removed."))
        return redirect("apply_documents")
    return render(request, "applications/document_remove.html", {"document": document})


def _own(request: HttpRequest, public_id: UUID | str) -> Document:
    """A document of the person's draft; foreign, absent and nonsense alike are not found."""
    draft = draft_or_404(request)
    try:
        identifier = UUID(str(public_id))
    except ValueError:
        identifier = None
    return get_object_or_404(draft.documents, public_id=identifier)
