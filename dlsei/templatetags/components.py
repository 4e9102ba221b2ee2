"""Tags and filters of the components: states as tags, dates in words, runs of the other script kept apart."""

import re
import zoneinfo
from datetime import date, datetime
from typing import Any

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import dateformat
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dlsei import interrupted
from dlsei.policy.states import LABELS

register = template.Library()
LONG_WORD = 30
KARACHI = zoneinfo.ZoneInfo("Asia/Karachi")

# States that lists show beside those of the policy's table.
LIST_STATES = {
    "none": gettext_lazy("Not applied"),
    "asked": gettext_lazy("Waiting for the applicant"),
    "your-turn": gettext_lazy("Waiting for you"),
    "overdue": gettext_lazy("Overdue"),
    "due-today": gettext_lazy("Due today"),
    "later": gettext_lazy("Later"),
    "queued": gettext_lazy("Queued"),
    "sent": gettext_lazy("Sent"),
    "failing": gettext_lazy("Failing"),
    "done": gettext_lazy("Done"),
    "cancelled": gettext_lazy("Cancelled"),
}
TONES = {
    "info": {"pending", "waiting", "issued", "checking"},
    "success": {"approved", "active", "served", "sent", "accepted"},
    "warning": {"invited", "asked", "your-turn", "due-today", "open"},
    "error": {"rejected", "revoked", "refused", "overdue", "failing"},
}


@register.inclusion_tag("components/tag.html")
def status_tag(state: str, thing: str = "") -> dict[str, Any]:
    """A state as a tag: `{% status_tag license.state "license" %}`; without `thing`, a status of SPEC.md or of a list."""
    things = [thing] if thing else ["application", "license", "place", "case"]
    words = next((LABELS[name][state] for name in things if state in LABELS[name]), None)
    tone = next((tone for tone, states in TONES.items() if state in states), "neutral")
    return {"text": _(words) if words else LIST_STATES[state], "tone": tone}


@register.filter
def isolated(value: object) -> SafeString:
    """A reference, CNIC, e-mail or phone number, kept left to right inside Urdu: `{{ reference|isolated }}`."""
    # A number or reference is not broken over lines; an address may be longer than a line.
    look = "long" if is_long(value) else "number"
    return format_html('<bdi dir="ltr" class="{}">{}</bdi>', look, value)


@register.filter
def is_long(value: object) -> bool:
    """Whether a word of it may not fit a column, so that it must be broken: `{% if name|is_long %}`."""
    return any(len(word) > LONG_WORD for word in str(value).split())


@register.filter
def day(value: date | datetime | None) -> str:
    """A date in full, in Karachi: "Tuesday 3 January 2023" (R1)."""
    # Translators: a date in full, in the letters of Django's `date` filter.
    return _written(value, _("l j F Y"))


@register.filter
def moment(value: datetime | None) -> str:
    """A date and time in full, in Karachi: "Tuesday 3 January 2023, 3:10 PM" (R1)."""
    # Translators: a date and time in full, in the letters of Django's `date` filter.
    return _written(value, _("l j F Y, g:i A"))


@register.filter
def brief_day(value: date | datetime | None) -> str:
    """A date in few letters, for tables: "Tue 3 Jan 2023" (R1)."""
    # Translators: a date in a table, in the letters of Django's `date` filter.
    return _together(_written(value, _("D j M Y")))


@register.filter
def brief_moment(value: datetime | None) -> str:
    """A date and time in few letters, for tables: "Tue 3 Jan 2023, 3:10 PM" (R1)."""
    # Translators: a date and time in a table, in the letters of Django's `date` filter.
    return _together(_written(value, _("D j M Y, g:i A")))


def _written(value: date | datetime | None, letters: str) -> str:
    """A date or moment in Karachi, in the letters of Django's `date` filter; empty for none."""
    if not value:
        return ""
    return dateformat.format(
        value.astimezone(KARACHI) if isinstance(value, datetime) else value, letters
    )


def _together(words: str) -> str:
    """A narrow column breaks between date and time, and nowhere else."""
    return re.sub(r"(?<![,،]) ", "\u00a0", words)


@register.simple_tag
def hec_contact() -> str:
    """The address at which people reach HEC, empty where none is set: `{% hec_contact as contact %}`."""
    address: str = settings.HEC_CONTACT
    return address


@register.simple_tag(takes_context=True)
def whose_answers(context: template.Context) -> SafeString:
    """Whose form it is, so that answers sent after the session was lost come back to them alone."""
    field = '<input type="hidden" name="{}" value="{}">'
    return format_html(field, interrupted.FIELD, interrupted.whose(context["request"].user.pk))


@register.inclusion_tag("components/nav_item.html", takes_context=True)
def nav_item(
    context: template.Context, url_name: str, text: str, count: int | None = None
) -> dict[str, Any]:
    """One item of the header's navigation, marked when the page is it or below it; absent while its page is."""
    try:
        url = reverse(url_name)
    except NoReverseMatch:
        url = ""
    request = context.get("request")
    path = request.path if request else ""
    return {
        "url": url,
        "text": text,
        "count": count,
        "exact": path == url,
        "below": len(url) > 1 and path.startswith(url),
    }


@register.simple_block_tag
def case_list(
    content: str, caption: str, *columns: str, shown: bool = True, figures: str = ""
) -> str:
    """A table of things to work on, folded to cards where there is little room.

    `{% case_list caption "Applicant" "Reference" shown=False %}` has one `<tr role="row">` a thing inside, with a
    `<th scope="row" role="rowheader">` that leads to it and a `{% cell "Reference" %}` for each further column. A caption
    that is not `shown` is still read out; a column without a name is left out. `figures` counts the columns (from 1, a
    space between) whose cells are `{% cell "Pending" figures=True %}`, lined up by their last digit.
    """
    of_figures = {int(number) for number in figures.split()}
    named = [(name, n in of_figures) for n, name in enumerate(columns, 1) if name]
    page = {"content": content, "caption": caption, "columns": named, "shown": shown}
    return render_to_string("components/case_list.html", page)


@register.simple_block_tag
def cell(content: str, label: str, figures: bool = False) -> SafeString:
    """A cell of a case list; its column's name stands before it where the table is folded."""
    look = mark_safe(' class="number"') if figures else ""
    # The one child: what stands beside each other stays so where the cell is folded to a grid.
    return format_html('<td role="cell"{} data-label="{}"><div>{}</div></td>', look, label, content)
