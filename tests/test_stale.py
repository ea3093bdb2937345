"""A part of an experiment is stale if code that it reaches has changed, and only then."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from overrides.hooks import experiments as hook
from tests import conftest
from tools import results
from tools.reach import Book, Reach
from tools.results import SUMMARY, Experiment, notice, save_results, stale

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

ROOT = Path(__file__).parents[1]
NEW = """# %%
import math
from functools import partial

from snippets import cells, pick as other, unused
from snippets.pick import greedy
from tools.data import EXCERPTS, read

SEEDS = [5, 7]
SCALE = 2
UNUSED = 3
CELLS = {
    "plain": (cells.plain_step, 1),
    "gated": (partial(cells.gated_step, keep=2), 1),
}
MORE = {"none": (None, 0)}
RATES = {("plain", 5): 1, ("plain", 7): 2, ("gated", 5): 3, ("gated", 7): 4}


def run(name, seed):
    \"\"\"Measure.\"\"\"
    step, times = (CELLS | MORE)[name]
    return step(SCALE * seed) * times * RATES[name, seed]


def choose():
    return greedy([1, 2])


def look():
    return read(EXCERPTS / "read.csv")


def draw():
    return math.pi


def half(number):
    return number / 2


def summarise(measured):
    return {"all": list(measured.values()), "half": half(SCALE)}


PARTS = {
    **{f"{name} {seed}": (run, name, seed) for name in CELLS for seed in SEEDS},
    "choice": (choose,),
    "data": (look,),
}

# %%
print(draw())
"""
CELLS = """import numpy as np

BASE = 1


def sigmoid(z):
    return z + BASE


def plain_step(x):
    \"\"\"Take a step.\"\"\"
    return int(np.abs(x))


def gated_step(x, keep):
    return sigmoid(x) * keep
"""
PICK = """import numpy as np


def shift(z):
    return np.asarray(z) - 1


def greedy(z, order=sorted):
    return int(np.argmax(shift(z)))


def draw(z):
    return z
"""
DATA = """from pathlib import Path

EXCERPTS = Path(__file__).parents[1] / "docs/experiments/data"


def read(path):
    return path.read_text()
