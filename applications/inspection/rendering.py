"""A page of a PDF as a picture, for whoever compares it with what is claimed (4.1.e)."""

from io import BytesIO

import pypdfium2
from PIL import Image

# Otherwise Pillow loads its parts at the first picture, when no file can be opened any more.
Image.preinit()

WIDTH = 1400
MAX_HEIGHT = 2800
QUALITY = 82


def render(content: bytes, number: int) -> bytes:
    """Page `number` (from 1) as a JPEG, `WIDTH` pixels wide or less when it is very long."""
    pdf = pypdfium2.PdfDocument(content)
    page = pdf[number - 1]
    width, height = page.get_size()
    scale = min(WIDTH / max(width, 1), MAX_HEIGHT / max(height, 1))
    picture = page.render(scale=scale).to_pil().convert("RGB")
    out = BytesIO()
    picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
