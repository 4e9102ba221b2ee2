"""Papers as people make them: a card photographed by a telephone, a scan of pages, a big screenshot."""

import random
from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter, ImageFont
from PIL.ExifTags import GPS, IFD, Base

TURNED = 6
"""EXIF's word for: turn me a quarter clockwise to see me upright."""


def photographed_card(name: str) -> bytes:
    """A student card on a table, a JPEG of some 3 megapixels: sideways, noisy, with place and device."""
    photo = Image.effect_noise((2048, 1536), 60).convert("RGB")
    card = Image.new("RGB", (1500, 940), "#f7f2e4")
    draw = ImageDraw.Draw(card)
    draw.rectangle((0, 0, 1500, 180), fill="#1d4ed8")
    draw.text((60, 60), "STUDENT CARD", "white", ImageFont.load_default(72))
    draw.rectangle((80, 260, 440, 720), fill="#c7b8a4")
    for row, line in enumerate((name, "BS Software Engineering", "Reg. 2022-SE-117", "Semester 3")):
        draw.text((520, 280 + 110 * row), line, "#1f2937", ImageFont.load_default(56))
    photo.paste(card.rotate(3, expand=True, fillcolor="#8b8b8b"), (240, 240))
    photo = photo.filter(ImageFilter.GaussianBlur(0.8)).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[Base.Orientation] = TURNED
    exif[Base.Make], exif[Base.Model] = "Infinix", "X6823"
    exif.get_ifd(IFD.GPSInfo).update(
        {
            GPS.GPSLatitudeRef: "N",
            GPS.GPSLatitude: (31.0, 29.0, 24.0),
            GPS.GPSLongitudeRef: "E",
            GPS.GPSLongitude: (74.0, 18.0, 6.0),
        }
    )
    return _saved(photo, "JPEG", quality=88, exif=exif)


def scanned_pages(name: str, pages: int = 3) -> bytes:
    """A transcript from an office scanner: a PDF with one grey, slightly crooked picture a page."""
    scans = []
    for number in range(1, pages + 1):
        page = Image.effect_noise((1240, 1754), 12).point(lambda p: min(255, p + 110))
        draw = ImageDraw.Draw(page)
        draw.text((120, 120), "Transcript of the previous semester", 30, ImageFont.load_default(46))
        draw.text((120, 210), name, 30, ImageFont.load_default(38))
        for row in range(22):
            line = f"CS-{number}{row:02d}   Course {row + 1}   {random.choice('ABC')}"
            draw.text((120, 330 + 56 * row), line, 60, ImageFont.load_default(30))
        draw.text((1000, 1680), f"{number} / {pages}", 60, ImageFont.load_default(28))
        scans.append(page.rotate(random.uniform(-1, 1), fillcolor=200))
    return _saved(scans[0], "PDF", save_all=True, append_images=scans[1:], resolution=150)


def big_screenshot(megabytes: float = 4.9) -> bytes:
    """An office card as a PNG of just under `megabytes` MiB: photographs compress badly as PNG."""
    limit = int(megabytes * 1024 * 1024)
    side = 1300
    noise = Image.merge("RGB", [Image.effect_noise((side, side), 90) for _ in range(3)])
    full = len(_saved(noise, "PNG"))
    height = int(side * limit / full * 0.995)
    picture = noise.crop((0, 0, side, min(height, side)))
    if height > side:
        picture = Image.new("RGB", (side, height))
        picture.paste(noise, (0, 0))
        picture.paste(noise.crop((0, 0, side, height - side)), (0, side))
    return _saved(picture, "PNG")


def is_clean(picture: bytes) -> bool:
    """Whether a picture stands upright by itself and tells nothing of place, time or device."""
    image = Image.open(BytesIO(picture))
    return not image.getexif() and b"Infinix" not in picture and image.width > image.height


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
