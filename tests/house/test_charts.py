"""Charts: small, accessible, without style or script, and the same figures in picture and table."""

import re
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from dlsei import charts, styleguide

START = date(2023, 1, 2)
SAMPLES = [chart.name for chart in styleguide.sample_charts()]


def sample(name: str) -> charts.Chart:
    return next(chart for chart in styleguide.sample_charts() if chart.name == name)


def level(values: list[float], **look: bool) -> charts.Chart:
    points = [(START + timedelta(days=n), value) for n, value in enumerate(values)]
    return charts.line("level", "Level", "What it is.", {"Held": points}, **look)


def corners(chart: charts.Chart) -> list[tuple[float, float]]:
    """The places that the first line goes through."""
    path = next(
        path.get("d", "")
        for path in ElementTree.fromstring(chart.svg).iter("{http://www.w3.org/2000/svg}path")
        if path.get("class") == "chart-line"
    )
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


@pytest.mark.parametrize("language", ["en", "ur"])
@pytest.mark.parametrize("name", SAMPLES)
def test_a_strict_policy_lets_a_chart_stand(name: str, language: str) -> None:
    with translation.override(language):
        picture = ElementTree.fromstring(sample(name).svg)

    for part in picture.iter():
        assert part.tag.rpartition("}")[2] in {"svg", "title", "desc", "g", "path", "rect", "text"}
        assert not [key for key in part.attrib if key == "style" or key.startswith("on")]


@pytest.mark.parametrize("language", ["en", "ur"])
@pytest.mark.parametrize("name", SAMPLES)
def test_a_chart_is_small(name: str, language: str) -> None:
    with translation.override(language):
        assert len(sample(name).svg.encode()) <= 10 * 1024


def test_a_long_series_is_small_too_and_keeps_its_ends() -> None:
    chart = level([n * 37 % 18_000 for n in range(2000)], step=True, area=True)

    assert len(chart.svg.encode()) <= 10 * 1024
    assert len(chart.rows) <= charts.drawing_of.MOST_POINTS
    assert [chart.rows[0][0], chart.rows[-1][0]] == ["2 Jan 2023", "23 Jun 2028"]


def test_a_chart_has_a_name_and_a_description() -> None:
    picture = ElementTree.fromstring(sample("seats").svg)
    named = {part.get("id"): part.text for part in picture if part.get("id")}

    assert picture.get("role") == "img"
    assert [named[id] for id in picture.get("aria-labelledby", "").split()] == [
        "Seats over time",
        "How many licenses of Cohort I were held, and how many there were.",
    ]


def test_the_table_behind_it_says_every_figure() -> None:
    page = render_to_string("components/chart.html", {"chart": level([0, 1250, 2.5])})

    cells = re.findall(r"<t[hd](?: [^>]*)?>(?:<bdi>)?([^<]*)", page)
    assert cells == ["Day", "Held", "2 Jan 2023", "0", "3 Jan 2023", "1,250", "4 Jan 2023", "2.5"]


def test_a_level_holds_until_the_next() -> None:
    """Two days, the second higher: along, then up; without `step` straight there."""
    (x0, low), (x1, still), (x2, high) = corners(level([1, 5], step=True))

    assert x0 < x1 == x2
    assert low == still > high
    assert len(corners(level([1, 5]))) == 2


def test_bars_are_as_long_as_their_figures() -> None:
    chart = charts.bars("b", "B", "b", {"One": 10, "Two": 5, "Three": 0}, head=("What", "Hours"))

    widths = [
        float(part.get("width", "nan"))
        for part in ElementTree.fromstring(chart.svg).iter("{http://www.w3.org/2000/svg}rect")
        if "chart-bar" in part.get("class", "")
    ]
    assert widths == [560, 280, 0]


def test_a_single_month_is_a_bar_and_not_a_wall() -> None:
    chart = charts.stacked("m", "M", "m", ["Nov 2026"], {"5.i": [12], "5.iii": [3]}, head="Month")

    bars = [
        part
        for part in ElementTree.fromstring(chart.svg).iter("{http://www.w3.org/2000/svg}rect")
        if part.get("class") == "chart-bar"
    ][:2]
    assert {part.get("width") for part in bars} == {"56"}
    # Both parts of the bar stand on one place.
    assert len({part.get("x") for part in bars}) == 1


def test_in_urdu_time_runs_from_right_to_left() -> None:
    chart = level([1, 5])
    with translation.override("ur"):
        mirrored = ElementTree.fromstring(chart.svg)

    turned = [part.get("transform") for part in mirrored.iter("{http://www.w3.org/2000/svg}g")]
    words = [part.get("transform") for part in mirrored.iter("{http://www.w3.org/2000/svg}text")]
    assert turned[0] == "matrix(-1 0 0 1 560 0)"
    assert set(words) == {"scale(-1 1)"}


def test_what_people_wrote_stays_text() -> None:
    hostile = '<script>alert(1)</script>&"'
    chart = charts.bars(hostile, hostile, hostile, {hostile: 1}, head=(hostile, hostile))

    shown = render_to_string("components/chart.html", {"chart": chart})
    assert "<script" not in shown
    assert "<script" not in chart.file


def test_a_file_carries_its_title_legend_and_colours() -> None:
    picture = ElementTree.fromstring(sample("seats").file)

    words = [part.text for part in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Seats over time", "Held", "Capacity"} <= set(words)
    drawn = [part for part in picture.iter() if "chart-line" in part.get("class", "")]
    assert {line.get("stroke") for line in drawn} == set(charts.drawing_of.COLOURS[:2])


@pytest.mark.parametrize(
    "chart",
    [
        charts.line("e", "Empty", "", {}),
        charts.line("e", "Empty", "", {"Held": []}),
        charts.bars("e", "Empty", "", {}, head=("a", "b")),
        charts.stacked("e", "Empty", "", [], {"x": []}, head="a"),
    ],
)
def test_without_figures_it_says_so(chart: charts.Chart) -> None:
    assert chart.is_empty
    assert "Nothing to show yet." in render_to_string("components/chart.html", {"chart": chart})
    assert ElementTree.fromstring(chart.file) is not None


@pytest.mark.parametrize("most", [0, 0.4, 1, 3, 5, 7, 99, 100, 101, 18_000, 20_001])
def test_the_scale_reaches_beyond_the_highest_figure(most: float) -> None:
    scale = charts.drawing_of.scale(most)

    assert scale["range"][1] >= most
    assert 2 <= len(scale["y_labels"]) <= 7
    assert all(step == int(step) for step in scale["y_labels"])


def test_months_without_figures_are_there_too() -> None:
    points = [(date(2023, 1, 31), 1.0), (date(2023, 4, 1), 2.0), (date(2023, 4, 30), 3.0)]

    assert charts.by_month(points) == [
        ("Jan 2023", 1),
        ("Feb 2023", 0),
        ("Mar 2023", 0),
        ("Apr 2023", 5),
    ]
