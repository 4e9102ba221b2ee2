"""Charts drawn on the server: small accessible SVG with title, description and the table behind it.

`line`, `bars` and `stacked` make a `Chart`. A page shows it by `components/chart.html`, themed by its
stylesheet and mirrored in Urdu; `chart.file` is the same picture as a file that carries its own colours.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from xml.etree import ElementTree

from django.utils import dateformat, translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dlsei import chart_drawing as drawing_of
from dlsei.chart_drawing import (
    HEIGHT,
    INK,
    SURFACE,
    WIDTH,
    Point,
    day_in_words,
    figure,
    mark,
    mirror,
    node,
    root,
    short,
    text,
    thinned,
    written,
)

EDGES, ABOVE, LEGEND = 16, 44, 26


@dataclass(frozen=True)
class Chart:
    """A picture of figures. `name` is unique on its page; `head` and `rows` are the table behind it."""

    name: str
    title: str
    description: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    series: tuple[str, ...]
    drawing: Callable[[], ElementTree.Element] | None
    of_lines: bool = False

    @property
    def is_empty(self) -> bool:
        return self.drawing is None

    @property
    def legend(self) -> list[tuple[str, SafeString]]:
        """Each series' words and mark, for beside the picture; nothing when there is one series."""
        if len(self.series) < 2:
            return []
        return [(words, self._key(number)) for number, words in enumerate(self.series)]

    @property
    def svg(self) -> SafeString:
        """The picture for a page, coloured by its stylesheet; the legend stands beside it."""
        if self.drawing is None:
            return SafeString("")
        drawn = self.drawing()
        if translation.get_language_bidi():
            mirror(drawn)
        return self._named(drawn)

    @property
    def file(self) -> str:
        """The picture as a file of its own, in light colours, with title and legend drawn in it."""
        drawn = self.drawing() if self.drawing else root(WIDTH, HEIGHT)
        height = float(drawn.get("viewBox", "").split()[3])
        series = self.series if len(self.series) > 1 else ()
        picture = root(WIDTH + 2 * EDGES, height + ABOVE + LEGEND * len(series) + EDGES)
        node(picture, "rect", width="100%", height="100%", fill=SURFACE)
        text(picture, EDGES, 28, self.title, INK).set("font-weight", "bold")
        node(picture, "g", transform=f"translate({EDGES} {ABOVE})").extend(list(drawn))
        for number, words in enumerate(series):
            top = height + ABOVE + LEGEND * number
            key = node(picture, "g", transform=f"translate({EDGES} {short(top)})")
            mark(key, number, self.of_lines)
            text(key, 34, 17, words)
        return self._named(picture)

    def _key(self, number: int) -> SafeString:
        key = ElementTree.Element("svg", {"class": "chart-key", "viewBox": "0 0 24 24"})
        key.set("aria-hidden", "true")
        mark(key, number, self.of_lines)
        return written(key)

    def _named(self, drawn: ElementTree.Element) -> SafeString:
        ids = f"{self.name}-title", f"{self.name}-text"
        drawn.set("aria-labelledby", " ".join(ids))
        for tag, id, words in (("desc", ids[1], self.description), ("title", ids[0], self.title)):
            named = ElementTree.Element(tag, id=id)
            named.text = words
            drawn.insert(0, named)
        return written(drawn)


def line(
    name: str,
    title: str,
    description: str,
    series: Mapping[str, Sequence[Point]],
    *,
    step: bool = False,
    area: bool = False,
) -> Chart:
    """Figures over time, one line a series; `step` for levels that hold until the next, `area` fills the first.

    Longer series than `MOST_POINTS` show the last point of each equal span.
    """
    shown = {words: thinned(points) for words, points in series.items()}
    days = sorted({day for points in shown.values() for day, _value in points})
    by_day = [dict(points) for points in shown.values()]
    rows = [(day_in_words(day), *(figure(values.get(day)) for values in by_day)) for day in days]
    drawing = (lambda: drawing_of.lines(list(shown.values()), step, area)) if days else None
    return Chart(
        name, title, description, (_("Day"), *shown), rows, tuple(shown), drawing, of_lines=True
    )


def bars(
    name: str, title: str, description: str, figures: Mapping[str, float], *, head: tuple[str, str]
) -> Chart:
    """One bar a category, lying, in the order given; `head` names the two columns of the table."""
    rows = [(category, figure(value)) for category, value in figures.items()]
    drawing = (lambda: drawing_of.lying_bars(figures)) if figures else None
    return Chart(name, title, description, head, rows, head[1:], drawing)


def stacked(
    name: str,
    title: str,
    description: str,
    categories: Sequence[str],
    series: Mapping[str, Sequence[float]],
    *,
    head: str,
) -> Chart:
    """Standing bars, one a category (a month, a cohort), cut by series; `head` names the categories."""
    rows = [
        (category, *(figure(values[n]) for values in series.values()))
        for n, category in enumerate(categories)
    ]
    drawing = (
        (lambda: drawing_of.stacked_bars(categories, series)) if categories and series else None
    )
    return Chart(name, title, description, (head, *series), rows, tuple(series), drawing)


def by_month(points: Sequence[Point]) -> list[tuple[str, float]]:
    """Sums of `points` month by month, the empty ones too, each with the month's name."""
    if not points:
        return []
    sums: dict[date, float] = {}
    month, last = min(points)[0].replace(day=1), max(points)[0]
    while month <= last:
        sums[month] = 0
        month = (month + timedelta(days=31)).replace(day=1)
    for day, value in points:
        sums[day.replace(day=1)] += value
    return [(dateformat.format(month, "M Y"), value) for month, value in sums.items()]
