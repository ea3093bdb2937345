"""Breaks the snippets on purpose and says which share of the faults the tests catch.

`make mutants` runs mutmut, which knows what a caught fault is; here its results are summed up.
Some snippets only: `make mutants ARGS="snippets/rnn.py snippets/lstm.py"`.
Two kinds of change are no faults, and are left out of the share:
- another constant in `init_*` is another choice;
- what `tools/equivalent_mutants.txt` lists changes nothing that a caller could see.
"""

import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
EQUIVALENT = "tools/equivalent_mutants.txt"
LEAST = 0.97


class Change(NamedTuple):
    """A change to a function. mutmut numbers its changes, but the numbers shift with the code."""

    function: str  # clipping.clip_by_norm
    lines: tuple[str, ...]  # "-    if norm > threshold:", "+    if norm >= threshold:"


class Entry(NamedTuple):
    """What the list of equivalent changes says of one."""

    why: str
    line: int  # of the list, where its block begins


def read_equivalent(text: str) -> dict[Change, Entry]:
    """Read which changes are equivalent.

    Blocks are separated by blank lines. The first line of a block names the function, or several
    that hold the same line, and says why; the changed lines follow as mutmut shows them:

        clipping.clip, training.clip: at the threshold itself both divide by 1
        -    if norm > threshold:
        +    if norm >= threshold:
    """
    equivalent, line = {}, 1
    for block in text.split("\n\n"):
        heading, *lines = [it.rstrip() for it in block.splitlines() if it[:1] != "#"] or [""]
        functions, _, why = heading.partition(": ")
        for function in filter(None, functions.split(", ")):
            equivalent[Change(function, tuple(lines))] = Entry(why, line)
        line += block.count("\n") + 2
    return equivalent


def mutmut(*arguments: str) -> str:
    """Run mutmut and return what it prints."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"mutmut stopped:\n{done.stdout[-2000:]}\n{done.stderr}")
    return done.stdout


def change_of(name: str) -> Change:
    """Say what mutmut changed in the mutant of this name, snippets.rnn.x_rnn_step__mutmut_1."""
    _, stem, function = name.rpartition("__mutmut_")[0].split(".")
    shown = mutmut("show", name).splitlines()[4:]
    lines = tuple(line.rstrip() for line in shown if line[:1] in "+-")
    return Change(f"{stem}.{function.removeprefix('x_')}", lines)


def names_of(paths: list[str]) -> list[str]:
    """Say how mutmut calls the faults of these snippets; those of all, if there are none."""
    for path in paths:
        if not (ROOT / path).is_file() or Path(path).parent != Path("snippets"):
            sys.exit(f"expected snippets such as snippets/rnn.py, got {path}")
    return [f"snippets.{Path(path).stem}.*" for path in paths]


def main() -> None:
    """Run, sum up, show what was not caught."""
    chosen = names_of(sys.argv[1:])
    equivalent = read_equivalent((ROOT / EQUIVALENT).read_text(encoding="utf-8"))
    print("Trying faults:", "minutes" if chosen else "an hour", "...", flush=True)
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)  # a changed test would not be seen
    mutmut("run", *chosen)
    results = dict(line.split(": ") for line in mutmut("results", "--all", "1").splitlines())
    results = {name.strip(): kind for name, kind in results.items()}
    if chosen:
        results = {n: k for n, k in results.items() if any(fnmatch(n, it) for it in chosen)}
    tried = {name: kind for name, kind in results.items() if ".x_init_" not in name}
    survivors = [name for name, kind in tried.items() if kind not in ("killed", "timeout")]
    changes = {name: change_of(name) for name in survivors}
    missed = {name: it for name, it in changes.items() if it not in equivalent}
    for name, change in missed.items():
        print(f"\nnot caught: {name}", *change.lines, sep="\n")
    left_out = len(survivors) - len(missed)
    faults = len(tried) - left_out
    if not faults:
        sys.exit("mutmut tried no fault: nothing is known about the tests.")
    share = 1 - len(missed) / faults
    print(f"\n{share:.1%} of {faults} faults caught; {left_out} equivalent changes left out")
    if share < LEAST:
        sys.exit(f"The tests must catch {LEAST:.0%}: let them notice what is listed above.")


if __name__ == "__main__":
    main()
