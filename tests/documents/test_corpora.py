"""Hundreds of hostile files and none gets through; hundreds of honest ones and they do (R7).

Each file is inspected as an upload would be, in its own limited process; what comes out is judged by
other means. `python -m tests.documents` writes the tables down.
"""

import os
from collections.abc import Callable
from functools import cache

import pytest

from tests.documents import from_a_browser, honest, hostile, public_samples
from tests.documents.judging import SAME_PICTURE, difference, harms
from tests.documents.measured import Outcome, outcomes, table

MOST_SECONDS, MOST_MIB = 2.0, 256


@cache
def of_the_hostile() -> list[Outcome]:
    return outcomes(hostile.corpus())


@cache
def of_the_honest() -> list[Outcome]:
    return outcomes(honest.corpus())


@cache
def of_the_public() -> list[Outcome]:
    return outcomes(public_samples.corpus())


HOSTILE = [pytest.param(of_the_hostile, id="made here")]
# They have to be fetched: whoever asks for them wants to hear that they are out of reach.
if os.environ.get("PUBLIC_SAMPLES"):
    HOSTILE.append(pytest.param(of_the_public, id="in public packages"))


def named(found: list[Outcome]) -> list[str]:
    return [f"{one.sample.family}: {one.sample.name} {one.code}" for one in found]


@pytest.mark.parametrize("corpus", HOSTILE)
def test_what_is_accepted_of_the_hostile_is_harmless(corpus: Callable[[], list[Outcome]]) -> None:
    found = corpus()

    left = {
        f"{one.sample.family}: {one.sample.name}": harm for one in found if (harm := one.harms())
    }

    assert any(one.inspected for one in found)
    assert left == {}


def test_nothing_active_encrypted_foreign_or_out_of_size_is_accepted() -> None:
    assert named([one for one in of_the_hostile() if one.sample.active and not one.code]) == []


@pytest.mark.parametrize("corpus", HOSTILE)
def test_no_hostile_file_costs_more_than_it_may(corpus: Callable[[], list[Outcome]]) -> None:
    costly = [one for one in corpus() if one.seconds > MOST_SECONDS or one.mib > MOST_MIB]

    assert named(costly) == [], table(costly)


@pytest.mark.parametrize("corpus", [*HOSTILE, pytest.param(of_the_honest, id="honest")])
def test_every_file_has_an_outcome(corpus: Callable[[], list[Outcome]]) -> None:
    assert named([one for one in corpus() if one.code.startswith("NOT INSPECTED")]) == []


def test_of_the_honest_99_of_100_are_accepted_and_show_the_same() -> None:
    found = of_the_honest()

    good = [
        one
        for one in found
        if one.inspected
        and difference(one.sample.content, one.inspected.content) < SAME_PICTURE
        and not harms(one.inspected.content, one.inspected.content_type)
    ]

    bad = [one for one in found if one not in good]
    assert len(good) >= 0.99 * len(found), named(bad)


def test_there_are_as_many_as_were_promised() -> None:
    assert len(of_the_hostile()) >= 300
    assert len(of_the_honest()) >= 200


@pytest.mark.browser
def test_what_a_browser_prints_is_among_the_honest() -> None:
    printed = [one for one in of_the_honest() if one.sample.family == "printed by a browser"]

    assert len(printed) == len(from_a_browser.PAGES)


def test_control_the_judge_finds_harm_in_what_went_in() -> None:
    """What is refused or cleaned would be found out, had it been kept as it came."""
    seen = [
        sample
        for family in (hostile.active, hostile.polyglots, hostile.metadata)
        for sample in family()
        if (kind := _type(sample.content))
        and not _unreadable(sample)
        and not harms(sample.content, kind)
    ]

    # What no page refers to does not outlive the judge's own unpacking.
    assert [sample.name for sample in seen] == ["in an object of no page.pdf"]


def _type(content: bytes) -> str:
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG"):
        return "image/png"
    return "application/pdf" if b"%PDF-" in content[:1024] else ""


def _unreadable(sample: hostile.Sample) -> bool:
    try:
        harms(sample.content, _type(sample.content))
    except Exception:
        return True
    return False


def test_control_two_different_pages_do_not_show_the_same() -> None:
    first, second = honest.drawn(honest._text), honest.drawn(honest._shades)

    assert difference(first, second) > SAME_PICTURE
    assert difference(first, honest.drawn(honest._text, 2)) > SAME_PICTURE
