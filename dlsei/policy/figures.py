"""The programme's figures one by one: key in the file, label, clause, and what two programmes differ in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dlsei.policy.programme import CohortPolicy, Programme, Rule, TranchePolicy
from dlsei.policy.wording import gettext_noop as _

LICENSES, LINE, APPLICATIONS, DOCUMENTS, NOBODY = (
    "licenses",
    "line",
    "applications",
    "documents",
    "",
)
"""Whom a figure concerns: who holds a license, waits in line, has applied, has documents kept."""

WORDS = {
    "automatic": _("revoked by the system"),
    "review": _("a case that HEC decides"),
    "student": _("Students"),
    "faculty": _("Faculty"),
    "staff": _("Staff"),
    "hec-employee": _("HEC employees"),
    "admission-card": _("admission card"),
    "student-card": _("student card"),
    "transcript": _("transcript of the previous semester"),
    "previous-education": _("transcript or certificate of previous education"),
    "employment-letter": _("employment letter"),
    "office-card": _("office card"),
}
FROM_DAY = _("%(size)s from %(day)s")
AFTER_DAYS = _("after %(days)s days %(mode)s")


class Bytes(int):
    """A size, which people read in MiB."""


@dataclass(frozen=True)
class Figure:
    """One value of a programme, with the untranslated `label` that a person reads.

    `key` is where it stands in the file, `name` the same whatever the cohort and wherever the file
    gives it. `cohort` is the one it holds for ("" for all), `part` the rule, priority or year that
    it is about, `clauses` are ids of clauses and readings.
    """

    key: str
    name: str
    cohort: str
    label: str
    value: object
    clauses: tuple[str, ...]
    concerns: str
    part: str = ""

    @property
    def place(self) -> str:
        """What the figure is about, to stand before its label: "Cohort II, 5.i"."""
        return ", ".join(part for part in (self.cohort, self.part) if part)


@dataclass(frozen=True)
class Difference:
    """A figure that another programme has otherwise; `before` or `after` is None where one lacks it."""

    figure: Figure
    before: object
    after: object


def figures(programme: Programme) -> list[Figure]:
    """Return all figures of `programme`, cohort by cohort, then what holds for all."""
    found: list[Figure] = []
    for cohort in programme.cohorts.values():
        found += _of_cohort(cohort)
        found += _of_revocation(cohort, programme)
    return [*found, *_of_all(programme)]


def differences(before: Programme, after: Programme) -> list[Difference]:
    """Return what `after` says otherwise than `before`, in the order of the file."""
    old = {(figure.cohort, figure.name): figure for figure in figures(before)}
    new = {(figure.cohort, figure.name): figure for figure in figures(after)}
    found = []
    for place, figure in (old | new).items():
        was = old[place].value if place in old else None
        will_be = new[place].value if place in new else None
        if was != will_be:
            found.append(Difference(figure, was, will_be))
    return found


def english_day(day: date) -> str:
    """Return `day` as documents in English write it: 1 August 2023."""
    return f"{day.day} {day:%B %Y}"


def in_words(
    value: object,
    day: Callable[[date], str] = english_day,
    word: Callable[[str], str] = str,
) -> str:
    """Return a figure's value for a person; `day` writes dates, `word` translates."""
    if value is None or value == ():
        return "–"
    if isinstance(value, TranchePolicy):
        return word(FROM_DAY) % {"size": f"{value.size:,}", "day": day(value.from_)}
    if isinstance(value, Rule):
        return word(AFTER_DAYS) % {"days": value.days, "mode": word(WORDS[value.mode])}
    if isinstance(value, tuple):
        separator = _("; ") if isinstance(value[0], TranchePolicy | Rule) else _(", ")
        return word(separator).join(in_words(one, day, word) for one in value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, Bytes):
        return f"{value / 1024 / 1024:g} MiB"
    if isinstance(value, int | Decimal):
        # Not in groups of three: years.
        return f"{value:,}" if value >= 10_000 else str(value)
    return word(WORDS[value]) if value in WORDS else str(value)


