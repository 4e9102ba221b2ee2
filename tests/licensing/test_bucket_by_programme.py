"""HEC changes the size of a bucket by loading a programme file that says so (1.a, R3, I1)."""

from datetime import datetime

import pytest

from dlsei import audit
from dlsei.policy.programme import ProgrammeError
from licensing import programme as programmes
from licensing.models import Cohort, Programme
from tests.factories import SYSTEM, approved, licensed, submitted

pytestmark = pytest.mark.django_db


def load(seats: int, now: datetime) -> Cohort:
    text = Programme.objects.earliest("version").text.replace("size = 18000", f"size = {seats}")
    programmes.load(text, "changed.toml", by=SYSTEM, now=now)
    return Cohort.objects.get(name="Cohort I")


def test_an_opened_tranche_shrinks_to_what_is_held_and_grows_again(
    programme: Programme, now: datetime
) -> None:
    licensed(now=now)

    assert load(1, now).seats_total == 1
    assert load(30, now).seats_total == 30
    assert not list(audit.breaches(now))


def test_it_never_shrinks_below_what_is_held(programme: Programme, now: datetime) -> None:
    licensed(now=now)
    licensed(now=now)

    with pytest.raises(ProgrammeError, match="2 seats of the cohort are held"):
        load(1, now)


def test_growing_wakes_the_allocator(
    programme: Programme,
    now: datetime,
    nudged: list[str],
    django_capture_on_commit_callbacks,  # type: ignore[no-untyped-def]
) -> None:
    next_in_line = submitted(now=now)
    licensed(now=now)
    load(1, now)
    approved(next_in_line, now=now)

    with django_capture_on_commit_callbacks(execute=True):
        load(2, now)

    assert "issue" in nudged
