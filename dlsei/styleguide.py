"""The style guide: every component and every mail on one page, for HEC staff and for who builds here."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp
from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils import dateformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dlsei import charts, letters, permissions
from dlsei.forms import DateInput, Form, RadioSelect

KARACHI = ZoneInfo("Asia/Karachi")
PERSON = {"name": "Ayesha Khan", "reference": "DLSEI-24-000123"}
AT_UNIVERSITY = PERSON | {"university": "University of the Punjab, Lahore"}

# What the verbs freeze into each kind of mail.
MAILS: dict[str, dict[str, Any]] = {
    "application-received": AT_UNIVERSITY | {"due_at": "2023-01-11T09:10:00+00:00"},
    "application-approved": AT_UNIVERSITY | {"cohort": "Cohort I"},
    "application-waiting": PERSON | {"cohort": "Cohort I", "position": 54},
    "application-rejected": AT_UNIVERSITY
    | {"reason": "The student card is of last year.\nPlease upload this year's."},
    "more-information": AT_UNIVERSITY | {"question": "Which semester are you in now?"},
    "license-invitation": PERSON
    | {
        "link": "https://dlsei.hec.example/activate/abc",
        "ends_on": "2023-07-31",
        "deadline": "2023-01-27",
        "clause": "5.i",
    },
    "license-warning": PERSON
    | {"deadline": "2023-01-27", "clause": "5.ii", "days_left": 5, "ends_on": "2023-07-31"},
    "case-opened": PERSON | {"clause": "5.iv", "days": 30, "deadline": "2023-03-02"},
    "license-revoked": PERSON | {"clause": "5.iii", "deadline": "2023-02-11", "note": ""},
    "license-extended": PERSON | {"ends_on": "2023-09-30", "clause": "A.6"},
    "license-expired": PERSON | {"clause": "1.a", "ends_on": "2023-07-31"},
    "application-carried-over": PERSON
    | {"cohort_from": "Cohort I", "cohort_to": "Cohort II", "priority": "P1"},
    "application-lapsed": PERSON | {"cohort": "Cohort II"},
    "queue-reminder": {
        "name": "Dr. Bilal Ahmed",
        "university": "University of the Punjab, Lahore",
        "overdue": 3,
        "link": "https://dlsei.hec.example/admin/",
    },
    "queue-escalation": {
        "name": "Sana Iqbal",
        "queues": [
            {"university": "University of the Punjab, Lahore", "pending": 3, "oldest_hours": 96},
            {"university": "COMSATS University, Islamabad", "pending": 1, "oldest_hours": 73},
        ],
        "link": "https://dlsei.hec.example/admin/queues/",
    },
    "run-stopped": {
        "name": "Sana Iqbal",
        "cohort": "Cohort I",
        "licenses": 2140,
        "live": 17800,
        "link": "https://dlsei.hec.example/admin/runs/7/",
    },
    "nomination": {
        "name": "Dr. Bilal Ahmed",
        "university": "University of the Punjab, Lahore",
        "since_on": "2023-01-10",
        "until_on": "",
        "good_until_at": "2023-01-24T09:10:00+00:00",
        "link": "https://dlsei.hec.example/invitation/7-abc/",
    },
    "appointment": {
        "name": "Sana Iqbal",
        "good_until_at": "2023-01-24T09:10:00+00:00",
        "link": "https://dlsei.hec.example/invitation/8-abc/",
    },
    "identity-checked": {
        "name": "Ayesha Khan",
        "theirs": False,
        "to_submit": False,
        "number_missing": True,
        "link": "https://dlsei.hec.example/account/",
    },
    "address-changed": {
        "name": "Ayesha Khan",
        "former": False,
        "address": "ayesha@pu.example",
        "link": "https://dlsei.hec.example/accounts/login/code/",
    },
    "application-transferred": AT_UNIVERSITY
    | {
        "university_from": "University of Sindh, Jamshoro",
        "submitted_at": "2023-01-10T09:10:00+00:00",
        "due_at": "2023-01-11T09:10:00+00:00",
    },
    "second-factor-reset": {
        "name": "Sana Iqbal",
        "link": "https://dlsei.hec.example/accounts/login/",
    },
}


class SampleForm(Form):
    """One field of each kind."""

    autocomplete = {"full_name": "name", "password": "new-password"}

    full_name = forms.CharField(
        label=_("Full name"), help_text=_("As it stands on your CNIC or passport.")
    )
    category = forms.ChoiceField(
        label=_("What are you at your university?"),
        choices=[
            ("student", _("Student")),
            ("faculty", _("Faculty member")),
            ("staff", _("Staff member")),
        ],
        widget=RadioSelect(hints={"student": _("Enrolled in this semester.")}),
    )
    semester = forms.ChoiceField(
        label=_("Semester"), choices=[("", "–"), *((str(n), str(n)) for n in range(1, 9))]
    )
    document = forms.FileField(
        label=_("Student card"), help_text=_("PDF, JPEG or PNG, at most 5 MiB.")
    )
    question = forms.CharField(
        label=_("Anything else we should know?"),
        required=False,
        widget=forms.Textarea(attrs={"maxlength": 500}),
    )
    ends_on = forms.DateField(label=_("Last day"), widget=DateInput)
    password = forms.CharField(label=_("Password"), widget=forms.PasswordInput)
    declared = forms.BooleanField(label=_("What I have stated is true"))


def sample_charts() -> list[charts.Chart]:
    """One chart of each kind."""
    start = date(2023, 1, 2)
    held = [(start + timedelta(days=n), min(18_000, 6 * n * n)) for n in range(0, 120, 3)]
    seats = [(start, 18_000), (date(2023, 2, 14), 20_000), (held[-1][0], 20_000)]
    months = [dateformat.format(date(2023, month, 1), "F") for month in range(1, 6)]
    return [
        charts.line(
            "seats",
            gettext("Seats over time"),
            gettext("How many licenses of Cohort I were held, and how many there were."),
            {gettext("Held"): held, gettext("Capacity"): seats},
            step=True,
            area=True,
        ),
        charts.stacked(
            "revocations",
            gettext("Revocations by clause"),
            gettext("Month by month, by the rule that was due first."),
            months,
            {"5.i": [0, 41, 63, 30, 12], "5.ii": [0, 12, 25, 31, 9], "5.iii": [0, 0, 18, 40, 22]},
            head=gettext("Month"),
        ),
        charts.bars(
            "decisions",
            gettext("Hours to a decision"),
            gettext("The median of the last 30 days, the slowest first."),
            {
                "Shaheed Zulfiqar Ali Bhutto Institute of Science & Technology, Karachi": 31.5,
                "University of the Punjab, Lahore": 12,
                "COMSATS University, Islamabad": 3.5,
            },
            head=(gettext("University"), gettext("Hours")),
        ),
    ]


def sample_page() -> dict[str, Any]:
    """Everything the page shows, so that a test can render it without a request."""
    return {
        "form": SampleForm({"full_name": "", "category": "", "ends_on": "31 July"}, prefix="e"),
        "empty_form": SampleForm(),
        "tasks": [
            {"text": _("Your details"), "url": "#t", "state": _("Completed")},
            {"text": _("Your documents"), "url": "#t", "state": _("Incomplete"), "tone": "info"},
            {
                "text": _("Check your answers and submit"),
                "hint": _("After the other two."),
                "state": _("Cannot start yet"),
            },
        ],
        "rows": [
            {"key": _("Full name"), "value": "عائشہ خان", "url": "#t"},
            {"key": _("Reference"), "value": "DLSEI-24-000123", "ltr": True},
            {"key": _("CNIC"), "value": "35202-1234567-1", "ltr": True, "url": "#t"},
            {"key": _("University"), "value": "University of the Punjab, Lahore", "url": "#t"},
        ],
        "events": [
            {
                "title": _("Sent back with a question"),
                "at": datetime(2023, 1, 11, 15, 10, tzinfo=KARACHI),
                "by": "Dr. Bilal Ahmed",
                "text": "Which semester are you in now?",
            },
            {
                "title": _("Submitted"),
                "at": datetime(2023, 1, 10, 9, 0, tzinfo=KARACHI),
                "by": "Ayesha Khan",
                "clause": "4.1.b",
            },
        ],
        "tabs": [
            {"text": _("Overdue"), "url": "#t", "count": 3, "urgent": True, "current": True},
            {"text": _("Due today"), "url": "#t", "count": 12},
            {"text": _("Later"), "url": "#t", "count": 0},
        ],
        "figures": [
            {"value": "1,204", "text": _("Licenses left"), "url": "#t"},
            {"value": "54", "text": _("Waiting in line")},
            {"value": "3", "text": _("Overdue"), "url": "#t", "urgent": True},
        ],
        "cases": [
            ("Ayesha Khan", "DLSEI-24-000123", "BS Computer Science", "overdue"),
            ("محمد علی", "DLSEI-24-000124", "MBBS", "due-today"),
            ("Shah D'Souza", "DLSEI-24-000125", "MPhil Education", "asked"),
        ],
        "due_at": datetime(2023, 1, 11, 15, 10, tzinfo=KARACHI),
        "charts": sample_charts(),
        "scans": [static("img/mark.svg")],
        "crumbs": [{"url": "#t", "text": _("Universities")}],
        "statuses": [
            *("draft", "pending", "asked", "waiting", "rejected", "invited"),
            *("active", "revoked", "expired"),
        ],
        "sample": {
            "title": _("Your application is with your university"),
            "text": _("It is number 3 in the queue of your university."),
            "turn": _("The focal person of your university"),
            "by": _("Wednesday 11 January 2023, 2:10 PM"),
            "can": _("Nothing is needed from you now."),
            "link": {"url": "#t", "text": _("See your application")},
        },
        "mails": [
            (
                kind,
                [
                    (code, name, letters.render(kind, code, values))
                    for code, name in settings.LANGUAGES
                ],
            )
            for kind, values in MAILS.items()
        ],
    }


@login_not_required
def styleguide(request: HttpRequest) -> HttpResponse:
    """Shows the guide to HEC staff, and to everybody in DEBUG."""
    _for_hec(request)
    return render(request, "styleguide.html", sample_page())


@login_not_required
def dialog(request: HttpRequest) -> HttpResponse:
    """The page of one question, which is a layout and not a part of a page."""
    _for_hec(request)
    return render(request, "styleguide_dialog.html")


@login_not_required
# A mail brings its own style along, as it has to; nothing else on its page could run.
@csp({"default-src": [NONE], "style-src": [UNSAFE_INLINE]})
def mail(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    """One kind of mail, with sample values, as its reader's mail program shows it."""
    _for_hec(request)
    if kind not in MAILS or language not in dict(settings.LANGUAGES):
        raise Http404
    return HttpResponse(letters.render(kind, language, MAILS[kind]).html)


def _for_hec(request: HttpRequest) -> None:
    is_hec = request.user.is_authenticated and permissions.is_hec(request.user)
    if not (settings.DEBUG or is_hec):
        raise PermissionDenied
