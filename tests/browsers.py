"""Where the browser of the tests is."""

import os
from pathlib import Path

_CHROMIUMS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")


def chromium() -> str:
    """The path of Chromium: what `CHROME_BIN` says or what is installed; empty without one."""
    return os.environ.get("CHROME_BIN") or next((p for p in _CHROMIUMS if Path(p).exists()), "")
