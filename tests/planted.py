"""Small books in which a fault is planted, for the tests of guards."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]


def write(root: Path, files: dict[str, str]) -> None:
    """Write the files of a book."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def copied(folder: Path, *patterns: str) -> Path:
    """Copy what matches these patterns, such as `docs/*.md`, from this book into a folder."""
    for path in (path for pattern in patterns for path in ROOT.glob(pattern)):
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    return folder


def plant(files: dict[str, str], name: str, old: str, new: str) -> dict[str, str]:
    """Replace a text in one of the files."""
    assert old in files[name], f"{name} has no {old}"
    return files | {name: files[name].replace(old, new, 1)}


def look(root: Path, guard: Callable[[Path], list[str]], files: dict[str, str]) -> str:
    """Write the files, let a guard look at them, and return what it finds."""
    write(root, files)
    return "\n".join(guard(root))


def called(plants: Iterable[tuple]) -> list[str]:
    """Name each test after what is planted: in which file, what is put there."""
    return [f"{name}, {new}"[:60].replace("\n", " ") for name, _, new, _ in plants]
