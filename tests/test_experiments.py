"""The full sizes of experiments run in parts, and go on where they were stopped."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.results import checksum, write_whole

ROOT = Path(__file__).parents[1]
FOUR = """# %%
import os
import time

import numpy as np

SEEDS = [0, 1, 2, 3]
SLOW = 0


def measure(seed):
    with open("log", "a") as log:
        log.write(f"{seed}\\n")
    print("not in the way of the progress")
    if SLOW and seed > 1:
        time.sleep(60)
    rng = np.random.default_rng(seed)
    threads = os.environ["OPENBLAS_NUM_THREADS"]
    return {"loss": rng.normal(), "curve": rng.normal(size=2), "threads": threads}


def summarise(measured):
    mean = np.mean([run["loss"] for run in measured.values()])
    return {"mean": mean, "runs": measured, "by size": {8: 1, 64: 2}}


PARTS = {f"seed {seed}": (measure, seed) for seed in SEEDS}

# %%
raise AssertionError("the full size runs nothing but its parts")
"""


@pytest.fixture
def book(tmp_path):
    """Make a repository with one experiment of four parts."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("temp*"))
    (tmp_path / "docs/experiments").mkdir(parents=True)
    (tmp_path / "docs/experiments/four.py").write_text(FOUR)
    return tmp_path


def command(*arguments):
    return [sys.executable, "-B", "-m", "tools.experiments", *arguments]


def run(book, *arguments):
    return subprocess.run(command(*arguments), cwd=book, capture_output=True, text=True)


def measured(book):
    """Name the parts that were measured since the last time, sorted."""
    log = book / "log"
    seeds = sorted(log.read_text().split()) if log.exists() else []
    log.unlink(missing_ok=True)
    return seeds


def record(book):
    return json.loads((book / "docs/experiments/results/four.json").read_text())


def edit(book, old, new):
    path = book / "docs/experiments/four.py"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_all_parts_are_measured_and_those_results_are_not_measured_again(book):
    done = run(book)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    assert re.fullmatch(r"\[4/4\] four: seed \d, 0:0\d; 0:\d\d gone, about 0:00 left", lines[-1])
    assert measured(book) == ["0", "1", "2", "3"]
    first = record(book)
    assert first["sha256"] == checksum(first)
    assert first["seeds"] == [0, 1, 2, 3]
    assert sorted(first["versions"]) == ["numpy", "python"]
    assert first["cpu_seconds"] >= 0
    runs = first["results"]["runs"]
    assert list(runs) == ["seed 0", "seed 1", "seed 2", "seed 3"]  # not as they were done
    assert first["results"]["by size"] == {"8": 1, "64": 2}
    assert {part["threads"] for part in runs.values()} == {"1"}

    assert "four: its results are of its present code" in run(book).stdout
    assert measured(book) == []
    assert run(book, "four", "--force").returncode == 0
    assert measured(book) == ["0", "1", "2", "3"]
    assert record(book)["results"] == first["results"]  # same seed, same numbers

    path = book / "docs/experiments/results/four.json"
    path.write_text(path.read_text().replace('"mean": ', '"mean": 1'))
    assert run(book, "four").returncode == 0
    assert record(book)["results"] == first["results"]  # what was changed by hand is gone
    assert measured(book) == ["0", "1", "2", "3"]

    edit(book, "rng.normal()", "rng.uniform()")
    assert run(book, "four").returncode == 0
    assert measured(book) == ["0", "1", "2", "3"]
    assert record(book)["results"] != first["results"]
    assert not list(book.glob(".cache/parts/*"))


@pytest.mark.parametrize("whole_group", [False, True])  # kill -INT; Ctrl-C in a terminal
def test_a_run_that_is_stopped_goes_on_with_what_is_missing(book, whole_group):
    edit(book, "SLOW = 0", "SLOW = os.environ.get('SLOW')")
    slow = subprocess.Popen(
        command(),
        cwd=book,
        env=os.environ | {"SLOW": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    for _ in range(2):
        assert "seed" in slow.stdout.readline()
    while len((book / "log").read_text().split()) < 4:
        time.sleep(0.02)
    (os.killpg if whole_group else os.kill)(slow.pid, signal.SIGINT)
    _, said = slow.communicate(timeout=20)  # not the minute that the last parts would take
    assert said == ("Stopped. What is measured is kept: the same command goes on from here.\n")
    assert slow.returncode == 1
    assert not (book / "docs/experiments/results").exists()
    assert measured(book) == ["0", "1", "2", "3"]

    assert run(book).returncode == 0
    assert measured(book) == ["2", "3"]
    assert len(record(book)["results"]["runs"]) == 4


def test_what_was_measured_with_other_code_is_not_taken(book):
    edit(book, "    rng =", "    assert seed != 3\n    rng =")
    failed = run(book)
    assert failed.returncode == 1
    assert failed.stderr.endswith("These parts failed:\nfour, seed 3\n")
    assert "AssertionError" in failed.stderr
    assert measured(book) == ["0", "1", "2", "3"]
    assert not (book / "docs/experiments/results").exists()
    assert run(book).returncode == 1
    assert measured(book) == ["3"]
    edit(book, "seed != 3", "seed != 4")
    assert run(book).returncode == 0
    assert measured(book) == ["0", "1", "2", "3"]


def test_a_name_that_is_none_is_said(book):
    done = run(book, "five")
    assert done.returncode == 1
    assert done.stderr == "There is no experiment 'five', but four.\n"


def test_what_cannot_be_fetched_is_said_before_anything_runs(book, monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")  # nobody answers there
    package = 'from tools.data import Package\nPACKAGE = Package("x", "1", "x-1.tar.gz", "0")\n'
    edit(book, "SEEDS = ", f"{package}SEEDS = ")
    done = run(book)
    assert done.stderr == "x 1 could not be fetched: is there a network? Then make data does it.\n"
    assert measured(book) == []


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "folder/file.json"
    write_whole(path, "first")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "second, \ud800")
    assert path.read_text() == "first"
    assert list(path.parent.iterdir()) == [path]
