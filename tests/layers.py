"""Layers of every cell, drawn at random, for the tests of what is built from cells."""

import numpy as np

from snippets.readout import init_readout, readout_backward, readout_forward
from snippets.stacking import Layer
from tests.nested import like
from tests.test_cells import find_cells

CELLS = {cell.id: cell.values[0] for cell in find_cells()}
PAIRS = [(one, other) for one in CELLS for other in CELLS]


def new(rng, name, n_x, n_a, m, dtype=np.float64):
    """Draw a cell, biases too, and a state to start it with."""
    cell = CELLS[name]
    params = cell.init(rng, n_x, n_a, dtype=dtype)
    params = params._make((w + rng.normal(scale=0.1, size=w.shape)).astype(dtype) for w in params)
    _, zeros, _ = cell.forward(params, np.zeros((0, n_x, m), dtype))
    return Layer(params, cell.forward, cell.backward), like(rng, zeros)


def deep(rng, one, other, n_x, n_a, m, dtype=np.float64):
    """Draw two layers on top of each other, of different size."""
    low, state = new(rng, one, n_x, n_a + 1, m, dtype)
    high, above = new(rng, other, n_a + 1, n_a, m, dtype)
    return (low, high), (state, above)


def both(rng, one, other, n_x, n_a, m, dtype=np.float64):
    """Draw two layers side by side, of different size."""
    past, state = new(rng, one, n_x, n_a, m, dtype)
    future, other_state = new(rng, other, n_x, n_a + 1, m, dtype)
    return (past, future), (state, other_state)


def new_readout(rng, n_a, n_y, dtype=np.float64):
    """Draw a readout, its bias too."""
    params = init_readout(rng, n_a, n_y, dtype=dtype)
    params = params._replace(b_y=rng.normal(scale=0.1, size=(n_y, 1)).astype(dtype))
    return Layer(params, readout_forward, readout_backward)
