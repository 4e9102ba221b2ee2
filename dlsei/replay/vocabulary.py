"""The words of a scenario file: events with their keys, what can be expected, and the values allowed."""

from datetime import date, datetime

from dlsei.letters import KINDS
from dlsei.policy.clauses import CLAUSES
from dlsei.policy.programme import DOCUMENT_KINDS
from dlsei.policy.programme_tables import Table
from dlsei.policy.refusals import REFUSALS

HEC = "hec"
HEC_INSTITUTION = "HEC"
CATEGORIES = ("student", "faculty", "staff", "hec-employee", "alumnus", "external")
CONTENT_KINDS = ("course", "specialization", "professional-certificate")
OUTAGES = ("beat", "reports", "coursera", "mail")

# Keys that an event needs, and keys that it may have. What a verb refuses when it is missing may be.
EVENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "apply": (("who",), ()),
    "withdraw": (("who",), ()),
    "ask": (("who", "by"), ("text",)),
    "answer": (("who",), ("documents",)),
    "open": (("who", "by"), ()),
    "approve": (("who", "by"), ("note", "reason")),
    "reject": (("who", "by"), ("reason", "note", "turn_reason")),
    "decide": (("by", "university", "outcome_each", "count"), ("note", "reason")),
    "click": (("who",), ()),
    "enroll": (("who", "course"), ("kind",)),
    "progress": (("who", "course", "percent"), ()),
    "complete": (("who", "course"), ()),
    "learn": (("who",), ()),
    "report": ((), ()),
    "outage": (("of", "until"), ()),
    "tranche": (("cohort", "size"), ()),
    "import-paid": (("who", "year"), ()),
    "flag": (("who", "cohort"), ()),
    "upload-invites": ((), ("by",)),
    "confirm-run": (("by",), ()),
    "confirm": (("who", "by"), ("note",)),
    "dismiss": (("who", "by"), ("note",)),
    "revoke": (("who", "by"), ("note",)),
}
AT_COURSERA = frozenset({"enroll", "progress", "complete", "learn"})
# The answers to `apply`, in the order in which it is checked.
WHY_NOT = (
    "category-not-eligible",
    "institution-not-recognized",
    "already-applied",
    "revoked-in-this-cohort",
    "cohort-user",
    "document-missing",
    "document-not-accepted",
    "intake-closed",
)
# Beside the policy's refusals the one that a document meets by its number alone (R7).
OUTCOMES = frozenset({"ok", *(f"refused: {code}" for code in (*REFUSALS, "document-too-many"))})

STATUSES = (
    "none",
    "draft",
    "pending",
    "waiting",
    "issued",
    "invited",
    "active",
    "rejected",
    "withdrawn",
    "lapsed",
    "revoked",
    "expired",
)
IN_HISTORY = ("approved", *(s for s in STATUSES if s not in ("none", "draft", "waiting")))
PERSON_KEYS = (
    "status",
    "clause",
    "cohort",
    "priority",
    "position",
    "ends",
    "deadline",
    "next_clause",
    "case",
    "may_apply",
    "history",
    "mails",
    "overdue",
)
COHORT_FIGURES = ("capacity", "held", "free", "waiting", "pending", "intake")

# How a file says that there is no such thing, where the product has nothing to show.
NO_VALUE = ("", "none")


def values_of_event(table: Table, key: str) -> object:
    """The value of an event's `key` that needs nothing but the words of this module."""
    match key:
        case "text" | "note" | "reason" | "turn_reason":
            return _words(table, key)
        case "documents":
            return table.texts(key, DOCUMENT_KINDS)
        case "outcome_each":
            return table.text(key, ("approve", "reject"))
        case "count" | "size":
            return table.whole(key, least=1)
        case "kind":
            return table.text(key, CONTENT_KINDS)
        case "percent":
            return float(table.number(key, most=100))
        case "of":
            return table.text(key, OUTAGES)
        case _:
            return table.text(key)


def values_of_person(table: Table, key: str) -> object:
    """The value expected for a person's or a staff member's `key`; None says that there is none."""
    if table.rows[key] in NO_VALUE and key not in ("status", "case"):
        table.has(key)
        return None
    match key:
        case "status":
            return table.text(key, STATUSES)
        case "clause" | "next_clause":
            return table.text(key, CLAUSES)
        case "priority":
            return table.text(key, ("P1", "P2", "P3", "P4"))
        case "position":
            return table.whole(key, least=1)
        case "ends" | "deadline":
            return _day(table, key)
        case "case":
            return table.text(key, ("open", "none"))
        case "may_apply":
            return _permission(table, key)
        case "history":
            return list(table.texts(key, IN_HISTORY))
        case "mails":
            return list(table.texts(key, KINDS))
        case _:
            return _truth(table, key)


def _permission(table: Table, key: str) -> object:
    value = table.rows[key]
    if value is not True and value not in WHY_NOT:
        raise table.error(
            key, f"{value!r} is not allowed: must be true or one of {', '.join(WHY_NOT)}"
        )
    table.has(key)
    return value


def _words(table: Table, key: str) -> str:
    value = table.value(key, "text")
    if not isinstance(value, str):
        raise table.error(key, f"{value!r} is not allowed: must be text")
    return value


def _truth(table: Table, key: str) -> bool:
    value = table.value(key, "true or false")
    if not isinstance(value, bool):
        raise table.error(key, f"{value!r} is not allowed: must be true or false")
    return value


def _day(table: Table, key: str) -> date:
    if isinstance(table.rows[key], datetime):
        raise table.error(key, "must be a date such as 2023-08-01, without a time")
    return table.day(key)
