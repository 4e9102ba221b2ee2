"""Signed out in the middle of a form: what was typed is kept until its writer has signed in again (WCAG 2.2.1).

A view with `@keeps_answers` shows the answers again, filled in, as if they had just been sent and not yet taken. They
are kept in the browser's session for `KEPT_SECONDS`, for the person alone whom the form was shown to. A file that came
with them is not, as nobody was signed in; one that was kept before is (`dlsei.kept_files`).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _

from dlsei.kept_files import KEPT

KEY, FIELD, SALT = "interrupted", "whose", "whose-answers"
KEPT_SECONDS = 3600
MOST_CHARACTERS = 20_000


def whose(person_id: int) -> str:
    """What a form carries so that its answers come back to nobody else: `{% whose_answers %}`."""
    return signing.dumps(person_id, salt=SALT)


def keeps_answers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For views that take `request.POST or None` and act on POST alone."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "GET" and (kept := _taken(request)):
            messages.info(
                request,
                _("You were signed out before this was saved. Look through it and send it."),
            )
            for name in kept.get("files", []):
                messages.warning(
                    request,
                    _("%(name)s could not be kept. Choose the file again.") % {"name": name},
                )
            # Read for the first time after POST was set, they would empty it again.
            assert not request.FILES
            request.POST = QueryDict(kept["answers"])  # type: ignore[assignment]
        return view(request, *args, **kwargs)

    shown.keeps_answers = True  # type: ignore[attr-defined]
    return shown


class InterruptedMiddleware:
    """Stands before `LoginRequiredMiddleware`, which leads to the sign-in page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if (
            request.method == "POST"
            and not request.user.is_authenticated
            and getattr(view, "keeps_answers", False)
        ):
            _keep(request)


def _keep(request: HttpRequest) -> None:
    answers = request.POST.copy()
    answers.pop("csrfmiddlewaretoken", None)
    try:
        person_id = signing.loads(str(answers.pop(FIELD, [""])[-1]), salt=SALT)
    except signing.BadSignature:
        return
    for field in request.FILES:
        answers.pop(field + KEPT, None)  # the file before this one
    said = answers.urlencode()
    if len(said) <= MOST_CHARACTERS:
        kept = {
            "path": request.get_full_path(),
            "person": person_id,
            "answers": said,
            "files": [(file.name or "")[:200] for file in request.FILES.values()],
        }
        request.session[KEY] = signing.dumps(kept, salt=SALT)


def _taken(request: HttpRequest) -> dict[str, Any] | None:
    sealed = request.session.get(KEY)
    if not sealed:
        return None
    try:
        kept = signing.loads(sealed, salt=SALT, max_age=KEPT_SECONDS)
    except signing.BadSignature:
        kept = None
    if kept and kept["person"] == request.user.pk and kept["path"] != request.get_full_path():
        return None
    del request.session[KEY]
    return kept if kept and kept["person"] == request.user.pk else None