def _of_cohort(cohort: CohortPolicy) -> Iterator[Figure]:
    own = (cohort.clause, "A.0") if cohort.follows else (cohort.clause,)
    paid = tuple(cohort.paid_clauses[year] for year in cohort.paid_years)
    if "2.b" in paid:
        paid += ("A.4",)
    added = ("1.b",) if len(cohort.tranches) > 1 else ()
    rows: list[tuple[str, str, object, tuple[str, ...], str]] = [
        ("follows", _("Follows"), cohort.follows, ("A.1", "R18", "R19"), LICENSES),
        ("starts", _("First day"), cohort.starts, (*own, "R1", "R2"), LICENSES),
        ("ends", _("Last day"), cohort.ends, (*own, "R1", "R2"), LICENSES),
        (
            "intake_from",
            _("Applications open on"),
            cohort.intake_from,
            ("4.1.k", "4.1.m", "R10", "R13"),
            APPLICATIONS,
        ),
        (
            "intake_until",
            _("Last day to apply"),
            cohort.intake_until,
            ("4.1.m", "R13"),
            APPLICATIONS,
        ),
        (
            "decide_carried_by",
            _("Last day to decide what is still pending in the cohort before"),
            cohort.decide_carried_by,
            ("A.3", "R19"),
            APPLICATIONS,
        ),
        (
            "tranches",
            _("Licenses in the bucket"),
            cohort.tranches,
            (cohort.clause, *added, "R3"),
            LINE,
        ),
        *(
            (
                f"issue_from.P{priority}",
                _("Licenses are issued to this priority class from"),
                cohort.issue_from.get(priority),
                ("A.3", "R19"),
                LINE,
            )
            for priority in sorted(cohort.issue_from)
        ),
        (
            "paid_years",
            _("Licenses paid for in these years end with the cohort"),
            cohort.paid_years,
            (*paid, "R4"),
            LICENSES,
        ),
        (
            "clause",
            _("Clause by which its licenses end on the last day"),
            cohort.clause,
            (cohort.clause, "R1"),
            LICENSES,
        ),
    ]
    for name, label, value, clauses, concerns in rows:
        if value is not None:
            key = f'cohorts."{cohort.name}".{name}'
            part = name.removeprefix("issue_from.") if name.startswith("issue_from.") else ""
            yield Figure(key, name, cohort.name, label, value, clauses, concerns, part)


def _of_revocation(cohort: CohortPolicy, programme: Programme) -> Iterator[Figure]:
    inherited = ("A.5",) if cohort.follows else ()
    for clause in ("5.i", "5.ii", "5.iii", "5.iv"):
        rules = tuple(rule for rule in cohort.revocation.rules if rule.clause == clause)
        usual = tuple(rule for rule in programme.revocation.rules if rule.clause == clause)
        of_cohort = "" if rules == usual else f'cohorts."{cohort.name}".'
        name = f'revocation."{clause}"'
        clauses = (clause, *inherited, "R14", "R15", "R16")
        rows: list[tuple[str, str, object]]
        if clause == "5.iv":
            rows = [("stages", _("When a license has not been used"), rules)]
        else:
            rows = [
                ("days", _("Days after the invitation"), rules[0].days),
                ("mode", _("What happens then"), rules[0].mode),
            ]
        for key, label, value in rows:
            yield Figure(
                f"{of_cohort}{name}.{key}",
                f"{name}.{key}",
                cohort.name,
                label,
                value,
                clauses,
                LICENSES,
                clause,
            )
    brake, usual_brake = cohort.revocation.brake, programme.revocation.brake
    of_cohort = "" if brake == usual_brake else f'cohorts."{cohort.name}".'
    for name, label, value in (
        (
            "licenses",
            _("A run waits for HEC when it would revoke more licenses than"),
            brake.licenses,
        ),
        ("share", _("and more than this share of the live licenses"), brake.share),
    ):
        yield Figure(
            f"{of_cohort}revocation.brake.{name}",
            f"revocation.brake.{name}",
            cohort.name,
            label,
            value,
            ("5.z", "R22"),
            NOBODY,
        )


