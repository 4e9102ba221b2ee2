"""Invitations: who waits for one, whose fails and why, who has not followed theirs (R9)."""

from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dlsei import outbox
from dlsei.forms import Form
from dlsei.models import Mail
from dlsei.policy.states import LicenseState
from licensing import invitations
from licensing.models import CourseraJob, License
from verification.console.tables import (
    CODE,
    MOMENT,
    STATE,
    Column,
    Table,
    as_csv,
    csv_link,
    wants_csv,
)
from verification.forms import attempt
from verification.pages import page
from verification.views.access import hec_only

INVITATIONS = [
    Column(
        gettext_lazy("Learner"),
        lambda license: license.person.full_name,
        url=lambda license: f"{reverse('hec_search')}?q={license.reference}",
    ),
    Column(gettext_lazy("Address"), lambda license: license.person.email, CODE),
    Column(gettext_lazy("License"), lambda license: license.reference, CODE),
    Column(gettext_lazy("State"), lambda license: license.state, STATE, thing="license"),
    Column(gettext_lazy("Issued"), lambda license: license.issued_at, MOMENT),
    Column(gettext_lazy("Invited"), lambda license: license.invited_at, MOMENT),
    Column(gettext_lazy("Coursera says"), lambda license: license.job_error),
    Column(gettext_lazy("The mail server says"), lambda license: license.mail_error),
]


def _with_failures(licenses: QuerySet[License]) -> QuerySet[License]:
    """Each license with what the newest open attempt on either leg met, empty when nothing failed."""
    jobs = CourseraJob.objects.failing().filter(kind="invite", license=OuterRef("pk"))
    mails = Mail.objects.failing().filter(kind=outbox.INVITATION, person=OuterRef("person"))
    return licenses.select_related("person").annotate(
        job_error=Subquery(jobs.order_by("-id").values("error")[:1]),
        mail_error=Subquery(mails.order_by("-id").values("error")[:1]),
        fails=Exists(jobs) | Exists(mails),
    )


@hec_only
def hec_invited(request: HttpRequest) -> HttpResponseBase:
    """Invitations that fail, are on their way, or were not followed (`?list=`); each can be sent again."""
    # Whoever fails has not been invited, or is invited again at another address.
    licenses = _with_failures(License.objects.live().filter(source="bucket"))
    lists: dict[str, tuple[str, Any]] = {
        "failing": (_("Failing"), licenses.filter(fails=True)),
        "waiting": (
            _("On their way"),
            licenses.filter(state=LicenseState.ISSUED, fails=False),
        ),
        "invited": (
            _("Invited, not yet active"),
            licenses.filter(state=LicenseState.INVITED),
        ),
    }
    chosen = request.GET.get("list", "")
    if chosen not in lists:
        chosen = next((name for name, (_text, of) in lists.items() if of.exists()), "failing")
    rows = lists[chosen][1]
    if wants_csv(request):
        return as_csv(f"invitations-{chosen}", INVITATIONS, rows.order_by("id"))
    found = page(rows, ("id",), request.GET)
    again = Column(
        _("Invite again"),
        lambda license: _("Invite again"),
        url=lambda license: reverse("hec_invite_again", args=[license.reference]),
    )
    # Elsewhere nothing has failed, and the list says the state.
    columns = INVITATIONS if chosen == "failing" else [*INVITATIONS[:3], *INVITATIONS[4:6]]
    context = {
        "title": _("Invitations"),
        "tabs": [
            {
                "url": f"?list={name}",
                "text": text,
                "count": of.count(),
                "urgent": name == "failing",
                "current": name == chosen,
            }
            for name, (text, of) in lists.items()
        ],
        "page": found,
        "table": Table(_("Invitations"), [*columns, again], found.rows),
        "csv": csv_link(request),
        "empty": _("No invitation is here."),
    }
    return render(request, "console/list.html", context)


@hec_only
def hec_invite_again(request: HttpRequest, reference: str) -> HttpResponse:
    """Owes one more invitation to the learner's present address; the clocks do not start anew (R14)."""
    license = get_object_or_404(
        License.objects.select_related("person", "cohort"), reference=reference
    )
    form, now = Form(request.POST if request.method == "POST" else None), timezone.now()
    if form.is_valid() and attempt(
        form, lambda: invitations.invite_again(license, by=request.user, now=now)
    ):
        said = _("A new invitation to %(address)s is on its way.")
        messages.success(request, said % {"address": license.person.email})
        return redirect("hec_invited")
    jobs = license.coursera_jobs.filter(kind="invite").order_by("id")
    context = {"form": form, "license": license, "jobs": jobs}
    return render(request, "console/invite_again.html", context)
