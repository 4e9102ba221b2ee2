"""Photos, screenshots and scanned pages as people really send them. The same ones each time."""

import struct
import zlib
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import Any, NamedTuple

from PIL import Image, ImageDraw, ImageFilter, ImageFont
from PIL.ExifTags import GPS, IFD, Base

from tests.documents.hostile import chunk


class Honest(NamedTuple):
    """One document of a class."""

    family: str
    name: str
    content: bytes


@cache
def card(width: int, height: int) -> Image.Image:
    """A card on a table, as a camera sees it: light from one side, grain, something written."""
    light = Image.linear_gradient("L").rotate(90).resize((width, height))
    photo = Image.merge(
        "RGB", (light, light.point(lambda v: v * 0.9), light.point(lambda v: v * 0.7))
    )
    draw = ImageDraw.Draw(photo)
    box = (width // 10, height // 5, width * 9 // 10, height * 4 // 5)
    draw.rectangle(box, fill="#f6f2e6", outline="#333333", width=max(1, width // 300))
    draw.rectangle((box[0], box[1], box[2], box[1] + height // 8), fill="#14532d")
    font = ImageFont.load_default(max(10, width // 28))
    for row, line in enumerate(("UNIVERSITY OF THE PUNJAB", "Ayesha Khan", "BS Computer Science")):
        draw.text((box[0] + width // 30, box[1] + height // 7 * (row + 0.2)), line, "#222244", font)
    grain = Image.effect_noise((min(width, 512), min(height, 512)), 18).resize((width, height))
    return Image.blend(photo, grain.convert("RGB"), 0.06)


def saved(image: Image.Image, format_: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def exif(orientation: int) -> Image.Exif:
    notes = Image.Exif()
    notes[Base.Orientation] = orientation
    notes[Base.Make], notes[Base.Model] = "Infinix", "X6525"
    notes[Base.DateTime] = "2023:01:05 10:11:12"
    notes.get_ifd(IFD.Exif)[Base.UserComment] = b"ASCII\0\0\0 from the camera"
    notes.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (31.0, 33.0, 0.0)
    return notes


def photos() -> Iterator[Honest]:
    """From phones of all prices, upright and not."""
    for width, height in ((640, 480), (1280, 960), (1600, 1200), (2048, 1536)):
        for orientation in range(1, 9):
            name = f"{width} x {height}, orientation {orientation}.jpg"
            photo = saved(card(width, height), "JPEG", quality=80, exif=exif(orientation))
            yield Honest("photo", name, photo)
    for width, height, quality in (
        (3264, 2448, 85),
        (4000, 3000, 85),
        (4624, 3468, 75),
        (6000, 4000, 60),
        (7000, 5600, 40),
    ):
        photo = saved(card(width, height), "JPEG", quality=quality, exif=exif(6))
        yield Honest("photo, large", f"{width} x {height}.jpg", photo)
    photo = saved(card(7000, 5600), "JPEG", quality=30, progressive=True)
    yield Honest("photo, large", "7000 x 5600, progressive.jpg", photo)
    base = card(1280, 960)
    for name, options in {
        "progressive": {"progressive": True},
        "optimized": {"optimize": True},
        "4:4:4": {"subsampling": 0},
        "4:2:2": {"subsampling": 1},
        "4:2:0": {"subsampling": 2},
        "quality 20": {"quality": 20},
        "quality 100": {"quality": 100},
        "with resolution": {"dpi": (300, 300)},
        "with restarts": {"restart_marker_rows": 4},
        "with comment": {"comment": b"made by a scanner app"},
        "with XMP": {"xmp": b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"},
        "with colour profile": {"icc_profile": srgb()},
    }.items():
        yield Honest("photo, other JPEGs", f"{name}.jpg", saved(base, "JPEG", **options))
    for mode in ("L", "CMYK"):
        for orientation in (1, 6):
            photo = saved(base.convert(mode), "JPEG", exif=exif(orientation))
            yield Honest("photo, other JPEGs", f"{mode} {orientation}.jpg", photo)
    several = saved(base, "MPO", save_all=True, append_images=[base.resize((320, 240))])
    yield Honest("photo, other JPEGs", "two in one (MPO).jpg", several)
    yield Honest("photo, other JPEGs", "thumbnail inside.jpg", with_thumbnail(base))
    yield Honest("photo, other JPEGs", "bytes after its end.jpg", saved(base, "JPEG") + b"\0" * 512)


@cache
def srgb() -> bytes:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def with_thumbnail(base: Image.Image) -> bytes:
    photo, small = saved(base, "JPEG"), saved(base.resize((160, 120)), "JPEG", quality=50)
    note = b"JFXX\0\x10" + small
    segment = b"\xff\xe0" + struct.pack(">H", len(note) + 2) + note
    return photo[:20] + segment + photo[20:]


def pngs() -> Iterator[Honest]:
    """Screenshots and what drawing and scanning programs save."""
    base = card(800, 600)
    glass = base.convert("RGBA")
    glass.putalpha(Image.linear_gradient("L").resize(base.size))
    for name, image in {
        "colours": base,
        "transparent": glass,
        "grey": base.convert("L"),
        "grey, transparent": glass.convert("LA"),
        "black and white": base.convert("1"),
        "palette of 256": base.quantize(256),
        "palette of 16": base.quantize(16),
        "palette of 2": base.quantize(2),
        "16 bits of grey": base.convert("L").point(lambda v: v * 257, "I").convert("I;16"),
        "tall screenshot": card(1080, 2400),
    }.items():
        yield Honest("PNG", f"{name}.png", saved(image, "PNG"))
        yield Honest("PNG", f"{name}, with resolution.png", saved(image, "PNG", dpi=(300, 300)))
    yield Honest(
        "PNG", "palette, one transparent.png", saved(base.quantize(16), "PNG", transparency=3)
    )
    yield Honest("PNG", "colour, one transparent.png", saved(base, "PNG", transparency=(0, 0, 0)))
    yield Honest("PNG", "with colour profile.png", saved(base, "PNG", icc_profile=srgb()))
    yield Honest("PNG", "with EXIF.png", saved(base, "PNG", exif=exif(6)))
    yield Honest("PNG", "interlaced.png", interlaced(160, 120))
    yield Honest("PNG", "16 bits a colour.png", sixteen_bits(300, 200))
    yield Honest("PNG, large", "A4 at 300 dpi, grey.png", saved(scan(2480, 3508), "PNG"))
    yield Honest(
        "PNG, large",
        "A4 at 300 dpi, black and white.png",
        saved(scan(2480, 3508).convert("1"), "PNG"),
    )
    yield Honest(
        "PNG, large",
        "A4 at 600 dpi, black and white.png",
        saved(scan(2480, 3508).convert("1").resize((4960, 7016)), "PNG"),
    )
    yield Honest(
        "PNG, large",
        "A4 at 300 dpi, colours.png",
        saved(scan(2480, 3508).convert("RGB").quantize(64), "PNG"),
    )


def sixteen_bits(width: int, height: int) -> bytes:
    rows = b"".join(
        b"\0" + b"".join(struct.pack(">HHH", x * 200, y * 300, 30_000) for x in range(width))
        for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def interlaced(width: int, height: int) -> bytes:
    """Adam7, which Pillow reads and does not write."""
    steps = (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    )
    rows = b""
    for x0, y0, dx, dy in steps:
        for y in range(y0, height, dy):
            line = bytes((x * 255 // width + y) % 256 for x in range(x0, width, dx))
            rows += b"\0" + line if line else b""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 1)
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@cache
def scan(width: int, height: int) -> Image.Image:
    """A page of text as a scanner sees it."""
    page = Image.new("L", (width, height), 247)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(max(9, height // 90))
    for row in range(40):
        line = f"{row + 1:2}. Course CS-{100 + row}  Credit hours 3  Grade {'ABC'[row % 3]}"
        draw.text((width // 10, height // 12 + row * height // 48), line, 30, font)
    return page.rotate(0.4, fillcolor=247).filter(ImageFilter.GaussianBlur(width / 3000))
