"""The cells against numbers that other libraries gave: tests/parity made tests/vectors."""

import ast
import json
from pathlib import Path

import numpy as np
import pytest

from snippets.variants import from_keras, from_torch
from tests.faults import assert_none
from tests.parity.cases import (
    errors,
    find_cells,
    read_flax,
    read_keras_attention,
    read_onnx,
    run_snippet,
)
from tests.parity.parts import PARTS

ROOT = Path(__file__).parents[1]
VECTORS = [json.loads(path.read_text()) for path in sorted((ROOT / "tests/vectors").glob("*.json"))]
READ = {  # what is not here is in our layout already
    "pytorch": from_torch,
    "keras": lambda cell, weights: from_keras(cell, [*weights.values()]),
    "flax": read_flax,
    "onnx": read_onnx,
    "keras_attention": read_keras_attention,
}
FROZEN = {  # what has been compared stays compared
    "flax": "gru_reset_after lstm rnn",
    "keras": "gru gru_reset_after lstm rnn",
    "keras_attention": "additive_attention dot_attention",
    "onnx": "gru gru_reset_after lstm peephole rnn",
    "pytorch": "gru_reset_after lstm rnn",
    "pytorch_attention": "dot_attention",
    "restated": "mingru peephole scan_doubling scan_loop scan_tree slstm ssm",
    "restated_negative": "ssm",
    "transformers": "delta",
    "transformers_negative": "delta",
    "transformers_chunks": "delta delta_chunks",
    "transformers_chunks_negative": "delta_chunks",
}


def arrays(value):
    """Turn lists of numbers into arrays; a list of states stays a list."""
    if isinstance(value, dict):
        return {
            name: [np.array(state) for state in inner] if "state" in name else arrays(inner)
            for name, inner in value.items()
        }
    return np.array(value) if isinstance(value, list) else value


def run(vector):
    """Run the snippet on the weights and the arrays of a vector."""
    cell = vector["cell"]
    params = arrays(vector["weights"])
    if vector["library"] in READ:
        params = READ[vector["library"]](cell, params)
    return run_snippet(cell, params, **arrays(vector["given"]))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['library']}/{v['cell']}")
def test_the_cell_gives_the_same_numbers(vector):
    found = errors(run(vector), arrays(vector["expected"]))
    assert_none(
        f"tests/vectors/{vector['library']}_{vector['cell']}.json: {name}: expected at most 1e-10 "
        f"between the snippet and these numbers, got {error:.1e}"
        for name, error in found.items()
        if not error < 1e-10
    )


def test_no_numbers_are_lost():
    expected = {f"{library}_{cell}" for library, cells in FROZEN.items() for cell in cells.split()}
    files = {path.stem for path in (ROOT / "tests/vectors").glob("*.json")}
    assert_none(
        f"tests/vectors/{name}.json: expected this file, it is lost: sh tests/parity/run.sh freeze"
        for name in sorted(expected - files)
    )
    compared = {vector["cell"] for vector in VECTORS}
    assert compared >= set(PARTS)
    assert compared <= set(find_cells(ROOT)) | set(PARTS)


def restated():
    """Name what tests/parity/restated.py restates, without the libraries that it imports."""
    tree = ast.parse((ROOT / "tests/parity/restated.py").read_text(encoding="utf-8"))
    tables = [
        it.value
        for it in tree.body
        if isinstance(it, ast.Assign) and it.targets[0].id in ("CELLS", "SCANS")
    ]
    return [key.value for table in tables for key in table.keys]


@pytest.mark.parametrize("cell", restated())
def test_what_is_restated_has_its_numbers(cell):
    path = f"tests/vectors/restated_{cell}.json"
    if not (ROOT / path).is_file():
        assert_none([f"{path}: expected this file, from `sh tests/parity/run.sh freeze {cell}`"])


def test_only_onnx_has_no_gradients():
    lacking = {"onnx": {"d_params", "dx", "d_state_0"}, "pytorch_attention": {"alpha"}}
    for vector in VECTORS:
        ours = set(run(vector)) - lacking.get(vector["library"], set())
        assert set(vector["expected"]) == ours
