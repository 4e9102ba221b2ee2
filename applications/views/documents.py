"""The documents of a draft: add, replace, remove, and see how the check of each went (4.1.c, R7)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from applications import documents
from applications.forms.answers import DocumentForm
from applications.forms.refusals import add_to, why_refused
from applications.models import Application, Document
from applications.task_list import accepted_kinds
from applications.views.apply import draft_or_404, needs_draft
from dlsei.interrupted import keeps_answers
from dlsei.kept_files import KeptFile
from dlsei.policy.refusals import Refused
from dlsei.verbs import Busy
from licensing.models import Programme


@keeps_answers
@needs_draft
def apply_documents(request: HttpRequest) -> HttpResponse:
    """What was added, and the form for one more; most people never see a file being checked."""
    draft = draft_or_404(request)
    limits = Programme.in_force().policy.documents
    replacing = None
    if request.GET.get("replace"):
        replacing = _own(request, request.GET["replace"])
    accepted = accepted_kinds(draft)
    kept = KeptFile(request, f"application {draft.pk}")
    form = kept.join(
        DocumentForm(
            request.POST or None,
            kept.files,
            kinds=accepted,
            max_bytes=limits.max_bytes,
            initial={"kind": replacing.kind if replacing else None},
        )
    )
    refused = None
    if request.method == "POST" and form.is_valid():
        try:
            document = uploaded(draft, form, kept, request, replacing)
        except (Refused, Busy) as error:
            add_to(form, error, "file")
        else:
            if not document.is_refused:
                if document.is_accepted:
                    messages.success(request, _("The document is added."))
                return redirect("apply_documents")
            form.add_error("file", why_refused(document))
            refused = document
    kept.offer(form)
    # What was refused a moment ago stands in the error summary.
    attached = [one for one in draft.documents.all() if one != refused]
    page = {
        "form": form,
        "attached": described(attached),
        "accepted": accepted,
        "replacing": replacing if replacing in attached else None,
        "full": draft.documents.standing().count() >= limits.max_files and not replacing,
        "limits": limits,
        "checking": any(one.is_checking for one in attached),
        "usable": any(one.is_accepted for one in attached),
        # A page that looks again by itself must not take away what somebody is filling in.
        "adding": replacing is not None or "add" in request.GET or form.is_bound,
    }
    return render(request, "applications/apply_documents.html", page)


def uploaded(
    application: Application,
    form: DocumentForm,
    kept: KeptFile,
    request: HttpRequest,
    replacing: Document | None = None,
) -> Document:
    """The form's file as a document, checked already unless that takes long. Raises as `upload` does."""
    file = form.cleaned_data["file"]
    document = documents.upload(
        application,
        form.cleaned_data["kind"],
        file.name,
        file.read(form.max_bytes + 1),
        by=request.user,
        now=timezone.now(),
        replacing=replacing,
    )
    kept.forget()
    documents.wait(application)
    document.refresh_from_db()
    return document


def described(documents: list[Document]) -> list[dict[str, Any]]:
    """Documents, each with the sentence of why it cannot be used."""
    return [{"document": document, "why": why_refused(document)} for document in documents]


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
