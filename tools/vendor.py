"""Refresh what the site serves of others: docs/assets/katex and docs/assets/iframe-worker.

    python tools/vendor.py katex 0.19.1
    python tools/vendor.py iframe-worker 1.0.4

It needs npm, and for KaTeX the package brotli. Each folder gets a manifest: name, version, licence,
SHA-256 of every file. The two fonts that every page loads are made smaller: characters that
hardly any formula on recurrent networks needs are left out. The manifest lists them, and a test
tells of a formula that has one. Then it belongs into CHARACTERS.
"""

import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ASSETS = Path(__file__).parents[1] / "docs/assets"
KEEP = {
    "katex": r"LICENSE|dist/katex\.min\.(?:js|css)|dist/fonts/.+\.woff2",
    "iframe-worker": r"LICENSE|shim/index\.js",
}
LOADED_BY_ALL = ("fonts/KaTeX_Main-Regular.woff2", "fonts/KaTeX_Math-Italic.woff2")
CHARACTERS = [  # first and last code
    (0x20, 0x7E),  # ASCII
    (0xA0, 0xA0), (0xA8, 0xA8), (0xAC, 0xAC), (0xB1, 0xB1), (0xB7, 0xB7),
    (0xD7, 0xD7), (0xF7, 0xF7),
    (0x2C6, 0x2DD), (0x20D7, 0x20D7),  # accents
    (0x391, 0x3F5),  # Greek
    (0x201C, 0x201D), (0x2026, 0x2026), (0x2032, 0x2033),  # quotes, dots, primes
    (0x210F, 0x211C),  # letters such as the one of the reduced Planck constant
    (0x2190, 0x2194), (0x21A6, 0x21A6), (0x21D0, 0x21D4), (0x27F5, 0x27FA),  # arrows
    (0x2200, 0x22FF),  # operators and relations
    (0x2308, 0x230B), (0x27E8, 0x27E9),  # brackets
    (0xE000, 0xF8FF),  # parts that KaTeX puts together
]  # fmt: skip
OLD_FONTS = re.compile(rb',url\([^)]+\.(?:woff|ttf)\) format\("\w+"\)')


def download(name: str, version: str) -> dict[str, bytes]:
    """Return the files of an npm package by their paths in it."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--pack-destination", folder, f"{name}@{version}"]
        packed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        with tarfile.open(Path(folder, packed.strip())) as archive:
            files = [member for member in archive if member.isfile()]
            return {
                file.name.removeprefix("package/"): archive.extractfile(file).read()
                for file in files
            }


def select(name: str, package: dict[str, bytes]) -> dict[str, bytes]:
    """Keep what the site needs; style sheets name no font that is not kept."""
    kept = {path: data for path, data in package.items() if re.fullmatch(KEEP[name], path)}
    return {
        re.sub(r"^(dist|shim)/", "", path): OLD_FONTS.sub(b"", data) for path, data in kept.items()
    }


def smaller(font: bytes) -> tuple[bytes, set[str]]:
    """Return a font without the characters that are left out, and these."""
    from fontTools import subset, ttLib

    opened, saved = ttLib.TTFont(io.BytesIO(font)), io.BytesIO()
    had = set(opened.getBestCmap())
    kept = {code for code in had if any(first <= code <= last for first, last in CHARACTERS)}
    subsetter = subset.Subsetter(subset.Options(layout_features=["*"], notdef_outline=True))
    subsetter.populate(unicodes=kept)
    subsetter.subset(opened)
    opened.flavor = "woff2"
    opened.save(saved)
    return saved.getvalue(), set(map(chr, had - kept))


def write(name: str, version: str, files: dict[str, bytes], notes: dict[str, Any]) -> None:
    """Write the files and their manifest, which says their licence, too."""
    folder = ASSETS / name
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    hashes = {path: hashlib.sha256(data).hexdigest() for path, data in sorted(files.items())}
    manifest = {"name": name, "version": version} | notes | {"sha256": hashes}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Vendor the package and version that the command line names."""
    if len(sys.argv) != 3 or sys.argv[1] not in KEEP:
        sys.exit(f"expected a package ({', '.join(KEEP)}) and a version, got {sys.argv[1:]}")
    name, version = sys.argv[1:]
    package = download(name, version)
    files, left_out = select(name, package), set()
    for path in LOADED_BY_ALL if name == "katex" else ():
        files[path], characters = smaller(files[path])
        left_out |= characters
    notes = {"licence": json.loads(package["package.json"])["license"]}
    if left_out:
        notes["left out"] = "".join(sorted(left_out))
    write(name, version, files, notes)


if __name__ == "__main__":
    main()
