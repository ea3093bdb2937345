"""Full runs of experiments: only stale parts are measured, and a stopped run can go on."""

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

from tools.results import checksum, save_results, write_whole

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
    assert first["cpu_seconds"] >= 0
    assert list(first["parts"]) == ["seed 0", "seed 1", "seed 2", "seed 3"]
    for label, part in first["parts"].items():
        assert sorted(part) == ["code", "cpu_seconds", "measured", "versions"]
        assert sorted(part["versions"]) == ["numpy", "python"]
        assert part["measured"] == first["results"]["runs"][label]
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


def test_a_part_that_is_added_is_measured_alone(book):
    assert run(book).returncode == 0
    first, _ = record(book), measured(book)
    edit(book, "SEEDS = [0, 1, 2, 3]", "SEEDS = [0, 1, 2, 3, 5]")
    done = run(book)
    assert measured(book) == ["5"]
    assert done.stdout.startswith("[5/5] four: seed 5, 0:0")
    second = record(book)
    assert list(second["results"]["runs"]) == [*first["results"]["runs"], "seed 5"]
    assert {it: second["parts"][it] for it in first["parts"]} == first["parts"]
    assert second["results"]["mean"] != first["results"]["mean"]
    assert second["cpu_seconds"] >= first["cpu_seconds"]

    edit(book, "SEEDS = [0, 1, 2, 3, 5]", "SEEDS = [3, 1]")  # fewer, in another order
    assert run(book).returncode == 0
    assert measured(book) == []
    assert list(record(book)["results"]["runs"]) == ["seed 3", "seed 1"]


def test_another_summary_is_made_of_what_was_measured(book):
    assert run(book).returncode == 0
    first, _ = record(book), measured(book)
    edit(book, "{8: 1, 64: 2}", "measured.popitem()[0]")
    assert run(book).returncode == 0
    assert measured(book) == []
    assert record(book)["results"]["by size"] == "seed 3"
    assert record(book)["parts"] == first["parts"]  # also what the summary takes out


def test_a_record_without_the_values_of_its_parts_is_measured_whole(book):
    assert run(book).returncode == 0
    old, _ = record(book), measured(book)
    for part in old["parts"].values():
        del part["measured"]
    del old["sha256"]
    save_results("four", old, book)
    assert "four: its results are of its present code" in run(book).stdout  # nothing is stale
    edit(book, "SEEDS = [0, 1, 2, 3]", "SEEDS = [0, 1, 2, 3, 5]")
    assert run(book).returncode == 0
    assert measured(book) == ["0", "1", "2", "3", "5"]
    assert len(record(book)["results"]["runs"]) == 5


@pytest.mark.parametrize("kill", [os.kill, os.killpg])  # kill -INT; Ctrl-C in a terminal
def test_a_run_that_is_stopped_goes_on_with_what_is_missing(book, kill, interrupt):
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
    interrupt(slow, kill)
    _, said = slow.communicate(timeout=20)  # not the minute that the last parts would take
    assert said == ("Stopped. What is measured is kept: the same command goes on from here.\n")
    assert slow.returncode == 1
    assert not (book / "docs/experiments/results").exists()
    assert measured(book) == ["0", "1", "2", "3"]

    assert run(book).returncode == 0
    assert measured(book) == ["2", "3"]
    assert len(record(book)["results"]["runs"]) == 4


def test_a_run_in_the_background_of_a_script_goes_on_after_control_c(book):
    edit(book, "time.sleep(60)", "time.sleep(1)")
    edit(book, "SLOW = 0", "SLOW = 1")
    ignoring = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    background = [*ignoring, *command()]
    with subprocess.Popen(background, cwd=book, start_new_session=True, **pipes) as process:
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate()
    assert (process.returncode, said) == (0, "")
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


# LEADING: parts that are measured as on an older processor, too


@pytest.fixture
def leading(book, monkeypatch):
    """Let two of the four parts lead; a part says which kernels it was computed with."""
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)  # CI's second run sets it for all
    monkeypatch.delenv("NPY_DISABLE_CPU_FEATURES", raising=False)
    edit(book, "SEEDS = [0, 1, 2, 3]\n", 'SEEDS = [0, 1, 2, 3]\nLEADING = ["seed 1", "seed 3"]\n')
    edit(book, '"threads": threads', '"threads": threads, "old": "OPENBLAS_CORETYPE" in os.environ')
    return book


def test_leading_parts_are_measured_as_on_an_older_processor(leading):
    assert run(leading, "--old").stderr.startswith(
        "four is stale: make experiments NAME=four comes"
    )
    assert run(leading).returncode == 0
    first, _ = record(leading), measured(leading)
    assert "older" not in first
    done = run(leading, "--old")
    assert done.returncode == 0, done.stderr
    assert measured(leading) == ["1", "3"]
    second = record(leading)
    assert second["sha256"] == checksum(second)
    assert list(second["older"]["parts"]) == ["seed 1", "seed 3"]
    was_old = {label: it["old"] for label, it in second["older"]["results"]["runs"].items()}
    assert was_old == {"seed 0": False, "seed 1": True, "seed 2": False, "seed 3": True}
    assert {key: second[key] for key in first if key != "sha256"} == {
        key: first[key] for key in first if key != "sha256"
    }
    assert run(leading, "--old").stdout.startswith("four: its results are of its present code")
    assert run(leading, "--force").returncode == 0  # leaves the others alone
    assert record(leading)["older"] == second["older"]