def _of_all(programme: Programme) -> Iterator[Figure]:
    queue, documents, extension = programme.queue, programme.documents, programme.extension
    years = next(iter(programme.cohorts.values())).paid_clauses
    rows: list[tuple[str, str, object, tuple[str, ...], str]] = [
        *(
            (
                f"paid_clauses.{year}",
                _("Clause by which a license paid for in that year ends"),
                clause,
                (clause, "R4"),
                LICENSES,
            )
            for year, clause in years.items()
        ),
        (
            "warnings.days_before",
            _("Days before a deadline on which a warning goes out"),
            programme.warnings_days_before,
            ("5.i", "5.ii", "5.iii", "5.iv", "R17"),
            LICENSES,
        ),
    ]
    if extension:
        clauses: tuple[str, ...] = (extension.clause, "R20")
        rows += [
            (
                "extension.cohort",
                _("Extended are licenses of"),
                extension.cohort,
                clauses,
                LICENSES,
            ),
            ("extension.from", _("Progress counts from"), extension.from_, clauses, LICENSES),
            (
                "extension.percent",
                _("Progress needed, in percent"),
                extension.percent,
                clauses,
                LICENSES,
            ),
            ("extension.until", _("Extended until"), extension.until, clauses, LICENSES),
            (
                "extension.clause",
                _("Clause by which extended licenses end"),
                extension.clause,
                clauses,
                LICENSES,
            ),
        ]
    rows += [
        (
            "queue.seen_minutes",
            _("Minutes for which an application open at one focal person is not ahead for another"),
            queue.seen_minutes,
            ("4.1.f", "4.1.k", "R8", "R10"),
            NOBODY,
        ),
        (
            "queue.due_hours",
            _("Hours in which a focal person should act"),
            queue.due_hours,
            ("4.1.l", "R12"),
            APPLICATIONS,
        ),
        (
            "queue.escalate_after_overdue_hours",
            _("Hours overdue after which HEC is told"),
            queue.escalate_after_overdue_hours,
            ("4.1.j", "4.1.l", "R12"),
            APPLICATIONS,
        ),
    ]
    accepted: dict[str, tuple[tuple[str, ...], str]] = {
        **{name: (kinds, WORDS[name]) for name, kinds in documents.by_category.items()},
        "student_first_semester": (
            documents.student_first_semester,
            _("Students of the first semester, in addition"),
        ),
    }
    rows += [
        (
            f"documents.{name}",
            label,
            kinds,
            ("4.1.c" if name.startswith("student") else "4.2.a", "R7"),
            APPLICATIONS,
        )
        for name, (kinds, label) in accepted.items()
    ]
    rows += [
        (
            "documents.max_files",
            _("Documents at most"),
            documents.max_files,
            ("4.1.c", "R7"),
            APPLICATIONS,
        ),
        (
            "documents.max_bytes",
            _("Size of a document at most"),
            Bytes(documents.max_bytes),
            ("4.1.c", "R7"),
            APPLICATIONS,
        ),
        (
            "documents.retention_days",
            _("Days after the final decision until documents are deleted"),
            documents.retention_days,
            ("4.1.e", "R7"),
            DOCUMENTS,
        ),
    ]
    for key, label, value, clauses, concerns in rows:
        cohort = extension.cohort if extension and key.startswith("extension.") else ""
        part = key.removeprefix("paid_clauses.") if key.startswith("paid_clauses.") else ""
        yield Figure(key, key, cohort, label, value, clauses, concerns, part)
