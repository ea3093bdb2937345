"""Shows that a change of code changed no number of an experiment; `make experiments` calls it.

    make experiments SAME=1 NAME=memory
    make experiments SAME=1 NAME=memory PART="GRU, update bias 0"

One part is measured twice on this machine: with the code of the commit where this branch left main,
and with the code that is here. If both runs return the same numbers, to the last bit, then the
record keeps its numbers and gets the hash of the code that is here. This holds for the part itself,
and for each other stale part that reaches no changed code besides what this part reaches, if each
changed function that it reaches has run. A function that is only reached proves nothing: a part
that trains and never draws tells nothing of a change to `draw`. `summarise` runs on the record.
Without PART, the stale part that took the least time is measured.

In both runs each clock gains a second whenever it is read. Otherwise a part that measures how long
something takes would never return the same numbers twice.
"""

import argparse
import ast
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from tools import data, results
from tools.experiments import ONE_THREAD
from tools.fetch import fetch, package_of
from tools.results import ROOT, SUMMARY, Experiment, is_sealed, load_record, results_path

MEASURE = """\
import itertools, json, os, sys, time
from pathlib import Path

count = itertools.count()
for name in "time", "monotonic", "perf_counter", "process_time", "thread_time":
    setattr(time, name, lambda: float(next(count)))
    setattr(time, f"{name}_ns", lambda: 10**9 * next(count))

from tools.experiments import measure

ran = set()
sys.settrace(lambda frame, *_: ran.add(frame.f_code))
measure(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
sys.settrace(None)
names = {f"{os.path.relpath(it.co_filename)}: {it.co_qualname.split('.')[0]}" for it in ran}
Path(sys.argv[4]).write_text(json.dumps(sorted(names)), encoding="utf-8")
"""


def git(*arguments: str) -> bytes:
    """Return what git prints, or b"" if it fails."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True)
    except FileNotFoundError:
        sys.exit("SAME=1 compares with an earlier commit: it needs git.")
    return b"" if done.returncode else done.stdout


def merge_base() -> str:
    """Find the commit where this branch left main."""
    for branch in ("main", "origin/main"):
        if commit := git("merge-base", "HEAD", branch).decode().strip():
            return commit
    sys.exit(
        "SAME=1 compares with the commit where this branch left main, and git finds no main here. "
        "git fetch origin main:main gets it."
    )


def unpack(commit: str, folder: Path) -> None:
    """Write the files of a commit into a folder, with the data that has been fetched."""
    with tarfile.open(fileobj=io.BytesIO(git("archive", commit))) as files:
        files.extractall(folder, filter="data")
    (folder / ".cache").mkdir()
    (folder / ".cache/data").symlink_to(data.CACHE)


def measure_in(roots: list[Path], name: str, label: str) -> tuple[list[Any], set[str]]:
    """Measure one part with the code of each of these folders, side by side.

    Returns what was measured in each, and the functions that ran, as `snippets/text.py: encode`.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{number}.json") for number in range(len(roots))]
        command = [sys.executable, "-B", "-c", MEASURE, name, label]
        runs = [
            subprocess.Popen(
                [*command, path, path.with_suffix(".ran")], cwd=root, env=os.environ | ONE_THREAD
            )
            for root, path in zip(roots, paths, strict=True)
        ]
        codes = [run.wait() for run in runs]
        if any(codes):
            sys.exit(f"{name}, {label}: it could not be measured, so the record is left alone.")
        ran = {it for path in paths for it in read_json(path.with_suffix(".ran"))}
        return [read_json(path)["measured"] for path in paths], ran


def read_json(path: Path) -> Any:
    """Read a file of JSON."""
    return json.loads(path.read_text(encoding="utf-8"))


def changes(before: Experiment, now: Experiment, label: str) -> set[tuple[str, str]]:
    """List what a part reaches in one version of the code but not, or differently, in the other."""
    return set(before.found(label).items() ^ now.found(label).items())


def functions(root: Path, found: set[tuple[str, str]]) -> set[str]:
    """Name those of the pieces that are functions, as `snippets/text.py: encode`."""
    names = {name for name, _ in found if ".py: " in name}
    defined = set()
    for file in {name.partition(": ")[0] for name in names}:
        if (root / file).is_file():
            tree = ast.parse((root / file).read_text(encoding="utf-8"))
            defined |= {f"{file}: {it.name}" for it in tree.body if isinstance(it, ast.FunctionDef)}
    return names & defined


