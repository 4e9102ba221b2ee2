"""Which cohort a program of Coursera's is for: exports name programs by slug, cohorts by id (R21)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.utils.text import slugify

from licensing.coursera.activity_exports import Activity, Row
from licensing.coursera.port import RowError
from licensing.models import Cohort, Import

SAMPLE = 20


def remembered() -> dict[str, int]:
    """What HEC said of each slug when it last imported a file with it: the cohort's id."""
    known: dict[str, int] = {}
    done = Import.objects.filter(kind=Import.Kind.ACTIVITY, state=Import.State.DONE)
    for programs in done.order_by("pk").values_list("programs", flat=True):
        known |= {slug: cohort for slug, cohort in programs.items() if cohort}
    return known


@dataclass
class ProgramSlugs:
    """Puts the program's id in place of its slug, row by row, and counts what it saw.

    `chosen` maps slugs to ids of cohorts, None for none of ours; it wins over what is remembered,
    and that over the cohort whose program or name the slug has.
    """

    chosen: Mapping[str, int | None] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    sample: list[Activity] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._cohorts = {cohort.pk: cohort for cohort in Cohort.objects.all()}
        self._known: dict[str, int | None] = {**remembered(), **self.chosen}

    def cohort(self, slug: str) -> Cohort | None:
        """The cohort that a slug stands for, None while nobody has said."""
        if slug not in self._known:
            self._known[slug] = next(
                (pk for pk, cohort in self._cohorts.items() if _is_of(slug, cohort)), None
            )
        return self._cohorts.get(self._known[slug] or 0)

    def apply(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows with ids of programs; the first `SAMPLE` that can be read are kept as they were."""
        ids: dict[str, str] = {}
        for row in rows:
            if isinstance(row, RowError):
                yield row
                continue
            slug = row.program_id
            self.seen[slug] += 1
            if slug not in ids:
                cohort = self.cohort(slug)
                ids[slug] = cohort.coursera_program if cohort else slug
            if len(self.sample) < SAMPLE:
                self.sample.append(row)
            yield row if ids[slug] == slug else row._replace(program_id=ids[slug])


def _is_of(slug: str, cohort: Cohort) -> bool:
    name = slugify(cohort.name)
    return slug in (cohort.coursera_program, name) or slug.endswith(f"-{name}")
