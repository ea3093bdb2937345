"""Seals the entries that come from sources, once somebody has compared them; `make seal` calls it.

What is sealed, and why, is explained in tests/guards/sealed.py.
"""

from pathlib import Path

from tests.guards.sealed import SEALED, entries, seal

ROOT = Path(__file__).parents[1]
HEADER = """\
# Entries that somebody has compared with their sources, each with a hash of its text. A test names
# what has changed since. After you have compared it, `make seal` writes this file.
"""


def write(root: Path) -> list[str]:
    """Seal all entries as they are, and name those that are new or have changed."""
    path = root / SEALED
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = {f"{Path(page).stem} {name} {seal(text)}\n" for page, _, name, text in entries(root)}
    path.write_text(HEADER + "".join(sorted(lines)), encoding="utf-8")
    return sorted(line.split()[1] for line in lines if line not in before)


if __name__ == "__main__":
    changed = write(ROOT)
    print(f"Sealed in {SEALED}: {', '.join(changed) or 'all are as they were'}.")
