"""The page on several processes shows what tests/parity ran: tests/parity/scaling.json."""

import ast
import json
import re
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from snippets.char_lstm import init_model
from tests.guards import includes
from tests.guards.stems import (
    FOR_PYTORCH,
    OLDEST_PYTHON,
    RUN_WITH,
    check_runs_on,
    check_whole_file,
)
from tests.planted import copied

ROOT = Path(__file__).parents[1]
PARITY = ROOT / "tests/parity"
PAGE = (ROOT / "docs/scaling.md").read_text(encoding="utf-8")
RECORD = json.loads((PARITY / "scaling.json").read_text(encoding="utf-8"))
TEXT = ROOT / "docs/experiments/data/shakespeare_excerpt.txt"


def weights(units):
    """Return how many weights the network has on the text of the page."""
    symbols = len(np.unique(np.fromfile(TEXT, np.uint8)))
    params = init_model("lstm", np.random.default_rng(0), symbols, units)
    return sum(w.size for w in params)


def tree(name):
    return ast.parse((PARITY / name).read_text(encoding="utf-8"))


def function(path, name):
    """Return the code of a function."""
    nodes = ast.parse(path.read_text(encoding="utf-8")).body
    (node,) = (it for it in nodes if getattr(it, "name", "") == name)
    return ast.unparse(node)


def constant(name, of):
    """Return a constant of a file that this environment can't import, as it has no PyTorch."""
    (value,) = (
        node.value
        for node in tree(of).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    )
    return ast.literal_eval(value)


def shown():
    """Return each command of the page with the lines that it prints there."""
    found = re.findall(r"^ *```text\n( *\$ torchrun.*?)\n *```", PAGE, re.DOTALL | re.MULTILINE)
    blocks = [dedent(block).removeprefix("$ ") for block in found]
    joined = [re.sub(r" \\\n +", " ", block).split("\n") for block in blocks]
    return {command: printed for command, *printed in joined}


def test_the_page_shows_what_was_run():
    expected = {run["commands"][0]: run["printed"] for run in RECORD["launched"].values()}
    as_set = {tuple(sorted(command.split())): printed for command, printed in expected.items()}
    assert {tuple(sorted(command.split())): it for command, it in shown().items()} == as_set


def test_the_second_launch_differs_in_its_rank_only():
    first, second = RECORD["launched"]["two launches"]["commands"]
    assert second == first.replace("--node-rank 0", "--node-rank 1") != first


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_record_keeps_its_own_limits(dtype):
    batch, limit = RECORD["first batch"][dtype], RECORD["limits"][dtype]
    assert abs(batch["NumPy"] - batch["PyTorch"]) < limit
    assert 0 < batch["gradients"] < limit
    assert max(RECORD["processes"][dtype].values()) < limit


def test_a_resumed_run_has_the_same_bits():
    assert RECORD["processes"]["float64"]["resumed"] == 0


def test_each_planted_fault_was_noticed():
    faults = constant("FAULTS", "two_processes.py")
    assert RECORD["processes"].keys() == {"float64", "float32", *faults}
    for name in faults:
        found = RECORD["processes"][name]
        assert "error" in found or max(found.values()) > 1e-3, name


def test_the_page_lists_each_planted_fault():
    rows = re.search(r"\| mistake \|.*?\n\n", PAGE, re.DOTALL)[0].strip().split("\n")[2:]
    faults = constant("FAULTS", "two_processes.py")
    assert len(rows) == len(faults)
    raised = [number for number, name in enumerate(faults) if "error" in RECORD["processes"][name]]
    assert raised == [number for number, row in enumerate(rows) if row.endswith("| an error |")]


def test_faults_are_planted_where_the_file_has_them():
    source = (PARITY / FOR_PYTORCH).read_text(encoding="utf-8")
    for name, (old, _) in constant("FAULTS", "two_processes.py").items():
        assert source.count(old) == 1, name


def test_the_text_is_cut_as_in_numpy():
    ours = function(ROOT / "snippets/char_lstm.py", "pieces")
    assert function(PARITY / FOR_PYTORCH, "pieces") == ours


