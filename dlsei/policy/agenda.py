"""What opens and ends on which day, in the order of the days, each with its clause."""

from dataclasses import dataclass
from datetime import date

from dlsei.policy.figures import Figure, figures
from dlsei.policy.programme import Programme, TranchePolicy


@dataclass(frozen=True)
class Dated:
    """A figure of the programme that names a day; `size` is how many seats a tranche brings then."""

    on: date
    figure: Figure
    size: int | None = None


def agenda(programme: Programme) -> list[Dated]:
    """Return every day that `programme` names, the earliest first."""
    found: list[Dated] = []
    for figure in figures(programme):
        if isinstance(figure.value, date):
            found.append(Dated(figure.value, figure))
        elif isinstance(figure.value, tuple):
            found += [
                Dated(tranche.from_, figure, tranche.size)
                for tranche in figure.value
                if isinstance(tranche, TranchePolicy)
            ]
    return sorted(found, key=lambda dated: (dated.on, dated.figure.cohort))
