"""Documents for the demo, drawn: a card as a picture, a scan as a PDF."""

from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

SPECIMEN = "SPECIMEN - DEMO DATA"
CARD = (1012, 638)
PAGE = (1240, 1754)
INK, FADED, PAPER = "#1c2b3a", "#7a8794", "#fbf8f1"


def card(title: str, lines: list[str]) -> bytes:
    """A card of the usual size as a JPEG: the institution on top, a face, a few lines."""
    picture = Image.new("RGB", CARD, PAPER)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, CARD[0], 120), fill="#14532d")
    draw.text((40, 36), title, "white", _font(40))
    draw.rectangle((40, 170, 290, 490), fill="#d8dee4")
    draw.ellipse((105, 205, 225, 345), fill="#a3b1bf")
    draw.pieslice((65, 360, 265, 620), 180, 360, fill="#a3b1bf")
    for row, line in enumerate(lines):
        draw.text((330, 180 + 66 * row), line, INK, _font(34))
    draw.text((40, 560), SPECIMEN, FADED, _font(28))
    return _saved(picture, "JPEG", quality=82)


def letter(title: str, pages: list[list[str]]) -> bytes:
    """A scan-like PDF with one picture a page."""
    scans = []
    for number, lines in enumerate(pages, start=1):
        page = Image.new("L", PAGE, 246)
        draw = ImageDraw.Draw(page)
        draw.text((120, 130), title, 30, _font(44))
        draw.line((120, 200, PAGE[0] - 120, 200), fill=90, width=3)
        for row, line in enumerate(lines):
            draw.text((120, 280 + 64 * row), line, 40, _font(32))
        draw.text((120, PAGE[1] - 140), f"{SPECIMEN} - page {number}", 140, _font(26))
        scans.append(page.rotate(0.6, fillcolor=246))
    return _saved(scans[0], "PDF", save_all=True, append_images=scans[1:], resolution=150)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