def test_a_leading_part_that_has_changed_is_stale(leading):
    assert run(leading).returncode == run(leading, "--old").returncode == 0
    measured(leading)
    edit(leading, "rng.normal()", "rng.uniform()")
    assert run(leading).returncode == 0
    said = subprocess.run(
        [sys.executable, "-B", "-m", "tools.results"], cwd=leading, capture_output=True, text=True
    )
    assert said.returncode == 1
    assert (
        "  four, as on an older processor (make experiments OLD=1): 2 of 2 parts: seed 1; seed 3\n"
    ) in said.stderr
    measured(leading)
    assert run(leading, "--old").returncode == 0
    assert measured(leading) == ["1", "3"]


def test_a_leading_part_that_does_not_exist_is_said(leading):
    edit(leading, '"seed 3"]', '"seed 4"]')
    assert "LEADING names 'seed 4', the parts are seed 0; seed 1;" in run(leading).stderr


# ALONE: parts that are timed


def test_parts_that_are_timed_have_the_processor_to_themselves(book):
    edit(book, "SEEDS = [0, 1, 2, 3]\n", 'SEEDS = [0, 1, 2, 3]\nALONE = ["seed 0", "seed 1"]\n')
    edit(book, "    rng =", "    start = time.time()\n    time.sleep(0.5)\n    rng =")
    edit(book, '"threads": threads', '"threads": threads, "time": [start, time.time()]')
    assert run(book).returncode == 0
    runs = record(book)["results"]["runs"]
    together = max(runs["seed 2"]["time"][1], runs["seed 3"]["time"][1])
    first, second = sorted(runs[name]["time"] for name in ("seed 0", "seed 1"))
    assert together <= first[0]
    assert first[1] <= second[0]


# make experiments SAME=1: measured with the code of main and with the code that is here


@pytest.fixture
def branch(book):
    """Commit the measured experiment to main, and begin a branch."""
    edit(book, "SEEDS = [0, 1, 2, 3]\n", "SEEDS = [0, 1]\nSHIFT = 1\n")
    edit(book, "    rng = np", "    start = time.process_time()\n    rng = np")
    edit(book, '    return {"loss"', '    took = time.process_time() - start\n    return {"loss"')
    edit(book, '"threads": threads', '"threads": threads, "took": took')
    other = "def other():\n    return {'loss': SHIFT}\n\n\ndef summarise"
    edit(book, "def summarise", other)
    edit(book, "for seed in SEEDS}\n", "for seed in SEEDS} | {'other': (other,)}\n")
    assert run(book).returncode == 0
    measured(book)
    (book / ".gitignore").write_text(".cache\nlog\n")
    git(book, "init", "--quiet", "--initial-branch", "main")
    git(book, "add", ".")
    git(book, "commit", "--quiet", "--message", "first")
    git(book, "checkout", "--quiet", "-b", "branch")
    return book


def git(book, *arguments):
    who = ("-c", "user.name=Name", "-c", "user.email=name@example.org")
    subprocess.run(["git", *who, *arguments], cwd=book, check=True)


def same(book, *arguments):
    command = [sys.executable, "-B", "-m", "tools.same", *arguments]
    return subprocess.run(command, cwd=book, capture_output=True, text=True)


def test_the_same_numbers_renew_the_hashes_of_what_reaches_no_other_change(branch):
    before = record(branch)
    edit(branch, "rng.normal(size=2)", "np.array(rng.normal(size=2))")
    edit(branch, "{'loss': SHIFT}", "{'loss': SHIFT + 0}")
    done = same(branch, "four", "--part", "seed 1")
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(
        r"four: measuring seed 1 with the code of [0-9a-f]{9} and with today's\.\n"
        r"Both give the same numbers, to the last bit\. No longer stale: seed 0; seed 1\n"
        r"Still stale, because they reach changes that this part did not run: other\n",
        done.stdout,
    )
    after = record(branch)
    assert after["sha256"] == checksum(after)
    assert after["results"] == before["results"]
    for label, part in after["parts"].items():
        assert (part == before["parts"][label]) is (label == "other")
        assert part | {"code": ""} == before["parts"][label] | {"code": ""}
    assert measured(branch) == ["1"]  # here; the code of main is elsewhere

    done = same(branch, "four")  # the one that is left
    assert "No longer stale: other\n" in done.stdout
    assert same(branch, "four").stderr == "four: its record is of the code that is here.\n"
    assert run(branch).stdout.startswith("four: its results are of its present code")
    assert measured(branch) == []

    edit(branch, "np.array(rng", "np.asarray(rng")  # again, on the same branch
    assert "No longer stale: seed 0; seed 1\n" in same(branch, "four").stdout


