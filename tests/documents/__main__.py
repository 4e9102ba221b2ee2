"""Writes what became of both corpora into docs/documents.md: `python -m tests.documents [--public]`."""

import re
import sys

from dlsei.embedded.services import PROJECT
from tests.documents import honest, hostile, public_samples
from tests.documents.measured import outcomes, table

PAGE = PROJECT / "docs" / "documents.md"
CORPORA = {"hostile": hostile.corpus, "honest": honest.corpus, "public": public_samples.corpus}


def main() -> None:
    """Replaces the tables between their marks; with `--public` that of the public packages alone."""
    text = PAGE.read_text(encoding="utf-8")
    for name in ("public",) if "--public" in sys.argv else ("hostile", "honest"):
        written = f"<!-- {name} -->\n\n{table(outcomes(CORPORA[name]()))}\n\n<!-- end of {name} -->"
        text = re.sub(
            f"<!-- {name} -->.*<!-- end of {name} -->", lambda _, w=written: w, text, flags=re.S
        )
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
