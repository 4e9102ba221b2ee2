"""Writes what became of both corpora into docs/documents.md: `python -m tests.documents [--public]`."""

import sys

from dlsei.embedded.services import PROJECT
from tests.documents import honest, hostile, public_samples
from tests.documents.measured import outcomes, table

PAGE = PROJECT / "docs" / "documents.md"
CORPORA = {"hostile": hostile.corpus, "honest": honest.corpus, "public": public_samples.corpus}


def main() -> None:
    """Replaces the tables between their marks; with `--public` that of the public packages alone."""
    names = ("public",) if "--public" in sys.argv else ("hostile", "honest")
    tables = {name: table(outcomes(CORPORA[name]())) for name in names}
    text = PAGE.read_text(encoding="utf-8")
    for name, rows in tables.items():
        marks = f"<!-- {name} -->", f"<!-- end of {name} -->"
        before, _, rest = text.partition(marks[0])
        after = rest.partition(marks[1])[2]
        text = f"{before}{marks[0]}\n\n{rows}\n\n{marks[1]}{after}"
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
