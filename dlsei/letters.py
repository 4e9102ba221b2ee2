"""Mails as they are read: subject, text and HTML from kind, language and frozen values alone."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.template.loader import get_template
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy

from dlsei.policy.clauses import CLAUSES

# What HEC calls a mail that is not written yet.
KINDS = {
    "application-received": gettext_lazy("Application received"),
    "application-approved": gettext_lazy("Application approved"),
    "application-waiting": gettext_lazy("Place in line"),
    "application-rejected": gettext_lazy("Application rejected"),
    "more-information": gettext_lazy("Question to the applicant"),
    "license-invitation": gettext_lazy("Invitation to activate the license"),
    "license-warning": gettext_lazy("Warning before a deadline"),
    "case-opened": gettext_lazy("Revocation case"),
    "license-revoked": gettext_lazy("License revoked"),
    "license-extended": gettext_lazy("License extended"),
    "license-expired": gettext_lazy("License expired"),
    "application-carried-over": gettext_lazy("Application carried over"),
    "application-lapsed": gettext_lazy("Application lapsed"),
    "queue-reminder": gettext_lazy("Reminder of overdue applications"),
    "queue-escalation": gettext_lazy("Queues that need HEC"),
    "run-stopped": gettext_lazy("Run that was stopped"),
    "nomination": gettext_lazy("Invitation to decide for a university"),
    "appointment": gettext_lazy("Invitation to act for HEC"),
    "second-factor-reset": gettext_lazy("Second factor removed"),
    "identity-checked": gettext_lazy("CNIC or passport number checked"),
    "address-changed": gettext_lazy("E-mail address changed"),
    "application-transferred": gettext_lazy("Application moved to another university"),
}
TYPED_AS_LINES = ("reason", "question", "note")
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


@dataclass(frozen=True)
class Letter:
    """A mail ready to send."""

    subject: str
    text: str
    html: str


def render(kind: str, language: str, values: Mapping[str, Any]) -> Letter:
    """Write the mail of this `kind` in the recipient's `language` (`en`, `ur`) for the outbox to send.

    `values` are the frozen JSON values of the mail: `*_at` are ISO date-times with an offset, `*_on` and `deadline` ISO
    dates or empty, `clause` a clause's id. They are untrusted text: escaped in HTML, on one line in the subject.
    Raises `LookupError` for an unknown kind.
    """
    if kind not in KINDS:
        raise LookupError(f"no mail of the kind {kind!r}")
    with translation.override(language):
        context = {
            **{name: _readable(name, value) for name, value in values.items()},
            "kind": kind,
            "site_url": settings.SITE_URL,
            "language": language,
            "direction": "rtl" if translation.get_language_bidi() else "ltr",
        }
        context["quoted"] = next(
            (context[name] for name in TYPED_AS_LINES if context.get(name)), ""
        )
        if values.get("clause"):
            context["clause_in_words"] = gettext(CLAUSES[values["clause"]].plain)
        template = get_template(f"mail/{kind}.html")
        subject, text, html = (
            template.render(context | {"layout": get_template(f"mail/layout/{layout}")})
            for layout in ("subject.txt", "letter.txt", "letter.html")
        )
    return Letter(subject=" ".join(subject.split()), text=_tidy(text), html=html.strip() + "\n")


def _readable(name: str, value: Any) -> Any:
    """A value as the templates want it: dates as dates, text without control characters and in its own direction."""
    if isinstance(value, Mapping):
        return {key: _readable(key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_readable(name, inner) for inner in value]
    if not isinstance(value, str) or not value:
        return value
    if name.endswith("_at"):
        return datetime.fromisoformat(value)
    if name.endswith("_on") or name == "deadline":
        return date.fromisoformat(value)
    if name in ("link", "clause"):
        return value
    return _plain(value, lines=name in TYPED_AS_LINES)


def _plain(value: str, *, lines: bool) -> str:
    """Control and bidirectional characters would let a name rewrite the mail around it."""
    kept = "".join(
        character
        if not unicodedata.category(character).startswith("C") or character in "\n\u200c\u200d"
        else " "
        for character in value
    )
    if lines:
        return kept.strip()
    text = " ".join(kept.split())
    foreign = any(unicodedata.bidirectional(character) in ("R", "AL") for character in text)
    if foreign or translation.get_language_bidi():
        return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"
    return text


def _tidy(text: str) -> str:
    """Blank lines between paragraphs, never more than one."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return "\n".join(line for number, line in enumerate(lines) if line or lines[number - 1]) + "\n"
