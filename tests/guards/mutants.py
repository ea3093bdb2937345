"""Changes that are listed as equivalent are changes to code that exists, each with a reason."""

import ast
from pathlib import Path

from tools.mutants import EQUIVALENT, Change, read_equivalent


def check(root: Path) -> list[str]:
    """Look for each function and its lines, since a change to other code would hide there.

    If `rnn.check` has lost the line `if not fits:`, a block such as this one is a fault:

        rnn.check: what does not fit is refused either way
        -    if not fits:
        +    if fits is False:
    """
    path = root / EQUIVALENT
    if not path.is_file():
        return []
    listed = read_equivalent(path.read_text(encoding="utf-8"))
    return [
        f"{EQUIVALENT}:{entry.line}: {change.function}: {fault}"
        for change, entry in listed.items()
        for fault in find_faults(root, change, entry.why)
    ]


def find_faults(root: Path, change: Change, why: str) -> list[str]:
    """Say what is wrong with one entry."""
    faults = []
    if not why.strip():
        faults.append("expected `snippet.function: why`, got no reason")
    if {line[:1] for line in change.lines} != {"-", "+"}:
        faults.append("expected lines with - and lines with +, as `make mutants` prints them")
    there = lines_of(root, change.function)
    if there is None:
        return [*faults, "no such function: take the entry out, or give it the new name"]
    lost = [line for line in change.lines if line[:1] == "-" and line[1:] not in there]
    mend = "take the entry out, or copy what `make mutants` prints now"
    return faults + [f"has no line `{line[1:].strip()}`: {mend}" for line in lost]


def lines_of(root: Path, name: str) -> list[str] | None:
    """Return the lines of a function, rnn.rnn_step; None if there is none."""
    stem, _, function = name.partition(".")
    path = root / "snippets" / f"{stem}.py"
    if not path.is_file():
        return None
    source = path.read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return source.splitlines()[node.lineno - 1 : node.end_lineno]
    return None
