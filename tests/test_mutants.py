"""`make mutants` counts what the tests catch, without the changes that are equivalent."""

import json
import shutil
import subprocess
import sys
import tomllib
from contextlib import nullcontext
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.guards.mutants import check
from tools import mutants
from tools.mutants import (
    EQUIVALENT,
    FOUND,
    SHARDS,
    Change,
    Entry,
    change_of,
    main,
    names_of,
    read_equivalent,
)

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

ROOT = Path(__file__).parents[1]
CODE = "def pour(cup):\n    if cup > 2:\n        cup = 2\n    return cup\n"
LISTED = """\
# A remark about the list.

tea.pour, tea.spill: a cup of 2 stays one of 2
-    if cup > 2:
+    if cup >= 2:
"""
SETTINGS = """\
[tool.mutmut]
source_paths = ["snippets"]
pytest_add_cli_args_test_selection = ["tests"]

[tool.pytest.ini_options]
pythonpath = ["."]
"""
TEST = """\
from snippets.tea import pour, spill


def test_pour():
    assert [pour(cup) for cup in (1, 2, 3)] == [1, 2, 2]


def test_spill():
    assert spill(1) == 1
    assert spill(3) in (2, 3)  # too weak: who spilled nothing is not found
    assert spill(2.5) != 2.5
"""


@pytest.fixture
def book(tmp_path, monkeypatch):
    """Lay out a book of one snippet, with a list of one change that two functions share."""
    for name, text in [
        ("snippets/tea.py", CODE + CODE.replace("pour", "spill")),
        (EQUIVALENT, LISTED),
    ]:
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["mutants.py"])
    return tmp_path


def stand_in(monkeypatch, kinds, changes):
    """Let mutmut say how each mutant fared, and what it changed: nothing that counts if unnamed."""

    def mutmut(what, *arguments):
        if what == "results":
            return "\n".join(f"    snippets.tea.{name}: {kind}" for name, kind in kinds.items())
        if what == "show":
            name = arguments[0].removeprefix("snippets.tea.")
            lines = changes.get(name, f"-    old = {name}\n+    new = {name}")
            return f"# {name}: survived\n--- tea.py\n+++ tea.py\n@@ -1,3 +1,3 @@\n def\n{lines}\n"
        return ""

    monkeypatch.setattr(mutants, "mutmut", mutmut)


@pytest.mark.parametrize(("missed", "fails"), [(3, False), (4, True)])
def test_too_few_faults_noticed_is_a_failure(book, monkeypatch, capsys, missed, fails):
    kinds = ["survived"] * missed + ["killed"] * (99 - missed) + ["timeout"]
    named = {f"x_pour__mutmut_{i}": kind for i, kind in enumerate(kinds)}
    named["x_init_tea__mutmut_1"] = "survived"  # a choice, not a fault
    stand_in(monkeypatch, named, {})
    with pytest.raises(SystemExit) if fails else nullcontext() as end:
        main()
    said = capsys.readouterr().out
    assert said.count("not caught: ") == said.count("-    old = x_pour") == missed
    assert f"\n{1 - missed / 100:.1%} of 100 faults caught" in said
    if fails:
        assert end.value.code == "The tests must catch 97%: let them notice what is listed above."


def test_no_fault_tried_is_a_failure(book, monkeypatch):
    stand_in(monkeypatch, {}, {})
    with pytest.raises(SystemExit, match=r"^mutmut tried no fault: "):
        main()


def run_shards(book, monkeypatch, missed):
    """Let each shard try ten faults, of which it misses so many, and let the sum come next."""
    for shard, count in enumerate(missed):
        names = [f"x_pour__mutmut_{number}{shard}" for number in range(10)]
        kinds = {name: "survived" if at < count else "killed" for at, name in enumerate(names)}
        another = {f"x_pour__mutmut_{(shard + 1) % 10}": "not checked"}
        stand_in(monkeypatch, kinds | another, {})
        monkeypatch.setattr(sys, "argv", ["mutants.py", "--shard", str(shard)])
        main()
    monkeypatch.setattr(sys, "argv", ["mutants.py", "--sum"])


@pytest.mark.parametrize(("missed", "fails"), [((3, *[0] * 9), False), ((2, *[0] * 8, 2), True)])
def test_shards_are_judged_together(book, monkeypatch, capsys, missed, fails):
    run_shards(book, monkeypatch, missed)
    with pytest.raises(SystemExit, match="must catch 97%") if fails else nullcontext():
        main()
    said = capsys.readouterr().out
    assert f"\n{missed[0]} of 10 faults not caught; the sum" in said
    assert said.endswith(
        f"\n{1 - sum(missed) / 100:.1%} of 100 faults caught; 0 equivalent changes left out\n"
    )


def test_a_shard_without_a_result_is_named(book, monkeypatch):
    run_shards(book, monkeypatch, [0] * 10)
    for shard in (3, 7):
        (book / FOUND / f"{shard}.json").unlink()
    with pytest.raises(SystemExit, match="no result of these shards: 3, 7"):
        main()


