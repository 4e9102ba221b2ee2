"""What an uploaded file really is: type by content, images made clean, PDFs that can only be read (R7)."""

from dataclasses import dataclass
from io import BytesIO

import pikepdf
import puremagic
from PIL import Image, ImageOps

from dlsei.policy.refusals import Refusal, Refused
from dlsei.policy.wording import gettext_noop as _

MAX_PAGES = 20
MAX_PIXELS = 40_000_000
# The first one whose result is not above the limit is kept, else the smallest.
JPEG_QUALITIES = (85, 75, 60)
IMAGES = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png"}
PDF = "application/pdf"

_REFUSALS = {
    "document-empty": _("The file is empty. Choose the file again."),
    "document-too-large": _(
        "The file is larger than %(limit)s MB. Take the photo again with a smaller size, "
        "or save the scan with a lower resolution."
    ),
    "document-type": _(
        "The file is not a PDF, JPEG or PNG. Save or photograph the document as one of these."
    ),
    "document-broken": _(
        "The file cannot be opened; it may be damaged or incomplete. Save or scan it again."
    ),
    "document-too-many-pixels": _(
        "The picture has more than %(limit)s million pixels. Save it with a smaller size."
    ),
    "document-encrypted": _(
        "The PDF is protected by a password. Save it without one, or print it to a new PDF."
    ),
    "document-active-content": _(
        "The PDF contains a script, a form, a file or a link that starts a program. "
        "Print it to a new PDF, or photograph the document."
    ),
    "document-too-many-pages": _(
        "The PDF has more than %(limit)s pages. Save only the pages that prove your place."
    ),
    "document-too-many": _("You have added %(limit)s documents already. Remove or replace one."),
}

_FORBIDDEN_KEYS = frozenset(
    ("/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent")
)
_FORBIDDEN_NAMES = {
    "/S": ("/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/GoToE", "/Rendition"),
    "/Type": ("/EmbeddedFile",),
    "/Subtype": ("/FileAttachment", "/RichMedia", "/Movie"),
}


@dataclass(frozen=True)
class Inspected:
    """A file that may be kept: its clean content, its type and its number of pages."""

    content: bytes
    content_type: str
    pages: int = 1


def refuse_document(code: str, **values: str) -> Refusal:
    """The refusal of a file, by the clause that asks for documents."""
    return Refusal(code, "4.1.c", _REFUSALS[code], values)


def inspect(content: bytes, *, max_bytes: int) -> Inspected:
    """The clean form of an applicant's file of at most `max_bytes` bytes.

    Images come out upright and without metadata, PDFs as they are. Raises `Refused` with
    document-empty, -too-large, -type, -broken, -too-many-pixels, -encrypted, -active-content or
    -too-many-pages.
    """
    if not content:
        raise Refused(refuse_document("document-empty"))
    if len(content) > max_bytes:
        limit = f"{max_bytes / 1024 / 1024:.0f}"
        raise Refused(refuse_document("document-too-large", limit=limit))
    try:
        content_type = puremagic.from_string(content, mime=True)
    except (puremagic.PureError, ValueError):
        content_type = ""
    if content_type == PDF:
        return _inspect_pdf(content)
    if content_type in IMAGES.values():
        return _inspect_image(content, max_bytes)
    raise Refused(refuse_document("document-type"))


def _inspect_image(content: bytes, max_bytes: int) -> Inspected:
    try:
        image = Image.open(BytesIO(content), formats=("JPEG", "PNG"))
        if image.width * image.height > MAX_PIXELS:
            raise Image.DecompressionBombError
        format_ = image.format or ""
        image.load()
        upright = ImageOps.exif_transpose(image)
    except Image.DecompressionBombError as error:
        limit = f"{MAX_PIXELS / 1_000_000:.0f}"
        raise Refused(refuse_document("document-too-many-pixels", limit=limit)) from error
    # Pillow's decoders raise whatever a damaged file makes of them.
    except Exception as error:
        raise Refused(refuse_document("document-broken")) from error
    # Savers fall back to what the file brought along: only what pixels mean may stay.
    upright.info = {key: upright.info[key] for key in ("transparency",) if key in upright.info}
    if IMAGES[format_] == "image/png":
        clean = BytesIO()
        upright.save(clean, "PNG")
        if clean.tell() <= max_bytes:
            return Inspected(clean.getvalue(), "image/png")
    return Inspected(_jpeg(upright, max_bytes), "image/jpeg")


def _jpeg(image: Image.Image, max_bytes: int) -> bytes:
    if image.mode not in ("L", "RGB"):
        image = _on_white(image) if image.has_transparency_data else image.convert("RGB")
    for quality in JPEG_QUALITIES:
        clean = BytesIO()
        image.save(clean, "JPEG", quality=quality, optimize=True)
        if clean.tell() <= max_bytes:
            break
    return clean.getvalue()


def _on_white(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    page = Image.new("RGB", image.size, "white")
    page.paste(image, mask=image.getchannel("A"))
    return page


def _inspect_pdf(content: bytes) -> Inspected:
    try:
        with pikepdf.open(BytesIO(content)) as pdf:
            if pdf.is_encrypted:
                raise Refused(refuse_document("document-encrypted"))
            pages = len(pdf.pages)
            if pages > MAX_PAGES:
                limit = str(MAX_PAGES)
                raise Refused(refuse_document("document-too-many-pages", limit=limit))
            if _is_active(pdf):
                raise Refused(refuse_document("document-active-content"))
    except pikepdf.PasswordError as error:
        raise Refused(refuse_document("document-encrypted")) from error
    except (pikepdf.PdfError, ValueError, RuntimeError) as error:
        raise Refused(refuse_document("document-broken")) from error
    if not pages:
        raise Refused(refuse_document("document-broken"))
    return Inspected(content, PDF, pages)


def _is_active(pdf: pikepdf.Pdf) -> bool:
    """Whether any object, reachable or not, does more than be shown."""
    todo: list[object] = [*pdf.objects, pdf.trailer]
    while todo:
        thing = todo.pop()
        if isinstance(thing, pikepdf.Array):
            todo += [one for one in thing if not _is_indirect(one)]
        elif isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
            if _FORBIDDEN_KEYS & set(thing.keys()):
                return True
            if any(str(thing.get(key)) in names for key, names in _FORBIDDEN_NAMES.items()):
                return True
            todo += [one for _key, one in thing.items() if not _is_indirect(one)]
    return False


def _is_indirect(thing: object) -> bool:
    return isinstance(thing, pikepdf.Object) and thing.is_indirect
