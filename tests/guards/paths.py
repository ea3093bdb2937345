"""A file that a sentence, a docstring or a comment names is there, and so is what it names in it.

    `docs/experiments/memory.py`               from the root, or a part: `guards/stems.py`
    `tests/test_rnn.py::test_a_step_by_hand`   the file defines the test
    `snippets/rnn.py:step-body`                the file has the section; `:40` is a line
    [LICENSE](LICENSE)                         in README.md, which no site builder looks at

What a reader has, such as input.txt, and what a command makes is no file of the repository.
"""

import fnmatch
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.guards.files import MADE
from tests.guards.includes import read
from tests.guards.said import said

PATH = re.compile(
    r"(?<![\w/.:<>{}~@$*-])((?:[\w.*-]+/)+[\w.*-]*|[\w*-]+\.\w+)(?:(::?)([\w-]+))?(?![\w(<{/*])"
)
OURS = ".py", ".md", ".svg", ".yml", ".yaml", ".toml", ".sh", ".css", ".js", ".cff"
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
GUIDE = "docs/house-rules.md"  # speaks of a cell called `cell`
ANY = re.compile(r"(?:.*/)?(?:test_)?cell\.py")


def check(root: Path) -> list[str]:
    """Look for each file that is named, and for the test or the section in it."""
    files = every_file(root)
    faults = []
    for name, piece in said(root):
        for path, colons, part in PATH.findall(piece.text):
            if name == GUIDE and ANY.fullmatch(path):
                continue
            if fault := path_fault(root, files, path.rstrip("."), colons, part, piece.in_block):
                faults.append(f"{name}:{piece.line}: {fault}")
    return faults + list(link_faults(root))


def every_file(root: Path) -> dict[str, list[str]]:
    """List files and folders by each end of their paths, those aside that commands make."""
    found = defaultdict(list)
    for folder, folders, names in root.walk():
        folders[:] = [name for name in folders if name not in MADE]
        for name in [*folders, *names]:
            parts = (folder / name).relative_to(root).parts
            for start in range(len(parts)):
                found["/".join(parts[start:])].append("/".join(parts))
    return found


def path_fault(
    root: Path, files: dict[str, list[str]], path: str, colons: str, part: str, in_block: bool
) -> str | None:
    """Say what is missing, if anything."""
    top = path.split("/")[0]
    is_of_top = "/" in path and top in files
    is_ours = path.endswith(OURS) and not in_block
    if top in MADE or not (is_of_top or is_ours):
        return None
    found = files.get(path.rstrip("/"), [])
    if "*" in path:
        found = [it for end in fnmatch.filter(files, path) for it in files[end]]
    if not found:
        return f"there is no {path}"
    texts = [read(root / it) for it in found if part and (root / it).is_file()]
    sign = {"::": rf"^def {part}\(", ":": rf"\[start:{part}\]|^{part}\b"}.get(colons, "")
    if (
        texts
        and not part.isdigit()
        and not any(re.search(sign, text, re.MULTILINE) for text in texts)
    ):
        return f"{path} has no {part}"
    return None


def link_faults(root: Path) -> Iterator[str]:
    """Look for what README.md links to."""
    readme = root / "README.md"
    rows = read(readme).split("\n") if readme.is_file() else []
    for line, row in enumerate(rows, start=1):
        for path in LINK.findall(row):
            if not (root / path).exists():
                yield f"README.md:{line}: links to {path}, which is not there"
