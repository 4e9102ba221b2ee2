"""The public page: licenses left, where to apply, how long universities take; no sign-in, no JavaScript."""

from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from dlsei import charts
from verification import public_numbers

SHOWN = 25


@login_not_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    numbers = public_numbers.numbers(timezone.now())
    words = " ".join(request.GET.get("q", "").split())[:100]
    shown = Paginator(numbers.found(words), SHOWN).get_page(request.GET.get("page"))
    context = {
        "numbers": numbers,
        "usual": in_words(numbers.everywhere.median),
        "words": words,
        "count": shown.paginator.count,
        "universities": [(one, in_words(one.median)) for one in shown],
        "page": {
            "previous": _address(words, shown.number - 1) if shown.has_previous() else "",
            "next": _address(words, shown.number + 1) if shown.has_next() else "",
        },
        "few": public_numbers.FEWEST,
        "days": public_numbers.DAYS,
        "chart": charts.line(
            "a-day",
            _("Applications a day"),
            _("How many applications were submitted, all universities together."),
            {_("Applications"): numbers.a_day},
        ),
    }
    return render(request, "verification/public_numbers.html", context)


def _address(words: str, number: int) -> str:
    query = QueryDict(mutable=True)
    query.update({"q": words, "page": str(number)} if words else {"page": str(number)})
    return f"?{query.urlencode()}"


def in_words(took: timedelta | None) -> str:
    """A time from submission to decision as one says it: hours up to two days, then days."""
    if took is None:
        return ""
    hours = max(round(took.total_seconds() / 3600), 1)
    if hours <= 48:
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    return ngettext("%(n)s day", "%(n)s days", round(hours / 24)) % {"n": round(hours / 24)}
