"""PDFs written anew with their pages and nothing else; refused when they could do more than be read."""

from collections.abc import Iterator
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from applications.inspection.refusals import refuse_document
from applications.inspection.streams import require_bounded, without_camera_notes
from dlsei.policy.refusals import Refused

MAX_PAGES = 20
MAX_OBJECTS = 50_000

_DANGEROUS_KEYS = frozenset(
    ("/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent")
)
_DANGEROUS_NAMES = {
    "/S": (
        *("/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/GoToE", "/GoToR"),
        *("/Rendition", "/Sound", "/Movie", "/RichMediaExecute", "/GoTo3DView"),
    ),
    "/Type": ("/EmbeddedFile",),
    "/Subtype": ("/FileAttachment", "/RichMedia", "/Movie", "/Screen", "/Sound", "/3D", "/PS"),
    "/Subtype2": ("/PS",),
}
# Anything else in a /URI could open a program or a file.
_HARMLESS_SCHEMES = ("http", "https", "mailto", "tel", "ftp")

_KEPT_OF_THE_TRAILER = frozenset(("/Root", "/Size"))
_KEPT_OF_THE_CATALOG = frozenset(("/Type", "/Pages", "/Lang"))
_KEPT_OF_A_PAGE = frozenset(
    ("/Type", "/MediaBox", "/CropBox", "/Rotate", "/Resources", "/Contents", "/UserUnit", "/Group")
)
# About the file and its making, not of the page; none of these is the name of a glyph.
_DROPPED_ANYWHERE = (
    *("/PieceInfo", "/LastModified", "/OPI", "/Alternates", "/AF"),
    *("/StructParent", "/StructParents"),
)


def clean_pdf(content: bytes) -> tuple[bytes, int]:
    """The pages of a PDF as a new file, and how many: no links, actions, metadata, earlier versions.

    Raises `Refused` with document-encrypted, -active-content, -too-many-pages, -too-many-pixels,
    -too-complex or -broken, and what pikepdf makes of a damaged file.
    """
    try:
        pdf = pikepdf.open(BytesIO(content))
    except (pikepdf.PasswordError, pikepdf.PdfError, RuntimeError) as error:
        # Without a source of random numbers, which lies behind the door, some encryption is not read.
        if isinstance(error, pikepdf.PasswordError) or b"/Encrypt" in content:
            raise Refused(refuse_document("document-encrypted")) from error
        raise
    with pdf:
        if pdf.is_encrypted:
            raise Refused(refuse_document("document-encrypted"))
        if len(pdf.objects) > MAX_OBJECTS:
            raise Refused(refuse_document("document-too-complex"))
        pages = len(pdf.pages)
        if not pages:
            raise Refused(refuse_document("document-broken"))
        if pages > MAX_PAGES:
            raise Refused(refuse_document("document-too-many-pages", limit=str(MAX_PAGES)))
        # Every object counts, also one that no page refers to any more.
        for thing in _within([*pdf.objects, pdf.trailer], follow=False):
            _require_passive(thing)
        _keep_pages_only(pdf)
        require_bounded(_streams(pdf))
        clean = _written(pdf)
    with pikepdf.open(BytesIO(clean), attempt_recovery=False) as again:
        if len(again.pages) != pages:
            raise Refused(refuse_document("document-broken"))
    return clean, pages


def _require_passive(thing: pikepdf.Object) -> None:
    keys = set(thing.keys())
    active = (
        _DANGEROUS_KEYS & keys
        or any(str(thing.get(key)) in names for key, names in _DANGEROUS_NAMES.items())
        # The content of such a stream lies in another file.
        or (isinstance(thing, Stream) and "/F" in keys)
        or ("/URI" in keys and not _is_harmless(thing["/URI"]))
    )
    if active:
        raise Refused(refuse_document("document-active-content"))


def _is_harmless(uri: object) -> bool:
    if isinstance(uri, Dictionary):
        return True
    address = bytes(uri) if isinstance(uri, pikepdf.String) else b""
    # As a browser reads it: blanks and control characters do not count.
    shown = bytes(byte for byte in address if byte > 0x20).decode("latin-1").lower()
    scheme, colon, _rest = shown.partition(":")
    return not colon or scheme in _HARMLESS_SCHEMES or not scheme.isalpha() or "/" in scheme


def _keep_pages_only(pdf: pikepdf.Pdf) -> None:
    root = pdf.Root
    if "/AcroForm" in root and "/Fields" in root.AcroForm:
        pdf.generate_appearance_streams()
    # What a stamp, a signature or a filled-in field shows becomes part of its page.
    pdf.flatten_annotations("screen")
    pages = [page.obj for page in pdf.pages]
    for page in pages:
        _keep(page, _KEPT_OF_A_PAGE)
    _keep(root, _KEPT_OF_THE_CATALOG)
    root.Pages = pdf.make_indirect(Dictionary(Type=Name.Pages, Count=len(pages), Kids=Array(pages)))
    for page in pages:
        page.Parent = root.Pages
    _keep(pdf.trailer, _KEPT_OF_THE_TRAILER)
    # The writer gives it its value, but only where it was; a damaged file may have lost it.
    pdf.trailer.Size = 1
    for thing in _within([root], follow=True):
        for key in _DROPPED_ANYWHERE:
            if key in thing:
                del thing[key]
        notes = thing.get("/Metadata")
        if isinstance(notes, Stream) and notes.get("/Type") == Name.Metadata:
            del thing["/Metadata"]


def _keep(thing: pikepdf.Object, kept: frozenset[str]) -> None:
    for key in set(thing.keys()) - kept:
        del thing[key]


def _streams(pdf: pikepdf.Pdf) -> Iterator[Stream]:
    for thing in _within([pdf.Root], follow=True):
        if isinstance(thing, Stream):
            without_camera_notes(thing)
            yield thing


def _within(begin: list[pikepdf.Object], *, follow: bool) -> Iterator[pikepdf.Object]:
    """Each dictionary and stream in these objects; those that they refer to as well if `follow`."""
    todo, seen = list(begin), set()
    while todo:
        thing = todo.pop()
        if not isinstance(thing, Array | Dictionary | Stream):
            continue
        if thing.is_indirect:
            if thing.objgen in seen:
                continue
            seen.add(thing.objgen)
        if isinstance(thing, Array):
            inner = list(thing)
        else:
            yield thing
            inner = [value for _key, value in thing.items()]
        todo += [
            one
            for one in inner
            if isinstance(one, pikepdf.Object) and (follow or not one.is_indirect)
        ]


def _written(pdf: pikepdf.Pdf) -> bytes:
    out = BytesIO()
    # The same pages give the same bytes: the file is recognized when it comes again.
    pdf.save(
        out,
        deterministic_id=True,
        min_version="1.7",
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
    )
    return out.getvalue()
