"""Documents as people really send them: photos, scans, what programs print; the same ones each time, but
those from a browser."""

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import img2pdf
import pikepdf
from fpdf import FPDF
from pikepdf import Array, Dictionary, Name, String
from reportlab.lib.pagesizes import A4, LETTER, landscape
from reportlab.pdfgen import canvas

from tests.documents.from_a_browser import printed_by_a_browser
from tests.documents.pictures import Honest, card, exif, photos, pngs, saved, scan, srgb

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


FAMILIES = (photos, pngs, scans, printed, letters, printed_by_a_browser, variants)


def corpus() -> Iterator[Honest]:
    """All of them, one family after the other."""
    for family in FAMILIES:
        yield from family()
