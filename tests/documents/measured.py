"""A corpus through the inspection: what became of each file, and what finding out has cost."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from applications.inspection import inspector
from applications.inspection.inspector import Inspected
from tests.documents.judging import harms

MAX_BYTES = 5 * 1024 * 1024
AT_ONCE = 2


@dataclass
class Outcome:
    """What became of one file; `code` of the refusal, empty when it was accepted."""

    sample: Any
    code: str
    seconds: float
    mib: float
    inspected: Inspected | None = None

    def harms(self) -> list[str]:
        """What is left in what was accepted; nothing for what was refused."""
        made = self.inspected
        return harms(made.content, made.content_type) if made else []


def outcome(sample: Any) -> Outcome:
    """Has one file inspected, as an upload of its content would be."""
    try:
        found = inspector.examine(sample.content, max_bytes=MAX_BYTES)
    except inspector.Broken as broken:
        return Outcome(sample, f"NOT INSPECTED: {broken}", 0, 0)
    code = found.refusal.code if found.refusal else ""
    return Outcome(sample, code, found.seconds, found.mib, found.inspected)


def outcomes(corpus: Iterable[Any]) -> list[Outcome]:
    """All of a corpus, two files at a time; the same bytes only once."""
    different = {hashlib.sha256(sample.content).digest(): sample for sample in corpus}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(outcome, different.values()))


@dataclass
class Row:
    """What became of a class of files."""

    family: str
    files: int = 0
    accepted: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    mib: float = 0.0


def table(found: list[Outcome]) -> str:
    """A table in Markdown: by class files, accepted, refused by code, the most time and memory.

    What was accepted and is not harmless is in no column, so that a row does not add up.
    """
    rows: dict[str, Row] = defaultdict(lambda: Row(""))
    for one in found:
        for family in (one.sample.family, "all"):
            row = rows[family]
            row.family, row.files = family, row.files + 1
            row.accepted += not one.code and not one.harms()
            row.codes.update([one.code.removeprefix("document-")] if one.code else [])
            row.seconds, row.mib = max(row.seconds, one.seconds), max(row.mib, one.mib)
    rows["all"] = rows.pop("all")
    lines = [
        "| class | files | accepted, clean | refused | most seconds | most MiB |",
        "| --- | ---: | ---: | --- | ---: | ---: |",
    ]
    for row in rows.values():
        refused = ", ".join(f"{code} {n}" for code, n in row.codes.most_common())
        lines.append(
            f"| {row.family} | {row.files} | {row.accepted} | {refused} | {row.seconds:.2f} | {row.mib:.0f} |"
        )
    return "\n".join(lines)
