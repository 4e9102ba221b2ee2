"""The drawing of charts: pygal finds the places, and what is drawn from them holds no style and no script.

Colours are presentation attributes: a file shows them as they are, a page's stylesheet overrides them by class.
"""

import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pygal
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils import dateformat
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from pygal.style import Style

WIDTH, HEIGHT = 560, 280
ROW, NAME_LETTERS = 22, 40
FONT = 14
MOST_NAMES = 6
WIDEST_BAR = 56
MOST_POINTS = 120
LONG = timedelta(days=90)
COLOURS = ("#0b5d3b", "#b35c00", "#134a86", "#7b3fa0", "#a31621", "#66756c")
DASHES = ("", "7 4", "2 3", "10 3 2 3", "4 2", "1 4")
INK, MUTED, LINE, EDGE, SURFACE = "#17211c", "#4a5850", "#cfd9d3", "#66756c", "#ffffff"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_PLAIN: dict[str, Any] = {
    "js": (),
    "css": (),
    # Labels are given the room that a phone's larger letters need.
    "style": Style(label_font_size=17, major_label_font_size=17),
    "width": WIDTH,
    "height": HEIGHT,
    "margin": 6,
    "margin_right": 26,
    "spacing": 8,
    "show_legend": False,
    "truncate_label": -1,
    "include_x_axis": True,
    "value_formatter": lambda value: figure(value),
}

Point = tuple[date, float]


def lines(series: Sequence[Sequence[Point]], step: bool, area: bool) -> ElementTree.Element:
    days = [day for points in series for day, _value in points]
    first, last = min(days), max(days)
    most = max(value for points in series for _day, value in points)
    chart = pygal.XY(
        **_PLAIN | scale(most),
        show_dots=False,
        xrange=(first.toordinal(), max(last, first + timedelta(days=1)).toordinal()),
        x_value_formatter=lambda x: _short(date.fromordinal(round(x)), last - first),
    )
    chart.x_labels = [day.toordinal() for day in _days_to_name(first, last)]
    for points in series:
        placed = [(day.toordinal(), value) for day, value in points]
        if len(placed) == 1:
            placed.append((placed[0][0] + 1, placed[0][1]))
        chart.add("", _stepped(placed) if step else placed)
    return _redrawn(chart, area=area)


def lying_bars(figures: Mapping[str, float]) -> ElementTree.Element:
    """Long names need lines of their own on a phone, which no library gives them."""
    most = max(*figures.values(), 0) or 1
    drawn, top = root(WIDTH, 0), 0
    for category, value in figures.items():
        text(drawn, WIDTH, top + ROW, figure(value), INK, anchor="end")
        for words in textwrap.wrap(category, NAME_LETTERS):
            top += ROW
            text(drawn, 0, top, words, INK)
        place = {"x": "0", "y": str(top + 7), "height": "12"}
        node(drawn, "rect", "chart-ground", width=str(WIDTH), fill=LINE, **place)
        width = short(WIDTH * value / most)
        node(drawn, "rect", "chart-bar chart-0", width=width, fill=COLOURS[0], **place)
        top += 26
    drawn.set("viewBox", f"0 0 {WIDTH} {top}")
    return drawn


def stacked_bars(
    categories: Sequence[str], series: Mapping[str, Sequence[float]]
) -> ElementTree.Element:
    most = max(sum(values) for values in zip(*series.values(), strict=True))
    chart = pygal.StackedBar(**_PLAIN | scale(most))
    apart = -(-len(categories) // MOST_NAMES)
    chart.x_labels = [words if n % apart == 0 else "" for n, words in enumerate(categories)]
    for values in series.values():
        chart.add("", list(values))
    return _redrawn(chart)


def _redrawn(chart: Any, *, area: bool = False) -> ElementTree.Element:
    """What pygal placed, drawn anew: only lines, bars and labels, in short numbers and our classes."""
    tree = chart.render_tree()
    drawn = root(WIDTH, HEIGHT)
    plot = next(g for g in tree.iter("g") if g.get("class") == "plot")
    left, top = (float(n) for n in re.findall(NUMBER, plot.get("transform", "")))
    inner = node(drawn, "g", transform=f"translate({short(left)} {short(top)})")
    groups = [(group.get("class", "").split(), group) for group in plot]
    for kind, group in groups:
        if "axis" in kind:
            _axis(inner, group, upright="y" in kind)
    for kind, group in groups:
        if "series" in kind:
            number = int(kind[1].removeprefix("serie-"))
            _series(inner, group, number, area=area and number == 0)
    return drawn


def _axis(inner: ElementTree.Element, axis: ElementTree.Element, *, upright: bool) -> None:
    for rule in axis.iter("path"):
        if upright:
            is_zero = "axis" in rule.get("class", "").split()
            look, colour = ("chart-axis", EDGE) if is_zero else ("chart-grid", LINE)
            node(inner, "path", look, d=_short_path(rule), stroke=colour, fill="none")
    for label in axis.iter("text"):
        if label.text:
            x, y = float(label.get("x", 0)), float(label.get("y", 0))
            text(inner, x, y, label.text, anchor="end" if upright else "middle")


def _series(
    inner: ElementTree.Element, group: ElementTree.Element, number: int, *, area: bool
) -> None:
    number %= len(COLOURS)
    colour = COLOURS[number]
    marks = node(inner, "g", f"chart-{number}")
    for found in group.iter("path"):
        path = _short_path(found)
        if area:
            start, ground = path[1:].split()[0], _ground(inner)
            closed = f"{path}V{ground}H{start}z"
            node(marks, "path", "chart-area", d=closed, fill=colour, **{"fill-opacity": ".15"})
        _line(marks, number, path)
    for found in group.iter("rect"):
        x, y, width, height = (float(found.get(key, 0)) for key in ("x", "y", "width", "height"))
        # A single month would fill the whole picture.
        x, width = x + max(0, width - WIDEST_BAR) / 2, min(width, WIDEST_BAR)
        place = {"x": short(x), "y": short(y), "width": short(width), "height": short(height)}
        node(marks, "rect", "chart-bar", fill=colour, **place)


def _line(parent: ElementTree.Element, number: int, path: str) -> None:
    look = {"stroke": COLOURS[number], "stroke-width": "2.5", "fill": "none"}
    if DASHES[number]:
        look["stroke-dasharray"] = DASHES[number]
    node(parent, "path", "chart-line", d=path, **look)


def mark(parent: ElementTree.Element, number: int, of_lines: bool) -> None:
    """What a legend shows of a series, within 24 by 24."""
    number %= len(COLOURS)
    shown = node(parent, "g", f"chart-{number}")
    if of_lines:
        _line(shown, number, "M0 12H24")
    else:
        node(
            shown, "rect", "chart-bar", x="5", y="5", width="14", height="14", fill=COLOURS[number]
        )


def _ground(inner: ElementTree.Element) -> str:
    """Where zero is drawn."""
    axis = next(path for path in inner.iter("path") if path.get("class") == "chart-axis")
    return re.findall(NUMBER, axis.get("d", ""))[1]


def mirror(drawn: ElementTree.Element) -> None:
    """From right to left: all turned over, and each text back again about its own place."""
    turned = ElementTree.Element("g", transform=f"matrix(-1 0 0 1 {WIDTH} 0)")
    turned.extend(list(drawn))
    for child in list(drawn):
        drawn.remove(child)
    drawn.append(turned)
    for words in turned.iter("text"):
        words.set("x", short(-float(words.get("x", 0))))
        words.set("transform", "scale(-1 1)")
        anchor = words.get("text-anchor", "start")
        words.set("text-anchor", {"start": "end", "end": "start"}.get(anchor, anchor))


def root(width: float, height: float) -> ElementTree.Element:
    return ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "chart-picture",
            "viewBox": f"0 0 {short(width)} {short(height)}",
            "role": "img",
            "direction": "ltr",
            "font-family": "system-ui, sans-serif",
            "font-size": str(FONT),
        },
    )


