"""Runs experiments at full size, two parts at a time; `make experiments` calls it.

    make experiments                        those whose results are not of their present code
    make experiments NAME=language_model    one of them
    make experiments FORCE=1                all, also those whose results are

What a part measured is kept until its experiment is done: after Ctrl-C the same command goes on.
"""

import argparse
import contextlib
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
from types import ModuleType
from typing import Any

from tools import results
from tools.fetch import fetch
from tools.results import ROOT, code_hash, load_results, results_path

PROCESSES = 2  # what a part measures does not depend on it; how long all of them take does
VERSIONS = {"python": platform.python_version(), "numpy": version("numpy")}
ONE_THREAD = {  # for each process; read when NumPy is loaded
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}


@cache
def full_size(name: str) -> ModuleType:
    """Define what an experiment needs for its full size, and nothing else of it."""
    return results.load(name, {*results.FULL, "PACKAGE"})


def measure(name: str, label: str, path: Path) -> dict[str, Any]:
    """Measure one part, and keep what came out."""
    function, *arguments = full_size(name).PARTS[label]
    wall, cpu = time.perf_counter(), time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):  # what it prints is for its page
        measured = function(*arguments)
    part = {
        "measured": measured,
        "cpu_seconds": time.process_time() - cpu,
        "wall_seconds": time.perf_counter() - wall,
    }
    text = json.dumps(part, default=lambda value: value.tolist(), allow_nan=False)
    results.write_whole(path, text)
    return json.loads(text)


class Run:
    """An experiment on its way to its results."""

    def __init__(self, name: str):
        self.name, self.module = name, full_size(name)
        self.code_sha256 = code_hash(name)  # an edit made while it runs leaves its results stale
        self.folder = ROOT / ".cache/parts" / name
        self.parts = {
            label: json.loads(path.read_text(encoding="utf-8"))
            for label in self.module.PARTS
            if (path := self.path(label)).exists()
        }

    def path(self, label: str) -> Path:
        """Say where a part is kept: elsewhere when the code or its surroundings change."""
        key = json.dumps([self.code_sha256, VERSIONS, label])
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"

    def missing(self) -> list[str]:
        """Name the parts that are not measured yet."""
        return [label for label in self.module.PARTS if label not in self.parts]

    def seconds_left(self) -> float:
        """Guess from this time, or from the last, how long the rest takes one process."""
        if self.parts:
            mean = sum(part["wall_seconds"] for part in self.parts.values()) / len(self.parts)
        elif results_path(self.name).exists():
            mean = load_results(self.name).get("cpu_seconds", 0) / len(self.module.PARTS)
        else:
            mean = 60
        return mean * len(self.missing())

    def finish(self) -> None:
        """Write the results, and forget the parts."""
        parts = {label: self.parts[label] for label in self.module.PARTS}  # in their order
        measured = {label: part["measured"] for label, part in parts.items()}
        record = {
            "code_sha256": self.code_sha256,
            "seeds": list(self.module.SEEDS),
            "versions": VERSIONS,
            "cpu_seconds": round(sum(part["cpu_seconds"] for part in parts.values()), 1),
            "results": self.module.summarise(measured),
        }
        results.save_results(self.name, record)
        shutil.rmtree(self.folder, ignore_errors=True)


def run(names: list[str]) -> list[str]:
    """Measure what is missing of these experiments, and say what failed."""
    runs, failed, start = [Run(name) for name in names], [], time.monotonic()
    pool = ProcessPoolExecutor(
        PROCESSES,
        multiprocessing.get_context("spawn"),
        signal.signal,
        (signal.SIGINT, signal.SIG_DFL),  # Ctrl-C ends it without a word
    )
    with pool:
        try:
            tasks = {
                pool.submit(measure, each.name, label, each.path(label)): (each, label)
                for each in runs
                for label in each.missing()
            }
            for each in runs:
                if not each.missing():  # all parts were kept, but not yet put together
                    each.finish()
            for task in as_completed(tasks):
                each, label = tasks[task]
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


def progress(runs: list[Run], latest: Run, label: str, seconds: float) -> str:
    """Say which part was measured, how many there are, and how long the rest takes."""
    total = sum(len(each.module.PARTS) for each in runs)
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


def is_current(name: str) -> bool:
    """Tell whether the committed results are of the present code, and as they were measured."""
    if not results_path(name).exists():
        return False
    record = load_results(name)
    sealed = record.get("sha256") == results.checksum(record)
    return sealed and record.get("code_sha256") == code_hash(name)


def main() -> None:
    """Run the experiments that the command line names, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--force", action="store_true")
    given, known = parser.parse_args(), results.experiments()
    for name in given.names:
        if name not in known:
            sys.exit(f"There is no experiment {name!r}, but {', '.join(known)}.")
    names = []
    for name in given.names or known:
        if given.force or not is_current(name):
            names.append(name)
        else:
            print(f"{name}: its results are of its present code (FORCE=1 runs it all the same).")
    for name in names:
        if hasattr(full_size(name), "PACKAGE") and (fault := fetch(full_size(name).PACKAGE)):
            sys.exit(fault)
    if failed := run(names):
        sys.exit("\n".join(["These parts failed:", *failed]))


if __name__ == "__main__":
    os.environ |= ONE_THREAD
    main()
