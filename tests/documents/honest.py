"""Documents as people really send them: photos, scans, what programs print. The same ones each time."""

import math
import struct
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import img2pdf
import pikepdf
from fpdf import FPDF
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from PIL.ExifTags import GPS, IFD, Base
from reportlab.lib.pagesizes import A4, LETTER, landscape
from reportlab.pdfgen import canvas

from tests.documents.hostile import chunk

PRINTED_AT = datetime(2023, 1, 5, 10, tzinfo=UTC)
URDU = "جامعہ پنجاب، لاہور"
FONT = next(
    (
        path
        for path in (
            Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
            Path("/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf"),
        )
        if path.exists()
    ),
    None,
)
"""A font to embed, where the machine has one; without it those documents are fewer, and said to be."""


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


def scans() -> Iterator[Honest]:
    """What scanning programs make: pictures in a PDF."""
    grey = scan(1240, 1754)
    pages = {
        "grey JPEG": saved(grey, "JPEG", quality=60),
        "colour JPEG": saved(card(1240, 877), "JPEG", quality=60, exif=exif(1)),
        "progressive JPEG": saved(grey, "JPEG", quality=60, progressive=True),
        "CMYK JPEG": saved(card(800, 600).convert("CMYK"), "JPEG"),
        "grey PNG": saved(grey.quantize(16), "PNG"),
        "black and white PNG": saved(grey.convert("1"), "PNG"),
        "fax": saved(grey.convert("1"), "TIFF", compression="group4"),
        "palette PNG": saved(card(600, 400).quantize(64), "PNG"),
    }
    for name, page in pages.items():
        for number in (1, 2, 5, 20):
            if number == 20 and len(page) * 20 > 4_800_000:
                continue
            made = img2pdf.convert([page] * number, nodate=True)
            yield Honest("scan", f"{name}, pages: {number}.pdf", made)
    a4 = img2pdf.get_layout_fun((img2pdf.mm_to_pt(210), img2pdf.mm_to_pt(297)))
    for name in ("grey JPEG", "fax"):
        yield Honest(
            "scan", f"{name} on A4.pdf", img2pdf.convert(pages[name], layout_fun=a4, nodate=True)
        )
    for mode in ("L", "RGB", "1"):
        pictures = [grey.convert(mode)] * 3
        made = saved(pictures[0], "PDF", save_all=True, append_images=pictures[1:], resolution=150)
        yield Honest("scan", f"phone app, {mode}.pdf", made)


def drawn(paint: Callable[[canvas.Canvas], object], number: int = 1, **how: Any) -> bytes:
    out = BytesIO()
    sheet = canvas.Canvas(out, invariant=1, **how)
    for page in range(number):
        sheet.setFont("Helvetica", 14)
        sheet.drawString(72, 720, f"To whom it may concern, page {page + 1}")
        paint(sheet)
        sheet.showPage()
    sheet.save()
    return out.getvalue()


def _text(sheet: canvas.Canvas) -> None:
    for row in range(30):
        sheet.drawString(72, 690 - row * 18, f"{row}. Digital Logic Design, grade A")


def _table(sheet: canvas.Canvas) -> None:
    sheet.grid([72, 200, 400, 520], [100 + 20 * row for row in range(25)])


def _fonts(sheet: canvas.Canvas) -> None:
    for row, font in enumerate(
        ("Times-Roman", "Courier-Bold", "Helvetica-Oblique", "Symbol", "ZapfDingbats")
    ):
        sheet.setFont(font, 18)
        sheet.drawString(72, 600 - 40 * row, "Registrar of the University")


def _links(sheet: canvas.Canvas) -> None:
    sheet.linkURL("https://pu.edu.pk/", (72, 600, 300, 620), relative=0)
    sheet.linkURL("mailto:registrar@pu.edu.pk", (72, 560, 300, 580), relative=0)
    sheet.bookmarkPage("here")
    sheet.linkRect("", "here", (72, 500, 300, 520))


def _outline(sheet: canvas.Canvas) -> None:
    sheet.bookmarkPage("top")
    sheet.addOutlineEntry("Transcript", "top", 0)
    sheet.showOutline()


def _see_through(sheet: canvas.Canvas) -> None:
    sheet.setFillAlpha(0.3)
    sheet.setFont("Helvetica", 80)
    sheet.rotate(45)
    sheet.drawString(200, 100, "DUPLICATE")


def _hidden_text(sheet: canvas.Canvas) -> None:
    sheet.drawInlineImage(scan(620, 877), 0, 0, *A4)
    text = sheet.beginText(72, 700)
    text.setTextRenderMode(3)
    text.textLine("what recognition has read")
    sheet.drawText(text)