def node(
    parent: ElementTree.Element, tag: str, look: str = "", **attributes: str
) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, ({"class": look} if look else {}) | attributes)


def text(
    parent: ElementTree.Element,
    x: float,
    y: float,
    words: str,
    colour: str = MUTED,
    *,
    anchor: str = "start",
) -> ElementTree.Element:
    look = "chart-name" if colour == INK else ""
    drawn = node(parent, "text", look, x=short(x), y=short(y), fill=colour)
    if anchor != "start":
        drawn.set("text-anchor", anchor)
    drawn.text = words
    return drawn


def written(drawn: ElementTree.Element) -> SafeString:
    """The picture as markup."""
    # Every text and attribute is escaped by ElementTree.
    return mark_safe(ElementTree.tostring(drawn, encoding="unicode"))


def scale(most: float) -> dict[str, Any]:
    """Three to six round steps from zero up to `most` or beyond; whole ones when there is room."""
    power = 10 ** math.floor(math.log10(most / 5)) if most > 5 else 1
    step = next(power * n for n in (1, 2, 5, 10) if power * n * 5 >= most)
    top = step * max(1, math.ceil(most / step))
    return {"range": (0, top), "y_labels": list(range(0, top + 1, step))}


def _short_path(path: ElementTree.Element) -> str:
    return re.sub(NUMBER, lambda found: short(float(found[0])), path.get("d", ""))


def short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def figure(value: float | None) -> str:
    """A figure as people read it: grouped, one decimal where it has any, a dash for none."""
    if value is None:
        return "–"
    return str(intcomma(round(value) if value == round(value) else round(value, 1)))


def day_in_words(day: date) -> str:
    # Translators: a date in a table or below a chart, in the letters of Django's `date` filter.
    return dateformat.format(day, _("j M Y"))


def _short(day: date, span: timedelta) -> str:
    """A day below a chart of this span, in few letters."""
    if span <= LONG:
        # Translators: a day without its year below a chart, in the letters of Django's `date` filter.
        return dateformat.format(day, _("j M"))
    # Translators: a month below a chart, in the letters of Django's `date` filter.
    return dateformat.format(day, _("M y"))


def _days_to_name(first: date, last: date) -> list[date]:
    """Days at equal distances; the firsts of months when there are several."""
    span = last - first
    if span <= LONG:
        apart = max(1, -(-span.days // MOST_NAMES))
        return [first + timedelta(days=n) for n in range(0, span.days + 1, apart)]
    months = [day for n in range(span.days + 1) if (day := first + timedelta(days=n)).day == 1]
    return months[:: -(-len(months) // MOST_NAMES)]


def _stepped(points: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Each level held until the next."""
    held = points[:1]
    for (_x, level), (x, after) in pairwise(points):
        held += [(x, level), (x, after)]
    return held


def thinned(points: Sequence[Point]) -> list[Point]:
    """The last point of each of `MOST_POINTS` equal spans, and the first of all."""
    if len(points) <= MOST_POINTS:
        return list(points)
    first, last = points[0][0], points[-1][0]
    span = max(1, (last - first).days) / (MOST_POINTS - 2)
    kept = {int((point[0] - first).days / span): point for point in points}
    return [points[0], *(point for point in kept.values() if point[0] != first)]
