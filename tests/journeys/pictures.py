"""The pictures of the README and of help, taken in the browser on the demo's data: `make pictures`."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.core.management import call_command
from django.utils import timezone
from PIL import Image

from applications import queries
from dlsei.models import User
from tests.journeys.conftest import Arrive
from tests.journeys.test_applicant import sign_in
from tests.journeys.visitor import Visitor
from verification import demo
from verification import demo_people as who

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
HELP_PICTURES = Path(__file__).resolve().parents[2] / "static" / "img" / "help"
BYTES, HELP_BYTES = 200_000, 40 * 1024
PHONE, DESK = (390, 700), (1100, 760)
# What help shows: whose page, which, and on what kind of screen; `{…}` is filled in below.
HELP = {
    "task-list": (who.UNFINISHED.email, "/apply/", PHONE),
    "dashboard": (who.COMPLETED.email, "/dashboard/", PHONE),
    "answer": (who.ASKED.email, "/applications/{asked}/answer/", PHONE),
    "queue": (who.FOCAL_PERSON, "/admin/", DESK),
    "review": (who.FOCAL_PERSON, "/admin/review/{due}/", DESK),
    "hec-home": (who.HEC_OFFICER, "/admin/hec/", DESK),
    "hec-queues": (who.HEC_OFFICER, "/admin/hec/queues/", DESK),
    "hec-bucket": (who.HEC_OFFICER, "/admin/hec/bucket/", DESK),
    "hec-imports": (who.HEC_OFFICER, "/admin/hec/imports/", DESK),
}


@pytest.fixture
def scripts() -> bool:
    return True


@pytest.fixture
def demo_data(programme_of_today: None) -> None:
    call_command("load_universities", stdout=StringIO())
    demo.load(now=timezone.now())


@pytest.fixture
def take(demo_data: None, arrive: Arrive) -> Callable[[str, str, str, int, int], None]:
    """Signs a demo person in, opens a page, and keeps its picture of a moderate size."""

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


def test_help_has_its_pictures(demo_data: None, arrive: Arrive) -> None:
    filled = {
        "asked": queries.newest_application(User.objects.get(email=who.ASKED.email)),
        "due": queries.newest_application(User.objects.get(email=who.DUE_TODAY.email)),
    }
    HELP_PICTURES.mkdir(exist_ok=True)
    for name, (email, path, (width, height)) in HELP.items():
        visitor = arrive(width=width, height=height)
        # English, whatever the person reads: the words around the picture are found again in it.
        User.objects.filter(email=email).update(language="en")
        sign_in(visitor, email, demo.PASSWORD)
        visitor.open(path.format(**filled)).open(path.format(**filled))
        file = HELP_PICTURES / f"{name}.webp"
        with TemporaryDirectory() as folder:
            taken = Path(folder) / "taken.png"
            visitor.picture(taken, width, height)
            Image.open(taken).convert("RGB").save(file, quality=42, method=6)
        assert file.stat().st_size <= HELP_BYTES
