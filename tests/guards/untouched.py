"""What a part measured changes only when it is measured again.

Then the seconds that the processor took change as well, as they are counted in thousandths. So a
part with other values than in the last commit, or in the one before, but with the same seconds, was
changed by hand. Without git, as in a downloaded archive, nothing can be compared.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.guards.includes import read
from tests.guards.records import line_of

RESULTS = "docs/experiments/results"
BEFORE = "HEAD", "HEAD^1"  # the second one is the base of a pull request that was merged to try it


def check(root: Path) -> list[str]:
    """Compare each record that has changed with what it was."""
    faults = {}
    for commit in BEFORE if (root / ".git").exists() else ():
        for name in git(root, "diff", "--name-only", commit, "--", RESULTS).split():
            before = git(root, "show", f"{commit}:{name}")
            if before and (root / name).is_file():
                text = read(root / name)
                for label in changed(json.loads(before), json.loads(text)):
                    faults[name, label] = (
                        f"{name}:{line_of(text, label)}: {label}: expected other seconds beside "
                        f"other values than in {commit}: `make experiments NAME={Path(name).stem}` "
                        "measures again"
                    )
    return list(faults.values())


def changed(before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """Name the parts that have other values, but took the same time."""
    for old, new in ((before, now), (before.get("older", {}), now.get("older", {}))):
        for label, part in new.get("parts", {}).items():
            was = old.get("parts", {}).get(label, part)
            same = was.get("cpu_seconds") == part.get("cpu_seconds")
            if same and was.get("measured") != part.get("measured"):
                yield label


def git(root: Path, *arguments: str) -> str:
    """Return what git says; nothing where there is no such commit."""
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True).stdout
