"""Runs the full size of experiments, two parts at a time; `make experiments` calls it.

    make experiments                        all parts whose code has changed since
    make experiments NAME=language_model    those of one experiment
    make experiments FORCE=1                all parts
    make experiments OLD=1                  the leading parts once more, as on an older processor

What a part measured is kept until its experiment is done: after Ctrl-C the same command goes on.
Parts that ALONE names are timed: they run when all others are done, one at a time.
What else `make experiments SAME=1` does is in tools/same.py.
"""

import argparse
import contextlib
import copy
import hashlib
import io
import json
import multiprocessing
import os
import platform
import shutil
import signal
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tools import results
from tools.fetch import fetch, package_of
from tools.results import ALONE, LEADING, ROOT, SUMMARY, Experiment, load_record, results_path

PROCESSES = 2  # what a part measures does not depend on it; how long all of them take does
VERSIONS = {"python": platform.python_version(), "numpy": version("numpy")}
ONE_THREAD = {  # for each process; read when NumPy is loaded
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}


def as_older() -> dict[str, str]:
    """Return the environment in which OpenBLAS and NumPy compute as on an older processor.

    OpenBLAS takes the kernels of a processor of 2008, and NumPy uses none of the instructions that
    it found here besides those that every processor of its kind has. Sums are then added in another
    order, and differ in their last digits.
    """
    import numpy as np

    new = np.show_config("dicts")["SIMD Extensions"].get("found", [])
    return {"OPENBLAS_CORETYPE": "Nehalem", "NPY_DISABLE_CPU_FEATURES": " ".join(new)}


@cache
def read(name: str) -> Experiment:
    """Read the files of an experiment, once in each process: all its parts are of one moment."""
    return Experiment(name)


def measure(name: str, label: str, path: Path) -> dict[str, Any]:
    """Measure one part, and keep what came out."""
    experiment = read(name)
    code = experiment.code[label]
    wall, cpu = time.perf_counter(), time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):  # what it prints is for its page
        measured = experiment.measure(label)
    part = {
        "code": code,
        "versions": VERSIONS,
        "cpu_seconds": round(time.process_time() - cpu, 3),
        "wall_seconds": time.perf_counter() - wall,
        "measured": measured,
    }
    text = json.dumps(part, default=lambda value: value.tolist(), allow_nan=False)
    results.write_whole(path, text)
    return json.loads(text)


class Run:
    """An experiment on its way to its results."""

    def __init__(self, name: str, *, force: bool = False, older: bool = False):
        experiment = Experiment(name)
        self.name, self.older = name, older
        self.code = experiment.code  # an edit while it runs leaves it stale
        leading = experiment.labels(LEADING)
        self.labels = leading if older else [*experiment.parts]
        self.alone = {*experiment.labels(ALONE)}
        self.module = experiment.define(experiment.reach("SEEDS", "summarise").kept)
        self.folder = ROOT / ".cache" / ("older_parts" if older else "parts") / name
        self.parts = {} if force else kept_parts(name, self.code, older)
        for label in self.labels:
            if (path := self.path(label)).exists():
                self.parts[label] = json.loads(path.read_text(encoding="utf-8"))

    def path(self, label: str) -> Path:
        """Say where a part is kept: elsewhere when the code or its surroundings change."""
        key = json.dumps([self.code[label], VERSIONS, label])
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"

    def missing(self) -> list[str]:
        """Name the parts that are not measured yet."""
        return [label for label in self.labels if label not in self.parts]

    def seconds_left(self) -> float:
        """Guess from this time, or from the last, how long the rest takes one process."""
        if self.parts:
            mean = sum(part["cpu_seconds"] for part in self.parts.values()) / len(self.parts)
        elif results_path(self.name).exists():
            mean = load_record(self.name).get("cpu_seconds", 0) / len(self.labels)
        else:
            mean = 60
        return mean * len(self.missing())

    def finish(self) -> None:
        """Write the results, and forget the parts."""
        record = load_record(self.name) if results_path(self.name).exists() else {}
        older = record.get("older", {}).get("parts", {})
        measured = {label: kept(self.parts[label]) for label in self.labels}  # in their order
        parts, older = (record["parts"], measured) if self.older else (measured, older)
        record = {
            "summarise": self.code[SUMMARY],
            "seeds": list(self.module.SEEDS),
            "cpu_seconds": round(sum(part["cpu_seconds"] for part in parts.values()), 1),
            "results": self.summarise(parts),
            "parts": parts,
        }
        if older := {label: part for label, part in older.items() if label in parts}:
            record["older"] = {"results": self.summarise(parts | older), "parts": older}
        results.save_results(self.name, record)
        shutil.rmtree(self.folder, ignore_errors=True)

    def summarise(self, parts: dict[str, Any]) -> Any:
        """Let the experiment put together what its parts returned."""
        return self.module.summarise(
            {label: copy.deepcopy(part["measured"]) for label, part in parts.items()}
        )


