"""A snippet whose code has changed says a new version, and docs/changes.md says what is new.

    # Version 3. What later versions change: docs/changes.md      the second line of the snippet

    ## Version 3, 2027-03-02 { #version-3 }                     the newest section that names it

    - [lstm.py](lstm.md): A state of another dtype is refused.

How `make version` keeps them is in tools/versions.py.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from tools import versions
from tools.versions import CHANGES, LINE, RECORD, SECTION


def check(root: Path) -> list[str]:
    """Compare each snippet with its entry and with its record."""
    changes, record = (root / CHANGES).read_text(encoding="utf-8"), versions.read_record(root)
    faults = list(order_faults(changes))
    for name, path in versions.snippets(root).items():
        faults += snippet_faults(name, path, changes, record.get(name))
    lost = sorted(record.keys() - versions.snippets(root).keys())
    return faults + [f"{RECORD}: there is no snippets/{name}.py" for name in lost]


def order_faults(changes: str) -> Iterator[str]:
    """Versions go down to the first that is told, one by one, and each has an entry."""
    for heading in re.findall(r"^## .*", changes, re.MULTILINE):
        if not SECTION.fullmatch(heading):
            like = "## Version 3, 2027-03-02 { #version-3 }"
            yield f"{CHANGES}: expected a heading such as `{like}`, got `{heading}`"
    found = versions.sections(changes)
    for (version, _, names), (before, _, _) in pairwise([*found, (1, "", [])]):
        if version != before + 1:
            yield f"{CHANGES}: expected version {before + 1} above version {before}, got {version}"
        if not names:
            yield f"{CHANGES}: version {version}: expected `- [lstm.py](lstm.md): what is new`"


def snippet_faults(name: str, path: Path, changes: str, recorded: dict | None) -> Iterator[str]:
    """Compare one snippet."""
    version, last = versions.version_of(path), versions.changed_last(name, changes)
    new = f'make version NAME={name} CHANGES="what readers of an older one should know"'
    if recorded is None:
        yield f"snippets/{path.name}:2: has no version yet: {new}"
    elif version is None:
        line = LINE.format(recorded["version"])
        yield f"snippets/{path.name}:2: expected the second line `{line}`"
    elif version != last:
        yield f"snippets/{path.name}:2: is version {version}, but {CHANGES} has it last in {last}"
    elif recorded != versions.described(path):
        yield (
            f"snippets/{path.name}:2: the code is not what was recorded of version "
            f"{recorded['version']}. If it does something else: {new}. If it does the same, or "
            f"nobody has that version yet: make version NAME={name}"
        )
