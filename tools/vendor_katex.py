"""Refresh docs/assets/katex from npm: the renderer that the build runs, the style sheet, the fonts.

Usage: python tools/vendor_katex.py 0.19.1
"""

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

TARGET = Path(__file__).parents[1] / "docs/assets/katex"
KEEP = re.compile(r"package/(LICENSE|dist/katex\.min\.(js|css)|dist/fonts/[^/]+\.woff2)")
OLD_FONTS = re.compile(r',url\([^)]+\.(woff|ttf)\) format\("\w+"\)')


def download(version: str, folder: str) -> Path:
    """Fetch the package into `folder` and return the archive's path."""
    command = ["npm", "pack", "--silent", "--pack-destination", folder, f"katex@{version}"]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    return Path(folder) / name


def unpack(archive: Path) -> dict[str, bytes]:
    """Return what the site needs, by path below docs/assets/katex."""
    with tarfile.open(archive) as package:
        files = {
            member.name.removeprefix("package/").removeprefix("dist/"): package.extractfile(member)
            for member in package
            if KEEP.fullmatch(member.name)
        }
        files = {name: file.read() for name, file in files.items()}
    css = files["katex.min.css"].decode()
    files["katex.min.css"] = OLD_FONTS.sub("", css).encode()  # every browser in use reads woff2
    return files


def write(files: dict[str, bytes], version: str) -> None:
    """Write the files and a manifest with the hash of each."""
    for name, content in files.items():
        path = TARGET / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    manifest = {"name": "katex", "version": version, "licence": "MIT", "sha256": hashes}
    (TARGET / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


def main() -> None:
    """Vendor the version that the command line names."""
    if len(sys.argv) != 2:
        sys.exit(f"expected one argument, a version of KaTeX, got {len(sys.argv) - 1}")
    with tempfile.TemporaryDirectory() as folder:
        write(unpack(download(sys.argv[1], folder)), sys.argv[1])


if __name__ == "__main__":
    main()
