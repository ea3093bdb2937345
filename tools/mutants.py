"""Breaks the snippets on purpose and says which share of the faults the tests catch.

`make mutants` runs mutmut, which knows what a caught fault is; here its results are summed up.
Some snippets only: `make mutants ARGS="snippets/rnn.py snippets/lstm.py"`.
A tenth of the faults, those whose number ends in 3: `make mutants ARGS="--shard 3"`. The faults of
each snippet are spread over all shards, so these take about the same time, and none has to be told
of a new snippet.
A shard writes what it found to `.cache/mutants/`, and `make mutants ARGS=--sum` sums up all ten.
Two kinds of change are no faults, and are left out of the share:
- another constant in `init_*` is another choice;
- what `tools/equivalent_mutants.txt` lists changes nothing that a caller could see.
"""

import argparse
import json
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
EQUIVALENT = "tools/equivalent_mutants.txt"
FOUND = ".cache/mutants"  # by the shards
SHARDS = range(10)
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


def names_of(paths: list[str], shard: int | None) -> list[str]:
    """Say how mutmut calls the faults of these snippets, or of all; of a shard, those in it."""
    for path in paths:
        if not (ROOT / path).is_file() or Path(path).parent != Path("snippets"):
            sys.exit(f"expected snippets such as snippets/rnn.py, got {path}")
    stems = [Path(path).stem for path in paths] or ["*"]
    return [f"snippets.{stem}.*{'' if shard is None else shard}" for stem in stems]


class Count(NamedTuple):
    """How many faults were tried, how many of them no test noticed, and what was left out."""

    faults: int
    missed: int
    left_out: int


def try_faults(names: list[str]) -> Count:
    """Try the faults of these names, and print what was not caught."""
    equivalent = read_equivalent((ROOT / EQUIVALENT).read_text(encoding="utf-8"))
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)  # a changed test would not be seen
    mutmut("run", *names)
    lines = (line.split(": ") for line in mutmut("results", "--all", "1").splitlines())
    results = {name.strip(): kind for name, kind in lines}
    tried = {
        name: kind
        for name, kind in results.items()
        if ".x_init_" not in name and any(fnmatch(name, it) for it in names)
    }
    survivors = [name for name, kind in tried.items() if kind not in ("killed", "timeout")]
    changes = {name: change_of(name) for name in survivors}
    missed = {name: it for name, it in changes.items() if it not in equivalent}
    for name, change in missed.items():
        print(f"\nnot caught: {name}", *change.lines, sep="\n")
    left_out = len(survivors) - len(missed)
    return Count(len(tried) - left_out, len(missed), left_out)


def sum_up() -> Count:
    """Add up what the shards found; one that is missing may have found the worst."""
    paths = [ROOT / FOUND / f"{shard}.json" for shard in SHARDS]
    if missing := [path.stem for path in paths if not path.exists()]:
        sys.exit(f"There is no result of these shards: {', '.join(missing)}.")
    counts = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    return Count(*map(sum, zip(*counts, strict=True)))


def judge(count: Count) -> None:
    """Say the share that was caught, and fail if it is too small."""
    if not count.faults:
        sys.exit("mutmut tried no fault: nothing is known about the tests.")
    share = 1 - count.missed / count.faults
    print(
        f"\n{share:.1%} of {count.faults} faults caught; "
        f"{count.left_out} equivalent changes left out"
    )
    if share < LEAST:
        sys.exit(f"The tests must catch {LEAST:.0%}: let them notice what is listed above.")


def main() -> None:
    """Try faults and judge the tests; a shard is judged with the others."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("snippets", nargs="*", help="only these, such as snippets/rnn.py")
    parser.add_argument("--shard", type=int, choices=SHARDS, help="only a tenth of the faults")
    parser.add_argument("--sum", action="store_true", help="judge what all shards have found")
    options = parser.parse_args()
    if options.sum:
        judge(sum_up())
        return
    names = names_of(options.snippets, options.shard)
    print("Trying faults: minutes for a snippet, hours for all ...", flush=True)
    count = try_faults(names)
    if options.shard is None:
        judge(count)
        return
    path = ROOT / FOUND / f"{options.shard}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(count), encoding="utf-8")
    print(f"\n{count.missed} of {count.faults} faults not caught; the sum of the shards decides")


if __name__ == "__main__":
    main()