def was_fresh(before: Experiment, label: str, record: dict, records: list[dict]) -> bool:
    """Tell whether the numbers in a record were measured with the earlier code.

    Its own hash may say so, or that in the earlier record, if the numbers in both are the same.
    """

    def numbers(it):
        return it["parts"].get(label, {}).get("measured", it["results"])

    return any(
        results.hashes(it).get(label, "") == before.code.get(label)
        and numbers(it) == numbers(record)
        for it in records
        if "parts" in it
    )


def choose(name: str, wanted: str | None, fresh_before: list[str]) -> str:
    """Choose the part to measure: the wanted one, or the one that took the least time."""
    parts = load_record(name)["parts"]
    if wanted is None:
        labels = [label for label in fresh_before if label != SUMMARY]
        if labels:
            return min(labels, key=lambda label: parts[label].get("cpu_seconds", 0))
    elif wanted in fresh_before:
        return wanted
    elif wanted not in Experiment(name).parts:
        known = "; ".join(Experiment(name).parts)
        sys.exit(f"There is no part {wanted!r} of {name}, but {known}.")
    elif wanted not in results.stale(name):
        sys.exit(f"{name}, {wanted}: its record is of the code that is here.")
    which = f"{name}, {wanted}" if wanted else name
    sys.exit(
        f"{which}: the record was not of the code where this branch left main either, so there is "
        f"nothing to compare with. make experiments NAME={name} measures it."
    )


def compare(name: str, wanted: str | None) -> None:
    """Measure a part with both versions of the code; renew hashes if the numbers are the same."""
    commit, now = merge_base(), Experiment(name)
    with tempfile.TemporaryDirectory() as folder:
        unpack(commit, Path(folder))
        if name not in results.experiments(Path(folder)):
            sys.exit(f"{name}: it is not in main yet, so there is nothing to compare with.")
        before, record = Experiment(name, Path(folder)), load_record(name)
        stale, records = results.stale(name), [record]
        if results_path(name, Path(folder)).exists():
            records.append(load_record(name, Path(folder)))
        fresh_before = [it for it in stale if was_fresh(before, it, record, records)]
        label = choose(name, wanted, fresh_before)
        print(f"{name}: measuring {label} with the code of {commit[:9]} and with today's.")
        (old, new), ran = measure_in([Path(folder), ROOT], name, label)
        shown, renewed = changes(before, now, label), []
        for it in fresh_before:
            found = changes(before, now, it)
            changed = functions(ROOT, found) | functions(Path(folder), found)
            if it == SUMMARY:
                is_same = now.summarised(record["parts"]) == record["results"]
            else:
                is_same = it == label or (found <= shown and changed <= ran)
            renewed += [it] if is_same else []
    if json.dumps(old) != json.dumps(new):
        sys.exit(
            f"{name}, {label}: the two versions of the code give different numbers. The record is "
            "left alone and stays stale.\nIn a pull request this is no fault, and the maintainer "
            f"measures again. To do so here: make experiments NAME={name}"
        )
    for it in renewed:
        if it == SUMMARY:
            record["summarise"] = now.code[it]
        else:
            older = record.get("older", {"parts": {}})["parts"]
            if older.get(it, {}).get("code") == record["parts"][it]["code"]:
                older[it]["code"] = now.code[it]
            record["parts"][it]["code"] = now.code[it]
    results.save_results(name, record)
    print(f"Both give the same numbers, to the last bit. No longer stale: {'; '.join(renewed)}")
    if rest := [it for it in stale if it not in renewed]:
        print(
            f"Still stale, because they reach changes that this part did not run: {'; '.join(rest)}"
        )


def main() -> None:
    """Compare the part that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?")
    parser.add_argument("--part")
    given = parser.parse_args()
    if given.name is None:
        sys.exit("SAME=1 looks at one experiment, as in make experiments SAME=1 NAME=memory.")
    given.name = results.chosen(given.name)
    if not results_path(given.name).exists() or not is_sealed(load_record(given.name)):
        sys.exit(f"{given.name}: it has no record as it was measured.")
    if not results.stale(given.name):
        sys.exit(f"{given.name}: its record is of the code that is here.")
    if (package := package_of(given.name)) and (fault := fetch(package)):
        sys.exit(fault)
    compare(given.name, given.part)


if __name__ == "__main__":
    main()
