"""The policy as one readable document: clauses, what is done about them, the figures in force."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dlsei.policy.clauses import CLAUSES, Clause
from dlsei.policy.figures import NOBODY, Figure, figures, in_words
from dlsei.policy.practice import PRACTICE, Practice
from dlsei.policy.programme import Programme
from dlsei.policy.readings import READINGS
from dlsei.policy.refusals import REFUSALS, Refusal
from dlsei.policy.states import LABELS, MOVES, mermaid
from dlsei.policy.wording import gettext_noop as _

SECTIONS = (
    ("1.", _("Cohorts and their licenses")),
    ("2.", _("Licenses that learners paid for")),
    ("3.", _("Who may apply")),
    ("4.1.", _("From the application to the license")),
    ("4.2.", _("Faculty and staff")),
    ("5.", _("When a license is taken back")),
    ("A.", _("The second cohort")),
)
THINGS = {
    "application": _("Application"),
    "document": _("Document"),
    "place": _("Place in the line"),
    "license": _("License"),
    "case": _("Revocation case"),
    "nomination": _("Nomination of a focal person"),
    "officer": _("Officer of HEC"),
    "invitation": _("Invitation to focal persons and HEC's staff"),
    "recognition": _("Recognition of an institution"),
}


@dataclass(frozen=True)
class Entry:
    """One clause with all that a reader may ask about it; texts untranslated."""

    clause: Clause
    practice: Practice
    readings: tuple[tuple[str, str], ...]
    figures: tuple[Figure, ...]
    refusals: tuple[Refusal, ...]

    @property
    def told(self) -> tuple[Figure, ...]:
        """The figures that mean something to an applicant: no names of clauses, nothing internal."""
        return tuple(f for f in self.figures if f.concerns != NOBODY and f.value not in CLAUSES)


@dataclass(frozen=True)
class Section:
    """A section of the policy, its clauses in order."""

    title: str
    entries: tuple[Entry, ...]


def explain(programme: Programme) -> tuple[Section, ...]:
    """Return the policy with the figures of `programme`, for the console, the public and docs/."""
    all_figures = figures(programme)
    return tuple(
        Section(
            title,
            tuple(_entry(one, all_figures) for id, one in CLAUSES.items() if id.startswith(prefix)),
        )
        for prefix, title in SECTIONS
    )


def _entry(clause: Clause, all_figures: Iterable[Figure]) -> Entry:
    practice = PRACTICE[clause.id]
    return Entry(
        clause=clause,
        practice=practice,
        readings=tuple((id, READINGS[id]) for id in practice.readings),
        figures=_once(figure for figure in all_figures if clause.id in figure.clauses),
        refusals=tuple(refusal for refusal in REFUSALS.values() if refusal.clause == clause.id),
    )


def _once(found: Iterable[Figure]) -> tuple[Figure, ...]:
    """What every cohort takes from one key is said once, of no cohort in particular."""
    by_key: dict[str, Figure] = {}
    for figure in found:
        known = by_key.setdefault(figure.key, figure)
        if known.cohort != figure.cohort:
            by_key[figure.key] = replace(known, cohort="")
    return tuple(by_key.values())


def policy_document(programme: Programme, source: str) -> str:
    """Return docs/policy.md: every clause, the figures of `programme` from the file `source`."""
    lines = [
        "# The policy, clause by clause",
        "",
        f"Written by `manage.py document_policy` from `dlsei.policy` and `{source}`; a test compares.",
        "Each clause: HEC's words, the same in plain words, what the system does, how it is read, and",
        "the figures in force with their keys in the programme file. Days are days in Karachi.",
    ]
    for section in explain(programme):
        lines += ["", f"## {section.title}"]
        for entry in section.entries:
            lines += ["", *_of_clause(entry)]
    lines += ["", "## Readings", ""]
    all_figures = figures(programme)
    for id, sentence in READINGS.items():
        keys = dict.fromkeys(f"`{figure.key}`" for figure in all_figures if id in figure.clauses)
        lines.append(f"- **{id}** {sentence}" + (f" Data: {', '.join(keys)}." if keys else ""))
    return "\n".join(lines) + "\n"


def _of_clause(entry: Entry) -> list[str]:
    lines = [
        f"### {entry.clause.id}",
        "",
        f"> {entry.clause.text}",
        "",
        entry.clause.plain,
        "",
        f"*What the system does:* {entry.practice.does}"
        + (f" ({', '.join(id for id, _ in entry.readings)})" if entry.readings else ""),
    ]
    if entry.refusals:
        lines += ["", "*It says no by this clause:*", ""]
        lines += [f"- `{refusal.code}`: {refusal.sentence}" for refusal in entry.refusals]
    if entry.figures:
        lines += ["", "| in force | | key |", "| --- | --- | --- |"]
        for figure in entry.figures:
            place = f"{figure.place}: " if figure.place else ""
            lines.append(f"| {place}{figure.label} | {in_words(figure.value)} | `{figure.key}` |")
    return lines


def states_document() -> str:
    """Return docs/states.md: what may become of each thing, as state diagrams."""
    lines = [
        "# States",
        "",
        "Written by `manage.py document_policy` from `dlsei.policy.states`; a test compares.",
        "No other move is possible: ended is ended, and a new grant is a new row.",
    ]
    for thing in MOVES:
        lines += ["", f"## {THINGS[thing]}", "", "```mermaid", mermaid(thing).rstrip(), "```", ""]
        lines += [f"- `{state}`: {label}" for state, label in LABELS[thing].items()]
    return "\n".join(lines) + "\n"
