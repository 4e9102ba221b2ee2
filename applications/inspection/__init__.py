"""What an uploaded file really is, found out in a process of its own that can do little harm (R7)."""

from applications.inspection.inspector import (
    Broken,
    Inspected,
    inspect,
    page_picture,
    require_size,
)
from applications.inspection.refusals import refuse_document

__all__ = ["Broken", "Inspected", "inspect", "page_picture", "refuse_document", "require_size"]
