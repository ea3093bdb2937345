"""What nothing here can compute stays as somebody has compared it with its source.

An entry of docs/references.md comes from a paper, and a claim of docs/claims.md has the verdict of
somebody who has read about it. No test can tell a wrong digit or word in them from a right one. So
tests/sealed.txt has a hash of each:

    claims l6 5d2c1a90
    references elman-1990 0b7e3f4d

If one has changed, the message is "docs/claims.md:253: l6 is no longer what was compared with its
source ...". Once somebody has compared it, `make seal` (tools/seal.py) writes the new hash.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from tests.guards.claims import CLAIMS, read_claims
from tests.guards.includes import read
from tests.guards.markdown import read_page
from tests.guards.references import ENTRY, REFERENCES, list_items

SEALED = "tests/sealed.txt"
COMPARE = "compare it with its source, then run `make seal`"


def check(root: Path) -> list[str]:
    """Name the entries that have changed, are new or are gone."""
    if not (root / SEALED).is_file():
        return [f"{SEALED} does not exist: `make seal` writes it"]
    lines = [line for line in read(root / SEALED).splitlines() if line and line[0] != "#"]
    kept = dict(line.rsplit(" ", 1) for line in lines)
    faults, found = [], set()
    for page, line, name, text in entries(root):
        key = f"{Path(page).stem} {name}"
        found.add(key)
        if key not in kept:
            faults.append(f"{page}:{line}: {name} is new: {COMPARE}")
        elif kept[key] != seal(text):
            faults.append(
                f"{page}:{line}: {name} is no longer what was compared with its source: put it "
                f"back, or {COMPARE}"
            )
    return faults + [
        f"{SEALED}: {key} is gone: was it lost? If not, `make seal` takes it out"
        for key in sorted(kept.keys() - found)
    ]


def entries(root: Path) -> Iterator[tuple[str, int, str, str]]:
    """Give the page, the line, the name and the text of each entry."""
    for line, text in list_items(read_page(root, REFERENCES).prose):
        for name in ENTRY.findall(text):
            yield REFERENCES, line, name, text
    lines = read_page(root, CLAIMS).prose.split("\n")
    for claim in read_claims(root):
        yield CLAIMS, claim.line, claim.name.lower(), lines[claim.line - 1] + claim.text


def seal(text: str) -> str:
    """Hash a text, however its words are spaced.

    >>> seal("Finding   structure in time.") == seal("Finding structure in time.")
    True
    """
    return hashlib.sha256(re.sub(r"\s+", " ", text.strip()).encode()).hexdigest()[:8]
