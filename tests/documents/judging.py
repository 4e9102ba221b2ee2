"""What came out of the inspection, judged by other means than the inspection's own."""

import re
from collections.abc import Iterator
from io import BytesIO

import pikepdf
import pypdfium2
from PIL import Image, ImageChops, ImageOps, ImageStat

from tests.documents.hostile import MARKER

# Whatever is done where it stands: no page needs any of it.
WORDS = (
    *(b"JavaScript", b"JS", b"Launch", b"SubmitForm", b"ImportData", b"GoToE", b"GoToR"),
    *(b"OpenAction", b"AA", b"Annots", b"AcroForm", b"XFA", b"Names", b"Outlines", b"URI"),
    *(b"EmbeddedFile", b"EmbeddedFiles", b"EF", b"RichMedia", b"Rendition", b"Movie", b"Sound"),
    *(b"RichMediaExecute", b"GoTo3DView", b"PS", b"Filespec", b"UF"),
    *(b"Metadata", b"PieceInfo", b"Info", b"Author", b"Encrypt", b"Collection"),
)
_WORD = re.compile(rb"/(" + b"|".join(WORDS) + rb")(?![\w.-])")
# Another file; with anything but a string after it, /F may be what a page calls a font or a picture.
_FILE = re.compile(rb"/F\s*(\(|<[^<])")
_STREAM = re.compile(rb"stream\r?\n.*?endstream", re.S)
# A font may list its glyphs in one, "(/AA/F/JS)".
_STRING = re.compile(rb"\((?:\\.|[^()\\])*\)", re.S)
SAME_PICTURE = 6.0
"""How far, of 255, two pictures that show the same may be apart on average."""


def harms(content: bytes, content_type: str) -> list[str]:
    """What is left in a file that was accepted; nothing when all is well."""
    judge = _of_a_pdf if content_type == "application/pdf" else _of_an_image
    found = list(judge(content))
    if MARKER in content:
        found.append("what was smuggled in")
    return found


def _of_an_image(content: bytes) -> Iterator[str]:
    with Image.open(BytesIO(content)) as image:
        image.load()
        notes = set(image.info) - {
            "transparency",
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
        }
        if notes:
            yield f"notes: {sorted(notes)}"
        if image.getexif():
            yield "EXIF"
        if getattr(image, "n_frames", 1) > 1:
            yield "more than one picture"
        end = b"\xff\xd9" if image.format == "JPEG" else b"IEND\xaeB`\x82"
    if not content.endswith(end):
        yield "bytes after the end"


def _of_a_pdf(content: bytes) -> Iterator[str]:
    plain = BytesIO()
    with pikepdf.open(BytesIO(content)) as pdf:
        if any(isinstance(one, pikepdf.Stream) and "/F" in one for one in pdf.objects):
            yield "a stream in another file"
        pdf.save(
            plain,
            compress_streams=False,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
        )
    written = plain.getvalue()
    # In the trailer no /Info either.
    outside = _STREAM.sub(b"", written)
    yield from sorted({word.decode() for word in _WORD.findall(_STRING.sub(b"", outside))})
    if _FILE.search(outside):
        yield "another file"
    if MARKER in written:
        yield "what was smuggled in, packed"
    if not content.endswith(b"%%EOF\n") or content.count(b"startxref") != 1:
        yield "more than one version, or bytes after the end"


def difference(before: bytes, after: bytes) -> float:
    """How far apart, of 255, what two files show is on average; 255 where the pages differ in number."""
    first, second = list(_shown(before)), list(_shown(after))
    if len(first) != len(second):
        return 255.0
    return max(_apart(a, b) for a, b in zip(first, second, strict=True))


def _shown(content: bytes) -> Iterator[Image.Image]:
    if b"%PDF-" in content[:1024]:
        for number, page in enumerate(pypdfium2.PdfDocument(content)):
            if number < 2:
                yield page.render(scale=0.4).to_pil().convert("RGB")
            else:
                yield Image.new("RGB", (1, 1))
        return
    with Image.open(BytesIO(content)) as image:
        upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I"):
            upright = upright.point(lambda value: value * (1 / 256)).convert("L")
        if upright.has_transparency_data:
            upright = upright.convert("RGBA")
            white = Image.new("RGBA", upright.size, "white")
            upright = Image.alpha_composite(white, upright)
        yield upright.convert("RGB")


def _apart(first: Image.Image, second: Image.Image) -> float:
    if abs(first.width / first.height - second.width / second.height) > 0.02:
        return 255.0
    size = (200, max(1, round(200 * first.height / first.width)))
    pair = [image.resize(size, Image.Resampling.BOX) for image in (first, second)]
    return max(ImageStat.Stat(ImageChops.difference(*pair)).mean)