def test_the_options_have_the_same_defaults_as_in_numpy():
    option = re.compile(r'add\("(--\w+)", type=\w+, default=([\d.]+)')
    ours = option.findall((ROOT / "snippets/char_lstm.py").read_text(encoding="utf-8"))
    theirs = option.findall((PARITY / FOR_PYTORCH).read_text(encoding="utf-8"))
    shared = {"--units", "--length", "--batch", "--rate", "--every", "--seed"}
    assert {it for it in theirs if it[0] in shared} <= {*ours}
    assert shared <= {name for name, _ in theirs}


@pytest.mark.parametrize("name", [FOR_PYTORCH, "char_lstm_weights.py"])
def test_a_file_for_readers_fits_into_the_column_of_a_page(name):
    lines = (PARITY / name).read_text(encoding="ascii").split("\n")
    assert max(map(len, lines)) <= 78
    assert lines[0] == "# SPDX-License-Identifier: MIT-0"


def test_what_it_was_run_with_is_what_is_installed():
    run = (PARITY / "run.sh").read_text(encoding="utf-8")
    torch = re.search(r"torch='torch==(\S+)'", run)[1]
    assert f"It was run with Python {OLDEST_PYTHON} and PyTorch {torch}." == RUN_WITH
    assert RECORD["versions"].startswith(f"PyTorch {torch}")


MORE = "\n\n# --8<-- [start:more]\nMORE = 1\n# --8<-- [end:more]\n"
PLANTS = [
    (
        includes.check,
        "docs/scaling.md",
        "char_lstm_torch.py:share",
        "char_lstm_torch.py:part",
        "tests/parity/char_lstm_torch.py has no section `part` (renamed?)",
    ),
    (
        includes.check,
        "docs/scaling.md",
        "parity/char_lstm_weights.py:convert",
        "parity/lost.py:convert",
        "includes tests/parity/lost.py, which does not exist",
    ),
    (
        includes.check,
        "docs/scaling.md",
        'title="tests/parity/char_lstm_weights.py"',
        'title="tests/parity/scaling.py"',
        "the title says tests/parity/scaling.py, the fence holds",
    ),
    (
        includes.check,
        "docs/scaling.md",
        '```python\n--8<-- "tests/parity/char_lstm_torch.py:shard"\n```',
        '--8<-- "tests/parity/char_lstm_torch.py:shard"',
        "a snippet is included in a python fence",
    ),
    (
        includes.check_shown,
        "tests/parity/char_lstm_torch.py",
        "\n\n# --8<-- [start:shard]",
        MORE + "\n\n# --8<-- [start:shard]",
        "no page shows the section `more`",
    ),
    (
        includes.check_shown,
        "tests/parity/char_lstm_weights.py",
        "\n\n# --8<-- [start:convert]",
        "\nMORE = 1\n\n\n# --8<-- [start:convert]",
        "this statement is in no section",
    ),
    (
        check_whole_file,
        "docs/scaling.md",
        '    --8<-- "tests/parity/char_lstm_torch.py"\n',
        "",
        "docs/scaling.md: expected this section, word for word",
    ),
    (
        check_runs_on,
        "docs/scaling.md",
        "    " + RUN_WITH,
        "    It runs everywhere.",
        f"docs/scaling.md: expected `{RUN_WITH}` beside",
    ),
]


@pytest.fixture
def book(tmp_path):
    """Give a copy of the page and its files, in which the guards find nothing."""
    files = "docs/scaling.md", "docs/figures/data_parallel.svg", "tests/parity/*.py"
    folder = copied(tmp_path, *files)
    for guard in {guard for guard, *_ in PLANTS}:
        assert guard(folder) == []
    return folder


@pytest.mark.parametrize(("guard", "name", "old", "new", "message"), PLANTS)
def test_a_planted_fault_is_caught(book, guard, name, old, new, message):
    path = book / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert message in "\n".join(guard(book))
