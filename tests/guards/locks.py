r"""What is installed is known down to the last bit: each package has its version and its hashes.

    attrs==26.1.0 \
        --hash=sha256:c647aa4a...        64 digits, on a line of its own; comments may follow

No line names an address or an option, so that nothing comes from elsewhere than the Python Package
Index. `make lock` writes these files from pyproject.toml.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

LOCKS = "requirements.txt", "requirements-dev.txt"
PACKAGE = re.compile(r"([a-z0-9-]+)==([^\s;]+)( ;[^\\]*)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
ADVICE = "make lock writes these files"


def check(root: Path) -> list[str]:
    """Read both files, and what pyproject.toml asks for."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    asked = project["project"]["dependencies"], project["dependency-groups"]["dev"]
    faults, first = [], {}
    for name, packages in zip(LOCKS, asked, strict=True):
        lines = (root / name).read_text(encoding="utf-8").splitlines()
        faults += [f"{name}:{line}: {fault}: {ADVICE}" for line, fault in line_faults(lines)]
        found = {match[1]: (at, match[2]) for at, match in packages_of(lines)}
        for package in map(Requirement, packages):
            version = found[package.name][1] if package.name in found else None
            if version is None or version not in package.specifier:
                faults.append(f"{name}: expected {package}, which pyproject.toml names: {ADVICE}")
        for package, (line, version) in found.items():
            if (other := first.setdefault(package, version)) != version:
                faults.append(
                    f"{name}:{line}: expected {package}=={other}, as in {LOCKS[0]}, got {version}"
                )
    return faults


def packages_of(lines: list[str]) -> Iterator[tuple[int, re.Match]]:
    """Yield the lines that name a package, each with its number."""
    matches = ((number, PACKAGE.fullmatch(line)) for number, line in enumerate(lines, 1))
    return ((number, match) for number, match in matches if match)


def line_faults(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Look at each line; after one that ends in a backslash comes a hash, and only there."""
    package = None  # whose hashes are read
    for number, line in enumerate([*lines, ""], 1):
        if package:
            if not HASH.fullmatch(line):
                yield number, f"expected a hash of {package}, sha256 with 64 digits, got `{line}`"
            elif line.endswith("\\"):
                continue
            package = None
        elif match := PACKAGE.fullmatch(line):
            package = match[1]
        elif line.strip() and not line.strip().startswith("#"):
            yield number, f"expected `package==version \\` with hashes below it, got `{line}`"