def test_each_fault_is_in_one_shard():
    faults = [f"snippets.tea.x_pour__mutmut_{number}" for number in range(1, 41)]
    found = [[it for it in faults if fnmatch(it, *names_of([], shard))] for shard in SHARDS]
    assert sorted(it for shard in found for it in shard) == sorted(faults)
    assert {len(shard) for shard in found} == {4}


def test_equivalent_changes_do_not_count(book, monkeypatch, capsys):
    listed = "-    if cup > 2:\n+    if cup >= 2:"
    changes = {
        "x_pour__mutmut_1": listed,
        "x_pour__mutmut_2": "-    if cup > 2:\n+    if cup < 2:",  # another change of that line
        "x_spill__mutmut_7": listed,
        "x_drink__mutmut_1": listed,  # the same change elsewhere
    }
    kinds = dict.fromkeys(changes, "survived")
    killed = {f"x_pour__mutmut_{number}": "killed" for number in range(10, 108)}
    stand_in(monkeypatch, kinds | killed, changes)
    main()
    said = capsys.readouterr().out
    assert [line for line in said.splitlines() if "not caught" in line] == [
        "not caught: snippets.tea.x_pour__mutmut_2",
        "not caught: snippets.tea.x_drink__mutmut_1",
    ]
    assert said.endswith("\n98.0% of 100 faults caught; 2 equivalent changes left out\n")


def test_a_change_is_named_by_function_and_lines(monkeypatch):
    stand_in(monkeypatch, {}, {"x__pour_out__mutmut_12": "-    a  \n     b\n+    c"})
    change = change_of("snippets.tea.x__pour_out__mutmut_12")
    assert change == Change("tea._pour_out", ("-    a", "+    c"))


def test_blocks_of_the_list_are_read():
    more = LISTED + "\ncup.lift: why: two reasons\n-    a\n-    b\n+    c\n"
    lines = ("-    if cup > 2:", "+    if cup >= 2:")
    assert read_equivalent(more) == {
        Change("tea.pour", lines): Entry("a cup of 2 stays one of 2", 3),
        Change("tea.spill", lines): Entry("a cup of 2 stays one of 2", 3),
        Change("cup.lift", ("-    a", "-    b", "+    c")): Entry("why: two reasons", 7),
    }
    assert read_equivalent("") == read_equivalent("# Only a remark.\n") == {}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("tea.pour", "tea.poor", "tea.poor: no such function"),
        ("tea.spill", "milk.spill", "milk.spill: no such function"),
        (": a cup of 2 stays one of 2", ": ", "tea.pour: expected `snippet.function: why`"),
        ("-    if cup > 2:", "-    if cup > 3:", "tea.pour: has no line `if cup > 3:`: take"),
        ("-    if cup > 2:", "-  if cup > 2:", "tea.spill: has no line `if cup > 2:`: take"),
        ("-    if cup > 2:\n", "", "tea.pour: expected lines with - and lines with +"),
        ("+    if cup >= 2:\n", "", "tea.spill: expected lines with - and lines with +"),
    ],
)
def test_an_entry_that_fits_no_code_is_named(book, old, new, message):
    assert check(book) == []
    assert old in LISTED
    (book / EQUIVALENT).write_text(LISTED.replace(old, new), encoding="utf-8")
    assert f"{EQUIVALENT}:3: {message}" in "\n".join(check(book))


def test_a_function_that_changed_is_named(book):
    path = book / "snippets/tea.py"
    path.write_text(CODE.replace("cup > 2", "cup > 4"), encoding="utf-8")
    pour, spill = check(book)
    assert "tea.pour: has no line `if cup > 2:`" in pour
    assert "tea.spill: no such function" in spill


def test_mutmut_itself_is_understood(book, monkeypatch, capsys):
    for name, text in [
        ("snippets/__init__.py", ""),
        ("tests/test_tea.py", TEST),
        ("pyproject.toml", SETTINGS),
    ]:
        (book / name).parent.mkdir(exist_ok=True)
        (book / name).write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match=r"^The tests must catch 97%"):
        main()
    said = capsys.readouterr().out
    assert "\nnot caught: snippets.tea.x_spill__mutmut_" in said
    assert "\n-        cup = 2\n+        cup = 3\n" in said
    assert said.endswith("\n83.3% of 6 faults caught; 2 equivalent changes left out\n")
    monkeypatch.setattr(sys, "argv", ["mutants.py", "--shard", "4"])
    main()
    assert json.loads((book / FOUND / "4.json").read_text()) == [2, 1, 0]


def test_the_tests_of_snippets_are_collected_from_what_mutmut_copies(tmp_path):
    """Without a test that asks for more: mutmut would stop before the first fault."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    settings = settings["tool"]["mutmut"]
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name in (*settings["source_paths"], "tests", *settings["also_copy"]):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--no-header"]
    options = settings["pytest_add_cli_args"] + settings["pytest_add_cli_args_test_selection"]
    done = subprocess.run(
        [*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:]
    for snippet in (ROOT / "snippets").glob("[a-z]*.py"):
        assert f"\ntests/test_{snippet.stem}.py::" in f"\n{done.stdout}"