def _shades(sheet: canvas.Canvas) -> None:
    sheet.linearGradient(72, 72, 500, 500, ("#14532d", "#ffffff"))
    sheet.circle(300, 400, 80, fill=1)


def _seal(sheet: canvas.Canvas) -> None:
    for angle in range(0, 360, 10):
        x, y = 300 + 80 * math.cos(math.radians(angle)), 300 + 80 * math.sin(math.radians(angle))
        sheet.line(300, 300, x, y)
    sheet.drawInlineImage(card(320, 240), 72, 72, 160, 120)


def _embedded_font(sheet: canvas.Canvas) -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    pdfmetrics.registerFont(TTFont("Embedded", str(FONT)))
    sheet.setFont("Embedded", 18)
    sheet.drawString(72, 600, f"{URDU} – Ąžuolas, Ωmega")


PAINTED: dict[str, Callable[[canvas.Canvas], object]] = {
    "text": _text,
    "table": _table,
    "fonts": _fonts,
    "links": _links,
    "bookmarks": _outline,
    "watermark": _see_through,
    "recognized text": _hidden_text,
    "shades": _shades,
    "seal": _seal,
    **({"embedded font": _embedded_font} if FONT else {}),
}


def printed() -> Iterator[Honest]:
    """What the registrar's software prints (reportlab)."""
    for name, paint in PAINTED.items():
        yield Honest("printed", f"{name}.pdf", drawn(paint, pagesize=A4))
        yield Honest(
            "printed", f"{name}, packed.pdf", drawn(paint, 3, pagesize=LETTER, pageCompression=1)
        )
    yield Honest("printed", "20 pages.pdf", drawn(_text, 20, pagesize=A4))
    yield Honest("printed", "on its side.pdf", drawn(_text, pagesize=landscape(A4)))
    yield Honest("printed", "very small.pdf", drawn(_seal, pagesize=(200, 120)))
    yield Honest("printed", "version 1.7.pdf", drawn(_text, pdfVersion=(1, 7)))


def letters() -> Iterator[Honest]:
    """The same by another writer (fpdf2), with Urdu where there is a font for it."""
    for number in (1, 4):
        for name, style in {"plain": "", "bold": "B", "italics": "I"}.items():
            sheet = FPDF()
            sheet.set_creation_date(PRINTED_AT)
            sheet.set_title("Employment letter")
            sheet.set_author("Registrar")
            for _ in range(number):
                sheet.add_page()
                sheet.set_font("Times", style, 14)
                sheet.multi_cell(0, 8, "This is to certify that the bearer is employed here. " * 9)
                sheet.image(card(320, 240), w=60)
                sheet.cell(text="pu.edu.pk", link="https://pu.edu.pk")
            yield Honest(
                "printed by another", f"{name}, pages: {number}.pdf", bytes(sheet.output())
            )
    if FONT:
        for size in (10, 16, 24):
            sheet = FPDF()
            sheet.set_creation_date(PRINTED_AT)
            sheet.add_page()
            sheet.add_font("Embedded", fname=str(FONT))
            sheet.set_font("Embedded", size=size)
            sheet.multi_cell(0, 12, f"{URDU}\n" * 5)
            yield Honest("printed by another", f"Urdu {size}.pdf", bytes(sheet.output()))


def _bases() -> dict[str, bytes]:
    scanned = img2pdf.convert([saved(scan(1240, 1754), "JPEG", quality=60)] * 2, nodate=True)
    return {
        "text": drawn(_text, 2, pagesize=A4),
        "links": drawn(_links, 2, pagesize=A4),
        "bookmarks": drawn(_outline, pagesize=A4),
        "scan": scanned,
        "seal": drawn(_seal, pagesize=A4),
    }


def _described(d: pikepdf.Pdf) -> None:
    with d.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as notes:
        notes["dc:title"] = "Transcript"
        notes["pdfaid:part"], notes["pdfaid:conformance"] = "2", "B"
    d.Root.OutputIntents = Array(
        [
            Dictionary(
                Type=Name.OutputIntent,
                S=Name.GTS_PDFA1,
                OutputConditionIdentifier=String("sRGB"),
                DestOutputProfile=d.make_stream(srgb(), N=3),
            )
        ]
    )


def _tagged(d: pikepdf.Pdf) -> None:
    d.Root.MarkInfo = Dictionary(Marked=True)
    leaf = d.make_indirect(
        Dictionary(
            Type=Name.StructElem,
            S=Name.P,
            Pg=d.pages[0].obj,
            K=0,
            T=String("A"),
            A=Dictionary(O=Name.Layout, Placement=Name.Block),
        )
    )
    d.Root.StructTreeRoot = d.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=Array([leaf])))
    leaf.P = d.Root.StructTreeRoot
    d.Root.Lang = String("ur-PK")
    d.pages[0].obj.StructParents = 0


