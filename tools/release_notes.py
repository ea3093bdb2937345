"""Prints the section of docs/changes.md for a version: python -m tools.release_notes v2.

It is the newest section, and the tag has to name its version. Links between pages would lead
nowhere outside the site, so only their words are kept.
"""

import re
import sys
from pathlib import Path

from tools.versions import CHANGES, SECTION

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")


def notes(changes: str, tag: str) -> str:
    """Return the newest section, without its heading; raise ValueError if the tag is another's."""
    newest, *older = SECTION.finditer(changes)
    if tag != f"v{newest[1]}":
        raise ValueError(f"the newest section of {CHANGES} is that of v{newest[1]}, not of {tag}")
    end = older[0].start() if older else len(changes)
    return LINK.sub(r"\1", changes[newest.end() : end]).strip() + "\n"


if __name__ == "__main__":
    try:
        sys.stdout.write(notes((ROOT / CHANGES).read_text(encoding="utf-8"), *sys.argv[1:]))
    except ValueError as error:
        sys.exit(f"No notes: {error}.")