def kept(part: dict[str, Any]) -> dict[str, Any]:
    """Return what a record keeps of a part."""
    return {key: value for key, value in part.items() if key != "wall_seconds"}


def kept_parts(name: str, code: dict[str, str], older: bool) -> dict[str, Any]:
    """Return the parts of the record that are not stale, with what they measured."""
    record = load_record(name) if results_path(name).exists() else {}
    if not results.is_sealed(record):
        return {}
    parts = record.get("older", {"parts": {}})["parts"] if older else record["parts"]
    return {
        label: part
        for label, part in parts.items()
        if part["code"] == code.get(label) and "measured" in part
    }


def run(names: list[str], *, force: bool = False, older: bool = False) -> list[str]:
    """Measure what is missing of these experiments, and say what failed."""
    runs = [Run(name, force=force, older=older) for name in names]
    for each in runs:
        if not each.missing():  # all parts were kept, but not yet put together
            each.finish()
    tasks = [(each, label) for each in runs for label in each.missing()]
    together = [(each, label) for each, label in tasks if label not in each.alone]
    alone = [(each, label) for each, label in tasks if label in each.alone]
    start = time.monotonic()
    return measure_all(runs, together, PROCESSES, start) + measure_all(runs, alone, 1, start)


def measure_all(
    runs: list[Run], tasks: list[tuple[Run, str]], processes: int, start: float
) -> list[str]:
    """Measure parts in this many processes, and say what failed."""
    failed = []
    pool = ProcessPoolExecutor(
        processes,
        multiprocessing.get_context("spawn"),
        end_without_a_word,
    )
    with pool:
        try:
            submitted = {
                pool.submit(measure, each.name, label, each.path(label)): (each, label)
                for each, label in tasks
            }
            for task in as_completed(submitted):
                each, label = submitted[task]
                if isinstance(error := task.exception(), BrokenProcessPool):
                    sys.exit("A process was killed: was there too little memory?")
                if error:
                    traceback.print_exception(error)
                    failed.append(f"{each.name}, {label}")
                    continue
                each.parts[label] = task.result()
                print(progress(runs, each, label, time.monotonic() - start), flush=True)
                if not each.missing():
                    each.finish()
        except KeyboardInterrupt:
            for process in multiprocessing.active_children():
                process.terminate()
            sys.exit("Stopped. What is measured is kept: the same command goes on from here.")
    return failed


def end_without_a_word() -> None:
    """Let Ctrl-C end this process silently; but not if it is ignored, as for a job of a script."""
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def progress(runs: list[Run], latest: Run, label: str, seconds: float) -> str:
    """Say which part was measured, how many there are, and how long the rest takes."""
    total = sum(len(each.labels) for each in runs)
    done = sum(len(each.parts) for each in runs)
    left = sum(each.seconds_left() for each in runs) / PROCESSES
    return (
        f"[{done:{len(str(total))}}/{total}] {latest.name}: {label}, "
        f"{clock(latest.parts[label]['wall_seconds'])}; "
        f"{clock(seconds)} gone, about {clock(left)} left"
    )


def clock(seconds: float) -> str:
    """Write a time as minutes and seconds."""
    return f"{round(seconds) // 60}:{round(seconds) % 60:02}"


def is_current(name: str, older: bool) -> bool:
    """Tell whether the committed results are of the present code, and as they were measured."""
    if not results_path(name).exists() or not results.is_sealed(load_record(name)):
        return False
    return not (results.stale_older(name) if older else results.stale(name))


def main() -> None:
    """Run the experiments that the command line names, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--force", action="store_true")
    parser.add_argument("--old", action="store_true")
    given = parser.parse_args()
    names = []
    for name in [results.chosen(it) for it in given.names] or results.experiments():
        if given.old and Experiment(name).labels(LEADING) and not is_current(name, older=False):
            sys.exit(f"{name} is stale: make experiments NAME={name} comes before OLD=1.")
        if given.force or not is_current(name, given.old):
            names.append(name)
        else:
            print(f"{name}: its results are of its present code (FORCE=1 runs it all the same).")
    for name in names:
        if (package := package_of(name)) and (fault := fetch(package)):
            sys.exit(fault)
    if given.old:
        os.environ |= as_older()  # for the processes that measure
    if failed := run(names, force=given.force, older=given.old):
        sys.exit("\n".join(["These parts failed:", *failed]))


if __name__ == "__main__":
    os.environ |= ONE_THREAD
    main()