"""
PLAIN, GATED = ["plain 5", "plain 7"], ["gated 5", "gated 7"]
PARTS = [*PLAIN, *GATED, "choice", "data"]


@pytest.fixture
def book(tmp_path):
    """Make a repository with a small experiment, measured."""
    files = {
        "docs/experiments/new.py": NEW,
        "docs/experiments/data/read.csv": "1",
        "docs/experiments/data/left.csv": "1",
        "snippets/__init__.py": "",
        "snippets/cells.py": CELLS,
        "snippets/pick.py": PICK,
        "snippets/unused.py": "NOTHING = 1\n",
        "tools/data.py": DATA,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    measure(tmp_path)
    return tmp_path


def measure(root):
    """Write a record of the code as it is."""
    code = dict(Experiment("new", root).code)
    record = {"summarise": code.pop(SUMMARY), "results": {"loss": 0.5}}
    save_results("new", record | {"parts": {it: {"code": code[it]} for it in code}}, root)


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_nothing_is_stale_that_was_just_measured(book):
    assert stale("new", book) == []
    assert notice(book) == ""


EXPERIMENT, SNIPPET, SAMPLING = "docs/experiments/new.py", "snippets/cells.py", "snippets/pick.py"


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        # what is added, or not reached, or says nothing to Python
        (SAMPLING, "def draw", "def min_p(z):\n    return greedy(z)\n\n\ndef draw", []),
        (SAMPLING, "def draw", "FLOOR = np.float32(0.1)\n\n\ndef draw", []),
        (SAMPLING, "def draw", "class Draw:\n    floor = 1\n\n\ndef draw", []),
        (SAMPLING, "    return z\n", "    return -z\n", []),
        (SAMPLING, "import numpy as np", "import functools\n\nimport numpy as np", []),
        (SAMPLING, "def draw", "@np.vectorize\ndef draw", []),
        (
            SAMPLING,
            "    return z\n",
            "    return z\n\n\nif __name__ == '__main__':\n    draw(1)\n",
            [],
        ),
        (SNIPPET, "Take a step.", "Take one step, and another.", []),
        (SNIPPET, "import numpy as np", '"""Says what it is."""\n# why\nimport numpy as np', []),
        (SNIPPET, "z + BASE", "(z\n        +BASE)", []),
        (EXPERIMENT, "pi", "e", []),
        (EXPERIMENT, "UNUSED = 3", "UNUSED = 4", []),
        (EXPERIMENT, "Measure.", "Measure once.", []),
        (EXPERIMENT, "print(draw())", "print(draw(), 1)", []),
        ("docs/experiments/data/left.csv", "1", "2", []),
        ("snippets/unused.py", "1", "2", []),
        ("tools/data.py", "def read", "def write(path):\n    return path\n\n\ndef read", []),
        # functions, constants, classes, what they use, and their defaults
        (SAMPLING, "argmax", "argmin", ["choice"]),
        (SAMPLING, "- 1", "- 2", ["choice"]),
        (SAMPLING, "order=sorted", "order=shift", ["choice"]),
        (SAMPLING, "import numpy as np", "import numpy.linalg as np", ["choice"]),
        (SNIPPET, "np.abs", "np.sign", PLAIN),
        (SNIPPET, "BASE = 1", "BASE = 2", GATED),
        (SNIPPET, "z + BASE", "z - BASE", GATED),
        (EXPERIMENT, "SCALE = 2", "SCALE = 3", [*PLAIN, *GATED, SUMMARY]),
        (EXPERIMENT, "greedy([1, 2])", "greedy([2, 1])", ["choice"]),
        (EXPERIMENT, "greedy([1, 2])", "other.greedy([1, 2])", ["choice"]),
        (EXPERIMENT, "number / 2", "number / 3", [SUMMARY]),
        ("docs/experiments/data/read.csv", "1", "2", ["data"]),
        ("tools/data.py", "read_text", "read_bytes", ["data"]),
        # arguments, rows of tables, and the names of the parts
        (EXPERIMENT, "(run, name, seed)", "(run, name, seed + 0)", []),
        (EXPERIMENT, "(choose,)", "(choose, 1)", ["choice"]),
        (EXPERIMENT, "(choose,)", "(draw,)", ["choice"]),
        (EXPERIMENT, "keep=2", "keep=3", GATED),
        (EXPERIMENT, '("plain", 7): 2', '("plain", 7): 9', ["plain 7"]),
        (EXPERIMENT, "(None, 0)", "(None, 1)", []),
        (EXPERIMENT, '    "choice"', '    "again": (choose,),\n    "choice"', ["again", SUMMARY]),
        (EXPERIMENT, "[5, 7]", "[5]", [SUMMARY]),
        (EXPERIMENT, "    step, times", "    print(len(CELLS))\n    step, times", [*PLAIN, *GATED]),
        # what an import runs besides
        (SAMPLING, "def draw", "np.errstate(all='raise')\n\n\ndef draw", ["choice"]),
        (SAMPLING, "def draw", "def add(f):\n    return f\n\n\n@add\ndef draw", ["choice"]),
        (SAMPLING, "def draw", "SHIFTED = shift(1)\n\n\ndef draw", ["choice"]),
        (SAMPLING, "def draw", "if np:\n    greedy = None\n\n\ndef draw", ["choice"]),
        (SAMPLING, "def draw", "greedy.order = 1\n\n\ndef draw", ["choice"]),
        (
            SAMPLING,
            "import numpy as np",
            "import numpy as np\nfrom snippets.unused import *",
            ["choice"],
        ),
    ],
)
def test_exactly_those_parts_are_stale_whose_code_has_changed(book, file, old, new, expected):
    edit(book / file, old, new)
    assert stale("new", book) == expected


def test_a_helper_by_another_name_makes_stale_what_calls_it(book):
    path = book / SAMPLING
    path.write_text(path.read_text().replace("shift", "move"))
    assert stale("new", book) == ["choice"]


@pytest.mark.parametrize(
    ("reached", "there", "expected"),
    [
        ("getattr(other, 'dr' + 'aw')", "    return z", True),  # a module as a value
        ("other.draw(1)", "    return z", True),
        ("other.greedy(1)", "    return z", False),
        ("vars(partial)", "    return z", True),  # names as text
        ("eval('greedy(1)')", "    return z", True),
        ("__import__('snippets.pick').pick.draw(1)", "    return z", True),
    ],
)
def test_where_it_cannot_be_told_what_is_reached_all_of_it_is(book, reached, there, expected):
    edit(book / EXPERIMENT, "return read(", f"{reached}\n    return read(")
    measure(book)
    edit(book / SAMPLING, there, "    return -z")
    assert stale("new", book) == (["data"] if expected else [])


@pytest.mark.parametrize(
    ("where", "imports", "used"),
    [
        *(
            (where, *form)
            for where in ("file", "function")
            for form in [
                ("import snippets.pick", "snippets.pick.draw"),
                ("import snippets.pick as it", "it.draw"),
                ("from snippets import pick", "pick.draw"),
                ("from snippets.pick import draw as it", "it"),
                ("from .pick import draw", "draw"),
                ("from . import pick as it", "it.draw"),
            ]
        ),
        ("file", "from .pick import *", "draw"),
    ],
)
def test_each_form_of_import_is_followed(book, where, imports, used):
    path = book / SNIPPET
    edit(path, "    return int(np", f"    {used}(x)\n    return int(np")
    if where == "file":
        edit(path, "import numpy as np", f"import numpy as np\n{imports}")
    else:
        edit(path, f"    {used}(x)", f"    {imports}\n    {used}(x)")
    measure(book)
    edit(book / SAMPLING, "    return z\n", "    return -z\n")
    assert set(PLAIN) <= set(stale("new", book))
    assert "data" not in stale("new", book)


def test_an_excerpt_whose_name_is_computed_may_be_any(book):
    edit(book / EXPERIMENT, '"read.csv"', '("re" + "ad.csv")')
    measure(book)
    edit(book / "docs/experiments/data/left.csv", "1", "2")
    assert stale("new", book) == ["data"]


def test_an_excerpt_named_by_an_argument_counts(book):
    edit(book / EXPERIMENT, 'EXCERPTS / "read.csv"', "EXCERPTS / name")
    edit(book / EXPERIMENT, "def look()", "def look(name)")
    edit(book / EXPERIMENT, "(look,)", '(look, "left.csv")')
    measure(book)
    edit(book / "docs/experiments/data/left.csv", "1", "2")
    assert stale("new", book) == ["data"]


def test_arguments_that_are_more_than_numbers_and_texts_reach_all_of_the_parts(book):
    edit(book / EXPERIMENT, "(choose,)", "(choose, greedy)")
    measure(book)
    edit(book / SNIPPET, "z + BASE", "z - BASE")
    assert stale("new", book) == [*GATED, "choice"]


def test_a_part_runs_with_the_rows_that_it_counts_and_no_others(book):
    experiment = Experiment("new", book)
    with results.imports_from(book):
        assert [experiment.measure(label) for label in PARTS] == [10, 28, 66, 120, 1, "1"]
    edit(book / EXPERIMENT, "(CELLS | MORE)[name]", "(CELLS | MORE)[min(name, 'no' + name)]")
    computed = Experiment("new", book)
    with results.imports_from(book):
        assert computed.measure("gated 7") == 120  # an index that is computed keeps all rows
    edit(book / EXPERIMENT, "(CELLS | MORE)[min(name, 'no' + name)]", "find('no' + 'ne')")
    find = "def find(key):\n    try:\n        len(RATES)\n        return {table}[key]\n"
    for table in ("(CELLS | MORE)", "(RATES | MORE)", "MORE"):
        text = (book / EXPERIMENT).read_text()
        added = find.format(table=table) + "    except KeyError:\n        pass\n\n\ndef choose"
        edit(book / EXPERIMENT, "def choose", added)
        message = r"^expected one of the keys .*, got 'none': make the key an argument of the part"
        with results.imports_from(book), pytest.raises(RuntimeError, match=message):
            Experiment("new", book).measure("plain 5")
        (book / EXPERIMENT).write_text(text)


def test_what_is_reached_is_named(book):
    found = Reach(Book(book), EXPERIMENT, ["choose"]).found
    assert list(found) == [
        "docs/experiments/new.py: choose",
        "docs/experiments/new.py: greedy",
        "snippets/pick.py: greedy",
        "snippets/pick.py: np",
        "snippets/pick.py: shift",
    ]


def test_the_hash_is_the_same_on_every_python(book):
    source = (
        "def summarise[T](x: T = 1, *, y=None) -> str:\n"
        "    return f'{x!r:>{y}} \"quoted\" ' + 'a' 'b'\n"
    )
    (book / EXPERIMENT).write_text(source)
    # computed with Python 3.12 and 3.13; a new version must not make all results stale
    found = Reach(Book(book), EXPERIMENT, ["summarise"]).found
    assert found == {
        "docs/experiments/new.py: summarise": (
            "40a3513865b74820ebc9d8537269a15036b8f2404d4a2f895cc27c6b06a8d5a5"
        )
    }


def test_parts_that_cannot_be_listed_are_named(book):
    edit(book / EXPERIMENT, "PARTS = {", "PARTS = 1 / 0, {")
    with pytest.raises(ValueError, match=r"^docs/experiments/new.py: PARTS cannot be listed: Zero"):
        stale("new", book)


def test_without_parts_nothing_is_stale(book):
    (book / EXPERIMENT).write_text("print(1)\n")
    assert stale("new", book) == []


def test_no_part_has_the_name_of_the_summary(book):
    edit(book / EXPERIMENT, '"choice"', '"summarise"')
    with pytest.raises(ValueError, match="expected no part of the name 'summarise'"):
        stale("new", book)


# This repository: what is expected was read in the experiments, by eye.


@pytest.fixture
def whole(tmp_path):
    """Copy what the experiments are made of."""
    no = shutil.ignore_patterns("__pycache__", "results", "*.wav")
    for folder in ("docs/experiments", "snippets", "tools"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=no)
    return tmp_path


def codes(root):
    """Hash all parts of all experiments."""
    found = {name: Experiment(name, root).code for name in results.experiments(root)}
    return {(name, label): code for name, labels in found.items() for label, code in labels.items()}


def changed(before, root):
    """List the parts whose code is another than before, or that are new."""
    return {part for part, code in codes(root).items() if before.get(part) != code}


def test_a_function_added_to_sampling_makes_no_experiment_stale(whole):
    before, path = codes(whole), whole / "snippets/sampling.py"
    path.write_text(path.read_text() + "\n\ndef min_p(z, least):\n    return softmax(z) > least\n")
    assert changed(before, whole) == set()
    for path in (whole / "snippets").glob("*.py"):
        path.write_text(path.read_text() + "\n\ndef added(x):\n    return x\n")
    assert changed(before, whole) == set()


def test_another_greedy_makes_those_parts_stale_that_call_it(whole):
    users = {
        it.stem for it in (whole / "docs/experiments").glob("*.py") if "greedy" in it.read_text()
    }
    assert users == {"copying", "dates", "teacher_forcing"}
    before, path = codes(whole), whole / "snippets/sampling.py"
    edit(path, "def greedy(", "def greedy(more=None, *, ")
    of_users = {(name, label) for name in users for label in Experiment(name, whole).parts}
    of_users |= {("dates", SUMMARY)}  # it names the controls, which are functions
    assert changed(before, whole) == of_users - {("dates", "linear")}  # which writes all at once


def test_a_row_added_to_the_cells_of_an_experiment_leaves_the_others_fresh(whole):
    before, path = codes(whole), whole / "docs/experiments/sunspots.py"
    edit(path, '    "RNN": RNN,', '    "RNN": RNN,\n    "again": RNN,')
    new = changed(before, whole)
    assert {label.split(",")[0] for _, label in new} == {"again", "summarise"}
    assert {name for name, _ in new} == {"sunspots"}
    assert len(new) == 4  # three tests, and the summary


def test_another_lstm_leaves_the_parts_of_other_cells_fresh(whole):
    before = codes(whole)
    edit(whole / "snippets/lstm.py", "gamma_f * c_prev +", "c_prev * gamma_f +")
    stale = {name: set() for name in ("memory", "counting", "language_model", "sunspots")}
    for name, label in changed(before, whole):
        stale.setdefault(name, set()).add(label)
    assert all("LSTM" in label for label in stale["memory"] | stale["counting"])
    assert {"LSTM, f 5", "watch LSTM, f 1, seed 0"} <= stale["memory"]
    others = stale["language_model"] | stale["sunspots"]
    assert all("LSTM" in label for label in others - {"samples", "summarise"})


# Who is told


def test_stale_experiments_are_listed(book, monkeypatch, capsys):
    edit(book / SAMPLING, "argmax", "argmin")
    title = "The code of these experiments has changed since they were measured:\n"
    assert notice(book) == f"{title}  new: 1 of 6 parts: choice"
    edit(book / EXPERIMENT, "SCALE = 2", "SCALE = 3")
    assert notice(book) == f"{title}  new: 5 of 6 parts: plain 5; plain 7; gated 5; ..."
    edit(book / "tools/data.py", "read_text", "read_bytes")
    assert notice(book) == f"{title}  new: all 6 parts"
    measure(book)
    edit(book / EXPERIMENT, "number / 2", "number / 3")
    assert notice(book) == f"{title}  new: summarise"


@pytest.fixture
def tested(book):
    """Add the tools, and a test that passes."""
    for name in ("tools/reach.py", "tools/results.py", "tools/assemble.py"):
        shutil.copy(ROOT / name, book / name)
    (book / "tests").mkdir()
    tests = {ROOT / f"tests/{name}.py" for name in ("__init__", "conftest", "faults")}
    parts = {ROOT / f"{name.replace('.', '/')}.py" for name in conftest.pytest_plugins}
    for path in tests | parts:
        shutil.copy(path, book / "tests")
    shutil.copytree(ROOT / "tests/guards", book / "tests/guards")
    (book / "tests/test_cells.py").write_text("def test_nothing():\n    pass\n")
    (book / "pytest.ini").write_text("[pytest]\nmarkers =\n    browser\n    untraced\n")
    return book


def run(folder, *arguments):
    command = [sys.executable, "-B", "-m", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_the_end_of_the_tests_lists_what_is_stale_and_nothing_fails(tested):
    tests = ("pytest", "-p", "no:cacheprovider", "-q")
    assert "since they were measured" not in run(tested, *tests).stdout
    edit(tested / SAMPLING, "argmax", "argmin")
    done = run(tested, *tests)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("  new: 1 of 6 parts: choice\nThis is no fault: ") == 1
    (tested / EXPERIMENT).write_text("SEEDS = (")
    assert f"{EXPERIMENT}:1: '(' was never closed" in run(tested, *tests).stderr


def test_what_is_stale_is_not_published(tested):
    done = run(tested, "tools.results")
    assert done.returncode == 0
    assert done.stdout == "All results were measured with the code that is here.\n"
    edit(tested / SAMPLING, "argmax", "argmin")
    done = run(tested, "tools.results")
    assert done.returncode == 1
    assert "  new: 1 of 6 parts: choice\nNothing stale is published: " in done.stderr
    rule = re.search(r"^publishable: .*\n\t(.*)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert rule[1] == "@$(python) -m tools.results"
    workflow = (ROOT / ".github/workflows/publish.yml").read_text()
    steps = re.findall(r"^      - run: (make \w+)", workflow, re.MULTILINE)
    assert steps.index("make publishable") < steps.index("make site")
    others = [path for path in (ROOT / ".github/workflows").glob("*") if path.stem != "publish"]
    for path in [*others, ROOT / ".ci/run"]:
        assert "publishable" not in path.read_text()


@pytest.mark.parametrize("labels", [[], ["RNN"]])
def test_the_page_of_a_stale_experiment_says_so_in_one_line(monkeypatch, labels):
    monkeypatch.setattr(hook, "stale", lambda name, root: labels if name == "memory" else [1])
    page = SimpleNamespace(file=SimpleNamespace(src_uri="experiments/memory.py"))
    text = "# How far back\n\nThe answer.\n\n# %% and\n\n# more\n\n"
    said = (
        '!!! warning "The code has changed since these results were measured; they may differ now."'
    )
    expected = (
        f"# How far back\n\n{said}\n\nThe answer." if labels else "# How far back\n\nThe answer."
    )
    assert hook.on_page_markdown(text, page, None, None).startswith(expected)
    assert hook.on_page_markdown(text, page, None, None).count("has changed") == len(labels)
    page.file.src_uri = "memory.md"
    assert hook.on_page_markdown(text, page, None, None) == text
