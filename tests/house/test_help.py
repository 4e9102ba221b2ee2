"""Help is the same in docs/ and in the product, and its pictures are those that the browser took."""

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from dlsei import help
from dlsei.management.commands.document_help import documents

FOLDER = Path(settings.BASE_DIR) / "static" / "img" / "help"


def test_the_docs_are_those_of_the_product() -> None:
    """`manage.py document_help` writes them."""
    for path, text in documents().items():
        assert path.read_text(encoding="utf-8") == text


def test_every_picture_is_there_and_used() -> None:
    """`make pictures` takes them; what no page shows any more is to be deleted."""
    assert {file.stem for file in FOLDER.iterdir()} == {one.name for one in help.pictures()}


def test_every_picture_is_taken_by_the_browser() -> None:
    from tests.journeys.pictures import HELP

    assert set(HELP) == {one.name for one in help.pictures()}


@pytest.mark.parametrize("picture", help.pictures(), ids=lambda picture: picture.name)
def test_a_picture_is_small_and_described(picture: help.Picture) -> None:
    file = FOLDER / f"{picture.name}.webp"

    assert file.stat().st_size <= 40 * 1024
    assert Image.open(file).width >= 360
    assert len(str(picture.alt)) > 20


@pytest.mark.django_db
@pytest.mark.usefixtures("programme")
@pytest.mark.parametrize("role", help.PAGES)
def test_every_role_has_its_page(role: str, client: Client) -> None:
    index = client.get("/help/").content.decode()
    page = client.get(f"/help/{role}/").content.decode()

    assert f"/help/{role}/" in index
    for section in help.PAGES[role].sections:
        assert str(section.title) in page


@pytest.mark.django_db
def test_no_other_role_has_one(client: Client) -> None:
    assert client.get("/help/nobody/").status_code == 404


@pytest.mark.django_db
@pytest.mark.usefixtures("programme")
def test_every_page_says_where_hec_is_reached(client: Client, settings) -> None:
    settings.HEC_CONTACT = "help@hec.example"
    assert 'href="mailto:help@hec.example"' in client.get("/help/").content.decode()

    settings.HEC_CONTACT = ""
    assert "mailto:" not in client.get("/help/").content.decode()
