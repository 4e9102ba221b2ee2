"""What the streams of a PDF become when they are unpacked, found out without keeping any of it."""

import zlib
from collections.abc import Iterable
from io import BytesIO

from pikepdf import Array, Name, Stream
from PIL import Image, Jpeg2KImagePlugin, JpegImagePlugin  # noqa: F401

from applications.inspection.images import require_few_scans, require_sane
from applications.inspection.refusals import refuse_document
from dlsei.policy.refusals import Refused

MAX_UNPACKED = 256 * 1024 * 1024
"""Bytes of all streams of a file together: 20 pages scanned in colour stay far below."""
_BLOCK = 1 << 16
_FLATE = ("/FlateDecode", "/Fl")
_PICTURES = {"/DCTDecode": "JPEG", "/DCT": "JPEG", "/JPXDecode": "JPEG2000"}
_FOREIGN = frozenset((*_PICTURES, "/JBIG2Decode", "/CCITTFaxDecode", "/CCF"))
# In a JPEG's beginning: application segments but JFIF's and Adobe's, which say how to read colours.
_KEPT_SEGMENTS = (0xE0, 0xEE)


def require_bounded(streams: Iterable[Stream]) -> None:
    """Raises `Refused` with document-too-complex or -too-many-pixels for what unpacks to too much."""
    left = MAX_UNPACKED
    for stream in streams:
        if stream.get("/Subtype") == Name.Image:
            require_sane(int(stream.Width), int(stream.Height))
        left -= _unpacked_size(stream, left)


def _filters(stream: Stream) -> list[str]:
    filters = stream.get("/Filter")
    if filters is None:
        return []
    return [str(one) for one in (filters if isinstance(filters, Array) else [filters])]


def _unpacked_size(stream: Stream, limit: int) -> int:
    filters, raw = _filters(stream), stream.read_raw_bytes()
    if "/Crypt" in filters:
        raise Refused(refuse_document("document-encrypted"))
    picture = next((name for name in filters if name in _FOREIGN), None)
    packing = filters[: filters.index(picture)] if picture else filters
    if all(name in _FLATE for name in packing):
        blocks: Iterable[bytes] = [raw]
        for _ in packing:
            blocks = _inflated(blocks)
    else:
        # Rare and old: unpacked as a whole, within the memory that this process may have.
        blocks = [raw if picture else stream.read_bytes()]
    size, head = 0, b""
    for block in blocks:
        size += len(block)
        if picture in _PICTURES:
            head += block
        if size > limit:
            raise Refused(refuse_document("document-too-complex"))
    if picture in _PICTURES:
        _require_sane_picture(head, _PICTURES[picture])
    return size


def _inflated(blocks: Iterable[bytes]) -> Iterable[bytes]:
    unpacker = zlib.decompressobj()
    for block in blocks:
        while block and not unpacker.eof:
            yield unpacker.decompress(block, _BLOCK)
            block = unpacker.unconsumed_tail


def _require_sane_picture(content: bytes, format_: str) -> None:
    if format_ == "JPEG":
        require_few_scans(content)
    # What the stream says of its size is one thing, what is inside another.
    with Image.open(BytesIO(content), formats=(format_,)) as image:
        require_sane(*image.size)


def without_camera_notes(stream: Stream) -> None:
    """Takes place, device and comments out of a JPEG in a PDF; its pixels stay as they are."""
    if _filters(stream) not in (["/DCTDecode"], ["/DCT"]):
        return
    raw = stream.read_raw_bytes()
    clean = _without_segments(raw)
    if clean != raw:
        stream.write(clean, filter=Name.DCTDecode)


def _without_segments(jpeg: bytes) -> bytes:
    """The JPEG up to its first scan without application segments and comments, then the rest."""
    if jpeg[:2] != b"\xff\xd8":
        return jpeg
    kept, at = [jpeg[:2]], 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF and jpeg[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        marker = jpeg[at + 1]
        if marker in _KEPT_SEGMENTS or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            kept.append(jpeg[at:end])
        at = end
    kept.append(jpeg[at:])
    return b"".join(kept)