def test_a_changed_function_that_did_not_run_proves_nothing(branch):
    edit(branch, "    rng = np", "    if seed == 1:\n        helper()\n    rng = np")
    edit(branch, "def other", "def helper():\n    return 1\n\n\ndef other")
    done = same(branch, "four", "--part", "seed 0")
    assert "No longer stale: seed 0\nStill stale, because they reach changes that" in done.stdout
    assert done.stdout.endswith(": seed 1\n")
    done = same(branch, "four", "--part", "seed 1")
    assert done.stdout.endswith("No longer stale: seed 1\n")


@pytest.mark.parametrize(("mean", "is_same"), [("np.mean([*", True), ("1 + np.mean([*", False)])
def test_a_changed_summary_is_compared_with_the_record(branch, mean, is_same):
    edit(branch, "np.mean([run", f"{mean}[run")
    edit(branch, "measured.values()])", "measured.values()]])")
    edit(branch, "rng.normal(size=2)", "np.array(rng.normal(size=2))")
    done = same(branch, "four", "--part", "seed 1")
    assert ("summarise" in done.stdout.split("Still stale")[0]) is is_same


def test_other_numbers_leave_the_record_alone(branch):
    before = record(branch)
    edit(branch, "rng.normal(size=2)", "rng.normal(size=2) * (1 + 2e-16)")
    done = same(branch, "four", "--part", "seed 0")
    assert done.returncode == 1
    assert done.stderr == (
        "four, seed 0: the two versions of the code give different numbers. The record is left "
        "alone and stays stale.\nIn a pull request this is no fault, and the maintainer measures "
        "again. To do so here: make experiments NAME=four\n"
    )
    assert record(branch) == before


def test_without_a_part_the_cheapest_is_measured(branch):
    cheap = record(branch)
    for label, part in cheap["parts"].items():
        part["cpu_seconds"] = {"seed 0": 3, "seed 1": 1, "other": 0.5}[label]
    save_results("four", {key: cheap[key] for key in cheap if key != "sha256"}, branch)
    edit(branch, "rng.normal(size=2)", "np.array(rng.normal(size=2))")
    assert same(branch, "four").stdout.startswith("four: measuring seed 1 with")


def test_a_part_that_fails_leaves_the_record_alone(branch):
    before = record(branch)
    edit(branch, "rng.normal(size=2)", "rng.normal(size=2) + None")
    done = same(branch, "four", "--part", "seed 0")
    assert done.returncode == 1
    assert done.stderr.endswith(
        "four, seed 0: it could not be measured, so the record is left alone.\n"
    )
    assert record(branch) == before


def test_why_there_is_nothing_to_compare_is_said(branch):
    assert same(branch).stderr.startswith("SAME=1 looks at one experiment, as in make experiments")
    assert same(branch, "five").stderr == "There is no experiment 'five', but four.\n"
    assert same(branch, "four").stderr == "four: its record is of the code that is here.\n"
    edit(branch, "SHIFT = 1", "SHIFT = 2")
    missing = "There is no part 'no' of four, but seed 0; seed 1; other.\n"
    assert same(branch, "four", "--part", "no").stderr == missing
    fresh = "four, seed 0: its record is of the code that is here.\n"
    assert same(branch, "four", "--part", "seed 0").stderr == fresh
    edit(branch, "for seed in SEEDS}", "for seed in [0, 1, 2]}")
    done = same(branch, "four", "--part", "seed 2")
    assert done.stderr.startswith("four, seed 2: the record was not of the code where this branch ")
    git(branch, "commit", "--all", "--quiet", "--message", "second")
    git(branch, "branch", "--force", "main")
    assert "the record was not of the code where this branch left" in same(branch, "four").stderr
    git(branch, "branch", "--delete", "--force", "--quiet", "main")
    assert same(branch, "four").stderr.endswith("git fetch origin main:main gets it.\n")
    git(branch, "update-ref", "refs/remotes/origin/main", "HEAD")
    assert "the record was not of the code where this branch left" in same(branch, "four").stderr
    (branch / "docs/experiments/results/four.json").unlink()
    assert same(branch, "four").stderr == "four: it has no record as it was measured.\n"


def test_an_experiment_that_is_not_in_main_is_said(branch):
    for name in ("docs/experiments/four.py", "docs/experiments/results/four.json"):
        path = branch / name
        shutil.copy(path, path.with_stem("five"))
    edit(branch, "SHIFT = 1", "SHIFT = 2")
    path = branch / "docs/experiments/five.py"
    path.write_text(path.read_text().replace("SHIFT = 1", "SHIFT = 2"))
    assert same(branch, "five").stderr.startswith("five: it is not in main yet")


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
