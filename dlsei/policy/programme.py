"""The programme: what the policy leaves to data, read from a file and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from dlsei.policy.clauses import CLAUSES
from dlsei.policy.programme_tables import (
    ProgrammeError,
    Table,
    Tables,
    overlay,
    parse,
    shifted,
    to_toml,
)

__all__ = [
    "Brake",
    "CohortPolicy",
    "DocumentPolicy",
    "ExtensionPolicy",
    "Programme",
    "ProgrammeError",
    "QueuePolicy",
    "RevocationPolicy",
    "Rule",
    "Tables",
    "TranchePolicy",
    "overlay",
    "parse",
    "read",
    "shifted",
    "to_toml",
]

AUTOMATIC = "automatic"
REVIEW = "review"
MODES = (AUTOMATIC, REVIEW)
CATEGORIES = ("student", "faculty", "staff", "hec-employee")
DOCUMENT_KINDS = (
    "admission-card",
    "student-card",
    "transcript",
    "previous-education",
    "employment-letter",
    "office-card",
)
PRIORITIES = (1, 2, 3, 4)
LONGEST_NAME = 60
MOST_DAYS = 3650
MOST_FILES = 50
MOST_BYTES = 100 * 1024 * 1024


@dataclass(frozen=True)
class Rule:
    """One rule of section 5, or one stage of 5.iv (`stage` = its days; 0 for the others)."""

    clause: str
    days: int
    mode: str
    stage: int = 0


@dataclass(frozen=True)
class Brake:
    """How many licenses, and what share of the live ones, a run may revoke unasked (R22)."""

    licenses: int
    share: Decimal


@dataclass(frozen=True)
class RevocationPolicy:
    """Section 5 for one cohort, rules and stages in clause order (R16, A.5)."""

    rules: tuple[Rule, ...]
    brake: Brake


class TranchePolicy(NamedTuple):
    """Seats of a bucket that count from a day on (R3)."""

    size: int
    from_: date


@dataclass(frozen=True)
class CohortPolicy:
    """One cohort: its days, bucket, intake, issue windows and rules; all days inclusive.

    `clause` ends its bucket licenses at their last day, `paid_clauses` (by year) the paid ones.
    """

    name: str
    follows: str | None
    starts: date
    ends: date
    intake_from: date
    intake_until: date
    decide_carried_by: date | None
    tranches: tuple[TranchePolicy, ...]
    issue_from: Mapping[int, date]
    paid_years: tuple[int, ...]
    clause: str
    paid_clauses: Mapping[int, str]
    revocation: RevocationPolicy


@dataclass(frozen=True)
class ExtensionPolicy:
    """Who of `cohort` keeps the license until `until`: `percent` reached from `from_` on (A.6)."""

    cohort: str
    from_: date
    percent: Decimal
    until: date
    clause: str = "A.6"


@dataclass(frozen=True)
class QueuePolicy:
    """How long focal persons have, in minutes and hours (R10, R12)."""

    seen_minutes: int
    due_hours: int
    escalate_after_overdue_hours: int


@dataclass(frozen=True)
class DocumentPolicy:
    """Which documents count for whom, how many and how large in bytes (4.1.c, 4.2.a, R7).

    `retention_days` counts from the final decision on.
    """

    by_category: Mapping[str, tuple[str, ...]]
    student_first_semester: tuple[str, ...]
    max_files: int
    max_bytes: int
    retention_days: int = 90


@dataclass(frozen=True)
class Programme:
    """The whole policy as data; cohorts in the order of the file."""

    name: str
    cohorts: Mapping[str, CohortPolicy]
    warnings_days_before: tuple[int, ...]
    extension: ExtensionPolicy | None
    queue: QueuePolicy
    documents: DocumentPolicy
    revocation: RevocationPolicy = field(repr=False)

    def earlier(self, cohort: str) -> frozenset[str]:
        """Return the names of the cohorts that `cohort` follows, near and far (A.1)."""
        names: set[str] = set()
        before = self.cohorts[cohort].follows
        while before:
            names.add(before)
            before = self.cohorts[before].follows
        return frozenset(names)

    def successor(self, cohort: str) -> CohortPolicy | None:
        """Return the cohort that follows `cohort`, None after the last (R19, R24)."""
        return next((other for other in self.cohorts.values() if other.follows == cohort), None)


def read(text: str | Mapping[str, object], source: str, prefix: str = "") -> Programme:
    """Return the programme that `text` (TOML, or tables from `parse` or `overlay`) describes.

    `source` names the file in errors, `prefix` the key under which its tables stand there.
    Raises ProgrammeError for the first key that is unknown, missing or not allowed.
    """
    top = Table(parse(text, source) if isinstance(text, str) else text, source, prefix)
    name = top.text("name") if top.has("name") else source
    base = top.table("revocation")
    revocation = _revocation(base)
    paid_clauses = _paid_clauses(top)
    cohorts = {
        cohort_name: _cohort(cohort_name, table, base, paid_clauses)
        for cohort_name, table in top.table("cohorts").each()
    }
    _check_succession(top, cohorts)
    warnings = top.table("warnings")
    days_before = warnings.wholes("days_before", most=MOST_DAYS)
    warnings.done()
    programme = Programme(
        name=name,
        cohorts=MappingProxyType(cohorts),
        warnings_days_before=days_before,
        extension=_extension(top.table("extension"), cohorts) if top.has("extension") else None,
        queue=_queue(top.table("queue")),
        documents=_documents(top.table("documents")),
        revocation=revocation,
    )
    top.done()
    return programme


def _cohort(name: str, table: Table, base: Table, paid_clauses: Mapping[int, str]) -> CohortPolicy:
    if not name.strip() or len(name) > LONGEST_NAME:
        raise table.error("", f"must have a name of at most {LONGEST_NAME} characters")
    follows = table.text("follows") if table.has("follows") else None
    starts, ends = _span(table, "starts", "ends")
    intake_from, intake_until = _span(table, "intake_from", "intake_until")
    if intake_from > ends:
        raise table.error("intake_from", f"{intake_from} is after the cohort's end, {ends}")
    decide_by = table.day("decide_carried_by") if table.has("decide_carried_by") else None
    revocation = base
    if table.has("revocation"):
        own = table.table("revocation")
        revocation = Table(overlay(base.rows, own.rows), table.source, own.path)
    paid_years = table.wholes("paid_years") if table.has("paid_years") else ()
    for position, year in enumerate(paid_years, start=1):
        if year not in paid_clauses:
            years = ", ".join(map(str, paid_clauses))
            raise table.error(
                f"paid_years[{position}]",
                f"{year} has no clause in paid_clauses: allowed are {years}",
            )
    clause = _clause(table, "1.c" if follows else "1.a")
    policy = CohortPolicy(
        name=name,
        follows=follows,
        starts=starts,
        ends=ends,
        intake_from=intake_from,
        intake_until=intake_until,
        decide_carried_by=decide_by,
        tranches=tuple(_tranche(row) for row in table.tables("tranches")),
        issue_from=_issue_from(table),
        paid_years=paid_years,
        clause=clause,
        paid_clauses=paid_clauses,
        revocation=_revocation(revocation),
    )
    table.done()
    return policy


def _span(table: Table, first: str, last: str) -> tuple[date, date]:
    start, end = table.day(first), table.day(last)
    if end < start:
        raise table.error(last, f"{end} is before {first}, {start}: must be that day or later")
    return start, end


def _tranche(table: Table) -> TranchePolicy:
    tranche = TranchePolicy(size=table.whole("size"), from_=table.day("from"))
    table.done()
    return tranche


def _issue_from(cohort: Table) -> Mapping[int, date]:
    if not cohort.has("issue_from"):
        return MappingProxyType({})
    table = cohort.table("issue_from")
    windows = {p: table.day(f"P{p}") for p in PRIORITIES if table.has(f"P{p}")}
    table.done()
    for before, after in zip(windows, list(windows)[1:], strict=False):
        if windows[after] < windows[before]:
            raise table.error(
                f"P{after}",
                f"{windows[after]} is before P{before}, {windows[before]}: "
                "windows open in the order P1, P2, P3, P4",
            )
    return MappingProxyType(windows)


def _paid_clauses(top: Table) -> Mapping[int, str]:
    if not top.has("paid_clauses"):
        return MappingProxyType({2021: "2.a", 2022: "2.b"})
    table = top.table("paid_clauses")
    clauses: dict[int, str] = {}
    for year in table.rows:
        if not year.isdigit():
            raise table.error(year, "must be a year such as 2021")
        clauses[int(year)] = table.text(year, CLAUSES)
    return MappingProxyType(clauses)


def _clause(table: Table, usual: str) -> str:
    return table.text("clause", CLAUSES) if table.has("clause") else usual


def _check_succession(top: Table, cohorts: Mapping[str, CohortPolicy]) -> None:
    followed: set[str] = set()
    for cohort in cohorts.values():
        if cohort.follows is None:
            continue
        table = top.table("cohorts").table(cohort.name)
        before = cohorts.get(cohort.follows)
        if before is None or before is cohort:
            others = ", ".join(name for name in cohorts if name != cohort.name) or "none"
            raise table.error(
                "follows", f"{cohort.follows!r} is not another cohort: allowed are {others}"
            )
        if before.starts >= cohort.starts:
            raise table.error(
                "follows", f"{before.name!r} starts on {before.starts}: must start earlier"
            )
        if before.name in followed:
            raise table.error("follows", f"{before.name!r} is followed by another cohort already")
        followed.add(before.name)
    if not cohorts:
        raise top.error("cohorts", "is empty: at least one cohort is needed")


def _revocation(table: Table) -> RevocationPolicy:
    rules = []
    for clause in ("5.i", "5.ii", "5.iii"):
        row = table.table(clause)
        rules.append(Rule(clause, row.whole("days", most=MOST_DAYS), row.text("mode", MODES)))
        row.done()
    idle = table.table("5.iv")
    last = 0
    for row in idle.tables("stages"):
        days, mode = row.whole("days", least=1, most=MOST_DAYS), row.text("mode", MODES)
        if days <= last:
            raise row.error("days", f"{days} is not allowed: must be more than {last} before it")
        row.done()
        rules.append(Rule("5.iv", days, mode, stage=days))
        last = days
    idle.done()
    brake = table.table("brake")
    policy = RevocationPolicy(
        tuple(rules), Brake(brake.whole("licenses"), brake.number("share", most=1))
    )
    brake.done()
    table.done()
    return policy


def _extension(table: Table, cohorts: Mapping[str, CohortPolicy]) -> ExtensionPolicy:
    cohort = table.text("cohort", cohorts)
    policy = ExtensionPolicy(
        cohort=cohort,
        from_=table.day("from"),
        percent=table.number("percent", most=100),
        until=table.day("until"),
        clause=_clause(table, ExtensionPolicy.clause),
    )
    table.done()
    if policy.until < policy.from_:
        raise table.error("until", f"{policy.until} is before from, {policy.from_}")
    return policy


def _queue(table: Table) -> QueuePolicy:
    policy = QueuePolicy(
        seen_minutes=table.whole("seen_minutes"),
        due_hours=table.whole("due_hours"),
        escalate_after_overdue_hours=table.whole("escalate_after_overdue_hours"),
    )
    table.done()
    return policy


def _documents(table: Table) -> DocumentPolicy:
    policy = DocumentPolicy(
        by_category=MappingProxyType({c: table.texts(c, DOCUMENT_KINDS) for c in CATEGORIES}),
        student_first_semester=table.texts("student_first_semester", DOCUMENT_KINDS),
        max_files=table.whole("max_files", least=1, most=MOST_FILES),
        max_bytes=table.whole("max_bytes", least=1, most=MOST_BYTES),
        retention_days=(
            table.whole("retention_days", most=MOST_DAYS)
            if table.has("retention_days")
            else DocumentPolicy.retention_days
        ),
    )
    table.done()
    return policy
