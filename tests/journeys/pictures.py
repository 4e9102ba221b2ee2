"""The README's pictures, taken in the browser on the demo's data: `make pictures`."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from PIL import Image

from tests.journeys.conftest import Arrive
from tests.journeys.test_applicant import sign_in
from tests.journeys.visitor import Visitor
from verification import demo
from verification import demo_people as who

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
BYTES = 200_000


@pytest.fixture
def scripts() -> bool:
    return True


@pytest.fixture
def take(arrive: Arrive) -> Callable[[str, str, str, int, int], None]:
    """Signs a demo person in, opens a page, and keeps its picture of a moderate size."""
    call_command("load_universities", stdout=StringIO())
    demo.load(now=timezone.now())

    def taken(name: str, email: str, path: str, width: int, height: int) -> None:
        visitor: Visitor = arrive(width=width, height=height)
        sign_in(visitor, email, demo.PASSWORD)
        # The second page after sign-in has no greeting on it.
        visitor.open(path).open(path)
        file = PICTURES / f"{name}.png"
        file.parent.mkdir(exist_ok=True)
        visitor.picture(file, width, height)
        Image.open(file).quantize(128).save(file, optimize=True)
        assert file.stat().st_size < BYTES

    return taken


def test_each_audience_has_its_picture(take: Callable[[str, str, str, int, int], None]) -> None:
    take("applicant", who.COMPLETED.email, "/dashboard/", 480, 900)
    take("focal-person", who.FOCAL_PERSON, "/admin/", 1200, 900)
    take("hec", who.HEC_OFFICER, "/admin/hec/", 1200, 900)