def _opened(d: pikepdf.Pdf) -> None:
    d.Root.OpenAction = Array([d.pages[0].obj, Name.Fit])
    d.Root.PageMode, d.Root.PageLayout = Name.UseNone, Name.SinglePage
    d.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True, FitWindow=True)
    d.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.r)]))


def _going_to_a_page(d: pikepdf.Pdf) -> None:
    d.Root.OpenAction = Dictionary(S=Name.GoTo, D=Array([d.pages[0].obj, Name.FitH, 700]))


def _stamped(d: pikepdf.Pdf) -> None:
    """A stamp that shows, as a mail program or a registrar's tool puts it there."""
    look = d.make_stream(
        b"1 0 0 RG 4 w 5 5 190 40 re S",
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, 200, 50]),
    )
    note = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Stamp,
        Rect=Array([300, 100, 500, 150]),
        F=4,
        AP=Dictionary(N=look),
        Contents=String("APPROVED"),
    )
    d.pages[0].obj.Annots = Array([*d.pages[0].obj.get("/Annots", []), d.make_indirect(note)])


def _filled_in(d: pikepdf.Pdf) -> None:
    look = d.make_stream(
        b"/Tx BMC q BT /Helv 12 Tf 2 5 Td (Ayesha Khan) Tj ET Q EMC",
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, 200, 20]),
        Resources=Dictionary(
            Font=Dictionary(
                Helv=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
            )
        ),
    )
    field = d.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Tx,
            T=String("name"),
            V=String("Ayesha Khan"),
            F=4,
            Rect=Array([72, 40, 272, 60]),
            AP=Dictionary(N=look),
            P=d.pages[0].obj,
            DA=String("/Helv 12 Tf 0 g"),
        )
    )
    d.pages[0].obj.Annots = Array([*d.pages[0].obj.get("/Annots", []), field])
    d.Root.AcroForm = Dictionary(Fields=Array([field]), DA=String("/Helv 12 Tf 0 g"))


def _turned(d: pikepdf.Pdf) -> None:
    for page in d.pages:
        page.rotate(90, relative=True)
        page.obj.CropBox = Array([20, 20, 500, 700])


VARIANTS: dict[str, tuple[Callable[[pikepdf.Pdf], object], dict[str, Any]]] = {
    "for the web": (lambda d: None, {"linearize": True}),
    "objects packed": (lambda d: None, {"object_stream_mode": pikepdf.ObjectStreamMode.generate}),
    "nothing packed": (
        lambda d: None,
        {"compress_streams": False, "stream_decode_level": pikepdf.StreamDecodeLevel.generalized},
    ),
    "version 2.0": (lambda d: None, {"force_version": "2.0"}),
    "version 1.3": (lambda d: None, {"force_version": "1.3"}),
    "for archives (PDF/A)": (_described, {}),
    "tagged": (_tagged, {}),
    "opens at a page": (_opened, {}),
    "goes to a page": (_going_to_a_page, {}),
    "stamped": (_stamped, {}),
    "filled in": (_filled_in, {}),
    "turned and cropped": (_turned, {}),
}


def variants() -> Iterator[Honest]:
    """The same documents as other programs would save them."""
    for base, content in _bases().items():
        for name, (change, how) in VARIANTS.items():
            document = pikepdf.open(BytesIO(content))
            change(document)
            out = BytesIO()
            document.save(out, deterministic_id=True, **how)
            yield Honest(f"PDF, {name}", f"{base}.pdf", out.getvalue())
        yield Honest("PDF, sent on", f"{base}, with a line before.pdf", b"\r\n" + content)
        yield Honest("PDF, sent on", f"{base}, with lines after.pdf", content + b"\r\n\r\n\0\0\0")
        yield Honest("PDF, saved again", f"{base}.pdf", saved_again(content))


def saved_again(content: bytes) -> bytes:
    """With an update after its end, as editors that change little write it."""
    start = content.rindex(b"startxref")
    at = len(content)
    before = content[start:].split()[1]
    with pikepdf.open(BytesIO(content)) as document:
        number, root = int(document.trailer.Size), document.Root.objgen[0]
    update = b"%d 0 obj\n(nothing much)\nendobj\n" % number
    table = b"xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Size %d /Root %d 0 R /Prev %s >>\n" % (
        number,
        at,
        number + 1,
        root,
        before,
    )
    return content + update + table + b"startxref\n%d\n%%%%EOF\n" % (at + len(update))


FAMILIES = (photos, pngs, scans, printed, letters, variants)


def corpus() -> Iterator[Honest]:
    """All of them, one family after the other."""
    for family in FAMILIES:
        yield from family()
