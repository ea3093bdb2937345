"""Lists the text files that people write here, in a clone or in a part of one."""

from collections.abc import Iterator
from pathlib import Path

MADE = [".git", ".venv", ".cache", "site", "mutants", "node_modules", "__pycache__"]
VENDORED = "manifest.json"  # is beside what tools/vendor.py brings
DATA = Path("docs/experiments/data")  # texts of other people
OF_A_READER = (
    ".txt"  # at the top, where the lock is made by a program, and a text to train on may lie
)


def text_files(root: Path) -> Iterator[tuple[str, str]]:
    """Give the path from the root, and the text, of each file that is written here."""
    for folder, folders, names in root.walk():
        folders[:] = sorted(name for name in folders if name not in MADE)
        if VENDORED in names or folder == root / DATA:
            folders.clear()
            continue
        for path in sorted(folder / name for name in names):
            is_ours = folder != root or path.suffix != OF_A_READER
            if is_ours and path.is_file() and (text := decoded(path)) is not None:
                yield path.relative_to(root).as_posix(), text


def decoded(path: Path) -> str | None:
    """Read a file if it is text: UTF-8 without a NUL."""
    data = path.read_bytes()
    try:
        return None if b"\0" in data else data.decode()
    except UnicodeDecodeError:
        return None
