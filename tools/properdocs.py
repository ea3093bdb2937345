"""Builds the site with ProperDocs, and names each file that MkDocs makes differently.

MkDocs is no longer maintained, and ProperDocs continues it. As long as both make the same site, the
book can move to ProperDocs on any day: `make properdocs`. It has an environment of its own,
.cache/properdocs, with the packages that build the site and with ProperDocs.
"""

import re
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache/properdocs"
LOCKS = ROOT / "requirements.txt", ROOT / "tools/properdocs.txt"
BUILDERS = "mkdocs", "properdocs"
GENERATOR = re.compile(rb'<meta name="generator"[^>]*>')  # names the builder
TIMED = re.compile(rb"<lastmod>[^<]*</lastmod>")  # in the sitemap: the day
SHOWN = 160  # letters of a line


def install() -> Path:
    """Return the Python of the environment; make it if it is missing or holds other versions."""
    python, wanted = CACHE / "venv/bin/python", "".join(path.read_text() for path in LOCKS)
    record = CACHE / "venv/wanted.txt"
    if not record.exists() or record.read_text() != wanted:
        print("Installing ProperDocs in .cache/properdocs, once ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", CACHE / "venv"], check=True)
        locks = [part for path in LOCKS for part in ("-r", path)]
        pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, "--require-hashes", "--no-deps", *locks], check=True)
        record.write_text(wanted)
    return python


def build(python: Path, builder: str) -> Path:
    """Build the site with one of the two, and return its folder."""
    print(f"Building the site with {builder} ...", flush=True)
    site = CACHE / builder
    command = [python, "-m", builder, "build", "--strict", "-f", "mkdocs.yml", "-d", site]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{builder} cannot build the site:\n{done.stderr[-3000:]}")
    return site


def differences(one: Path, other: Path) -> list[str]:
    """Name the files that only one site has, and the first line of each that differs."""
    files = [
        {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
        for site in (one, other)
    ]
    faults = [f"{name}: only {one.name} makes it" for name in sorted(files[0] - files[1])]
    faults += [f"{name}: only {other.name} makes it" for name in sorted(files[1] - files[0])]
    for name in sorted(files[0] & files[1]):
        lines = zip_longest(lines_of(one / name), lines_of(other / name), fillvalue=b"(the end)")
        for number, (first, second) in enumerate(lines, 1):
            if first != second:
                said = f"\n  {one.name}: {shown(first)}\n  {other.name}: {shown(second)}"
                faults.append(f"{name}:{number}: differs{said}")
                break
    return faults


def lines_of(path: Path) -> list[bytes]:
    """Read the lines of a file, without the name of the builder and the time of the build."""
    if path.suffix == ".gz":  # holds the time at which it was made, and beside it is what it packs
        return []
    return TIMED.sub(b"", GENERATOR.sub(b"", path.read_bytes())).split(b"\n")


def shown(line: bytes) -> str:
    """Return the beginning of a line as text."""
    return line.decode(errors="replace").strip()[:SHOWN]


def main() -> None:
    """Build twice and compare; fail if there is a difference."""
    python = install()
    one, other = (build(python, builder) for builder in BUILDERS)
    if faults := differences(one, other):
        print("\n".join(faults))
        plural = "s" * (len(faults) > 1)
        sys.exit(f"{len(faults)} difference{plural}: ProperDocs can't take over as it is.")
    print(f"ProperDocs makes the same {len(list(one.rglob('*.html')))} pages as MkDocs.")


if __name__ == "__main__":
    main()
