"""The counts are what the cells, and the libraries, really have: docs/parameter-count.md."""

import importlib
import json
from math import inf
from pathlib import Path

import numpy as np
import pytest

from snippets.parameter_count import BLOCKS, EXTRAS, count_cell, count_stack, units_for

VECTORS = Path(__file__).with_name("vectors")
PAIRS = [(cell, library) for library, cells in EXTRAS.items() for cell in cells]
SIZES = {}  # no arrays


def exercise():
    """Run every function once."""
    count_stack("peephole", 2, 3, layers=5, directions=2)
    count_cell("peephole", 2, 3)
    units_for(10**10, "peephole", 10**5)  # so many units that rounding down hides nothing


def size(arrays):
    return sum(np.size(array) for array in arrays)


@pytest.mark.parametrize("cell", BLOCKS)
@pytest.mark.parametrize(("n_x", "n_a"), [(1, 1), (3, 7), (7, 3), (64, 128)])
# claim R6
def test_a_cell_of_this_book_has_as_many_weights_as_are_counted(cell, n_x, n_a):
    init = getattr(importlib.import_module(f"snippets.{cell}"), f"init_{cell}")
    assert size(init(np.random.default_rng(0), n_x, n_a)) == count_cell(cell, n_x, n_a)


def test_what_is_counted_are_cells_of_this_book():
    names = [path.stem for path in Path(__file__).parents[1].glob("snippets/[a-z]*.py")]
    modules = {name: importlib.import_module(f"snippets.{name}") for name in names}
    cells = {name for name in names if hasattr(modules[name], f"{name}_step")}
    assert cells >= set(BLOCKS) == set(EXTRAS["this book"])
    assert set(BLOCKS) >= {"gru", "gru_reset_after", "lstm", "peephole", "rnn"}


@pytest.mark.parametrize(
    ("cell", "library"), [pair for pair in PAIRS if pair[1] in ("PyTorch", "Keras")]
)
def test_a_library_has_as_many_weights_as_are_counted(cell, library):
    # the vectors hold weights as the library itself made them
    vector = json.loads((VECTORS / f"{library.lower()}_{cell}.json").read_text("utf-8"))
    n_x, n_a = (np.shape(vector["given"][name])[1] for name in ("x", "da"))
    assert size(vector["weights"].values()) == count_cell(cell, n_x, n_a, library=library)


def test_every_cell_of_the_libraries_is_counted():
    frozen = {tuple(path.stem.split("_", 1)) for path in VECTORS.glob("*.json")}
    libraries = {library.lower(): library for library in EXTRAS}
    frozen = {(cell, libraries[name]) for name, cell in frozen if name in libraries}
    frozen = {(cell, library) for cell, library in frozen if cell in BLOCKS}  # no attention
    assert frozen == {pair for pair in PAIRS if pair[1] != "this book"}


@pytest.mark.parametrize(
    ("cell", "n_x", "n_a", "library", "weights"),
    [
        # read off the libraries themselves: Keras 3.15.1 and PyTorch 2.13.0
        ("rnn", 100, 256, "Keras", 91_392),
        ("gru_reset_after", 100, 256, "Keras", 274_944),
        ("gru", 100, 256, "Keras", 274_176),
        ("lstm", 100, 256, "Keras", 365_568),
        ("rnn", 100, 256, "PyTorch", 91_648),
        ("gru_reset_after", 100, 256, "PyTorch", 274_944),
        ("lstm", 100, 256, "PyTorch", 366_592),
    ],
)
def test_counts_that_the_libraries_give(cell, n_x, n_a, library, weights):
    assert count_cell(cell, n_x, n_a, library=library) == weights


@pytest.mark.parametrize(("n_x", "n_a"), [(1, 1), (100, 256), (9, 2)])
# claim G12
def test_with_one_bias_for_each_block_the_ratio_is_one_to_three_to_four(n_x, n_a):
    rnn, gru, lstm = (count_cell(cell, n_x, n_a) for cell in ("rnn", "gru", "lstm"))
    assert (gru, lstm) == (3 * rnn, 4 * rnn)
    assert count_cell("gru_reset_after", n_x, n_a) == gru + n_a
    assert count_cell("peephole", n_x, n_a) == lstm + 3 * n_a


