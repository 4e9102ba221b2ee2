"""`.env.example` lists every setting that is read from the environment, and no other."""

import re
from pathlib import Path

from dlsei.embedded import services

READ = re.compile(
    r"""(?:env\.\w+\(\s*|environ(?:\.get\(|\[)|^\s+"[\w ]+": \(|chrome_bin)["'](\w+)["']""",
    re.MULTILINE,
)
BY_THE_MAKEFILE = {"CHROME_BIN"}
NOT_FOR_PEOPLE = {"DJANGO_SETTINGS_MODULE", "DLSEI_NO_USER_NAMESPACE"}


def test_the_example_names_exactly_what_is_read():
    sources = [
        services.PROJECT / "dlsei" / "settings.py",
        *sorted(Path(services.__file__).parent.glob("*.py")),
    ]
    read = {name for source in sources for name in READ.findall(source.read_text())}

    listed = set(
        re.findall(r"^#?([A-Z0-9_]+)=", (services.PROJECT / ".env.example").read_text(), re.M)
    )

    assert listed == (read - NOT_FOR_PEOPLE) | BY_THE_MAKEFILE
