"""Photos and pictures made anew from their pixels: upright, without place, device, names or texts."""

from io import BytesIO

from PIL import Image, ImageOps, JpegImagePlugin, MpoImagePlugin, PngImagePlugin  # noqa: F401

from applications.inspection.refusals import refuse_document
from dlsei.policy.refusals import Refused

# Otherwise Pillow loads its parts at the first picture, when no file can be opened any more.
Image.preinit()

MAX_PIXELS = 40_000_000
MAX_SIDE = 20_000
KEPT_PIXELS = 16_500_000
"""Above this a picture is halved: a page stays readable, and the work within its limits."""
PNG_PIXELS = 4_000_000
"""Larger PNGs with as many colours as a photo become JPEGs."""
MAX_SCANS = 64
JPEG_QUALITIES = (85, 75, 60)
"""The first whose result is not above the limit is kept."""
JPEG, PNG = "image/jpeg", "image/png"


def too_many_pixels() -> Refused:
    return Refused(refuse_document("document-too-many-pixels", limit=str(MAX_PIXELS // 1_000_000)))


def require_sane(width: int, height: int) -> None:
    """Raises `Refused(document-too-many-pixels)` for a size that nobody may try to decode."""
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise too_many_pixels()


def require_few_scans(jpeg: bytes) -> None:
    """Raises `Refused(document-too-complex)` for a JPEG that paints the same picture over and over."""
    # Inside compressed data these two bytes never stand together.
    if jpeg.count(b"\xff\xda") > MAX_SCANS:
        raise Refused(refuse_document("document-too-complex"))


def clean_image(content: bytes, max_bytes: int) -> tuple[bytes, str]:
    """The picture in a JPEG or PNG of whatever origin, written anew, and its type.

    Raises `Refused` with document-too-many-pixels or -too-complex, and whatever the decoders make
    of a damaged file.
    """
    # Bounded by `require_sane`, with a sentence.
    Image.MAX_IMAGE_PIXELS = None
    image: Image.Image = Image.open(BytesIO(content), formats=("JPEG", "PNG"))
    require_sane(*image.size)
    is_png = image.format == "PNG"
    if not is_png:
        require_few_scans(content)
    halve = image.width * image.height > KEPT_PIXELS
    if halve:
        # JPEGs are then decoded at half their size, which costs a quarter.
        image.draft(None, (image.width // 2, image.height // 2))
    image.load()
    if halve and image.width * image.height > KEPT_PIXELS:
        image = _halved(image)
    upright = ImageOps.exif_transpose(image)
    # Savers fall back to what the file brought along: only what pixels mean may stay.
    upright.info = {key: upright.info[key] for key in ("transparency",) if key in upright.info}
    drawn = upright.mode in ("1", "P") or upright.width * upright.height <= PNG_PIXELS
    if is_png and drawn:
        clean = BytesIO()
        upright.save(clean, "PNG")
        if clean.tell() <= max_bytes:
            return clean.getvalue(), PNG
    return _jpeg(upright, max_bytes), JPEG


def _halved(image: Image.Image) -> Image.Image:
    if image.mode in ("P", "PA"):
        # In colours it would need four times the memory.
        half = (image.width // 2, image.height // 2)
        return image.resize(half, Image.Resampling.NEAREST)
    return (image.convert("L") if image.mode == "1" else image).reduce(2)


def _jpeg(image: Image.Image, max_bytes: int) -> bytes:
    if image.mode.startswith("I"):
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode not in ("L", "RGB"):
        image = _on_white(image) if image.has_transparency_data else image.convert("RGB")
    while True:
        for quality in JPEG_QUALITIES:
            clean = BytesIO()
            image.save(clean, "JPEG", quality=quality, optimize=True)
            if clean.tell() <= max_bytes:
                return clean.getvalue()
        image = image.reduce(2)


def _on_white(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    page = Image.new("RGB", image.size, "white")
    page.paste(image, mask=image.getchannel("A"))
    return page
