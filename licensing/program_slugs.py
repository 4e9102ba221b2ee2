"""Which cohort a program of Coursera's is for: exports name programs by slug, cohorts by id (R21)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.text import slugify

from licensing.models import Cohort, Import


def remembered() -> dict[str, int]:
    """What HEC said of each slug when it last imported a file with it: the cohort's id."""
    known: dict[str, int] = {}
    done = Import.objects.filter(kind=Import.Kind.ACTIVITY, state=Import.State.DONE)
    for programs in done.order_by("pk").values_list("programs", flat=True):
        known |= {slug: cohort for slug, cohort in programs.items() if cohort}
    return known


@dataclass
class ProgramSlugs:
    """Says which program the slug of one means.

    `chosen` maps slugs to ids of cohorts, None for none of ours; it wins over what is remembered,
    and that over the cohort whose program or name the slug has. `seen` are those it was asked for.
    """

    chosen: Mapping[str, int | None] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

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

    def programs(self, slugs: Iterable[str]) -> dict[str, str]:
        """Coursera's id of the program for each of these slugs that stands for a cohort of ours."""
        self.seen = list(slugs)
        return {
            slug: cohort.coursera_program for slug in self.seen if (cohort := self.cohort(slug))
        }


def _is_of(slug: str, cohort: Cohort) -> bool:
    name = slugify(cohort.name)
    return slug in (cohort.coursera_program, name) or slug.endswith(f"-{name}")