def test_two_layers_by_hand():
    # n_x 5, n_a 2: an RNN has 2 (5 + 2 + 1) = 16 weights, one above it 2 (2 + 2 + 1) = 10
    assert count_stack("rnn", 5, 2, layers=1) == 16
    assert count_stack("rnn", 5, 2, layers=2) == 16 + 10
    assert count_stack("rnn", 5, 2, layers=3) == 16 + 10 + 10
    # both ways: the upper ones read 4 activations, 2 (4 + 2 + 1) = 14
    assert count_stack("rnn", 5, 2, layers=1, directions=2) == 2 * 16
    assert count_stack("rnn", 5, 2, layers=3, directions=2) == 2 * (16 + 14 + 14)
    assert count_stack("rnn", 5, 2, layers=2, library="PyTorch") == 16 + 10 + 2 * 2


def test_stacks_that_pytorch_counts():
    lstm = {"cell": "lstm", "library": "PyTorch"}
    assert count_stack(n_x=123, n_a=250, layers=3, directions=2, **lstm) == 3_758_000
    assert count_stack(n_x=1000, n_a=1000, layers=4, **lstm) == 32_032_000


@pytest.mark.parametrize(("cell", "library"), PAIRS)
@pytest.mark.parametrize("n_x", [1, 7, 100])
def test_a_budget_pays_for_so_many_units_and_not_for_one_more(cell, library, n_x):
    for n_a in (1, 2, 50, 999):
        exact = count_cell(cell, n_x, n_a, library=library)
        assert units_for(exact, cell, n_x, library=library) == n_a
        dearer = count_cell(cell, n_x, n_a + 1, library=library)
        assert units_for(dearer - 1, cell, n_x, library=library) == n_a


def test_a_huge_budget_is_counted_without_rounding():
    n_a = 10**12 + 7
    assert units_for(count_cell("lstm", 3, n_a), "lstm", 3) == n_a
    assert units_for(count_cell("lstm", 3, n_a) - 1, "lstm", 3) == n_a - 1


def test_a_budget_too_small_for_one_unit_is_refused():
    assert units_for(3 * (5 + 1 + 1), "gru", 5) == 1
    with pytest.raises(ValueError, match=r"expected a budget of at least 21, got 20"):
        units_for(20, "gru", 5)
    with pytest.raises(ValueError, match=r"expected a budget of at least 8, got 7"):
        units_for(7, "rnn", 5, library="PyTorch")


def test_sizes_may_come_from_numpy():
    # as `tokens.max() + 1` has it; 255 is the largest that np.uint8 can hold
    n_x, n_a, two = np.uint8(65), np.int16(128), np.uint8(2)
    assert count_cell("lstm", n_x, n_a) == 99328 == 128 * (4 * (65 + 128) + 4)
    stack = count_stack("lstm", n_x, n_a, layers=two, directions=two)
    assert stack == count_stack("lstm", 65, 128, layers=2, directions=2)
    assert units_for(np.int32(99328), "lstm", n_x) == 128


@pytest.mark.parametrize("bad", [0, -3, 2.0, "4", None, inf, True])
def test_sizes_that_are_none_are_named(bad):
    named = f"a whole number of at least 1, got {bad!r}"
    with pytest.raises(ValueError, match=f"expected n_x {named}"):
        count_cell("rnn", bad, 2)
    with pytest.raises(ValueError, match=f"expected n_a {named}"):
        count_cell("rnn", 2, bad)
    with pytest.raises(ValueError, match=f"expected n_x {named}"):
        count_stack("rnn", bad, 2, layers=1)
    with pytest.raises(ValueError, match=f"expected n_a {named}"):
        count_stack("rnn", 2, bad, layers=1)
    with pytest.raises(ValueError, match=f"expected layers {named}"):
        count_stack("rnn", 2, 2, layers=bad)
    with pytest.raises(ValueError, match=f"expected budget {named}"):
        units_for(bad, "rnn", 2)
    with pytest.raises(ValueError, match=f"expected n_x {named}"):
        units_for(100, "rnn", bad)


@pytest.mark.parametrize("bad", [0, 3, 1.5])
def test_there_are_two_directions_at_most(bad):
    with pytest.raises(ValueError, match=f"expected directions 1 or 2, got {bad}"):
        count_stack("rnn", 2, 2, layers=1, directions=bad)


@pytest.mark.parametrize(
    ("cell", "library"),
    [("gru", "PyTorch"), ("peephole", "Keras"), ("rnn", "numpy"), ("x", "Keras")],
)
def test_cells_that_a_library_has_not_are_refused(cell, library):
    match = f"expected one of rnn in this book, .*, gru in Keras, .*; got '{cell}' in '{library}'"
    for count in (
        count_cell,
        lambda cell, n_x, n_a, library: units_for(99, cell, n_x, library=library),
    ):
        with pytest.raises(ValueError, match=match):
            count(cell, 2, 3, library=library)
