# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Ragged batches: sequences of different length side by side, over any cell.

NumPy only. Explained in docs/ragged.md, proven in tests/test_ragged.py.
"""

# --8<-- [start:imports]
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:layer]
class Layer(NamedTuple):
    """Weights, and the functions that take them forward and backward."""

    params: Any
    forward: Callable
    backward: Callable


# --8<-- [end:layer]


# --8<-- [start:types]
class RaggedTape(NamedTuple):
    """What the backward pass needs: the cell's tapes, and what they read."""

    shape: tuple[int, ...]  # of the hidden states
    empty: Any  # the cell's tape of no steps
    spans: list[tuple[slice, np.ndarray, Any]]  # steps, columns, tape


# --8<-- [end:types]


# --8<-- [start:check]
def check_plain(name: str, array: np.ndarray) -> None:
    """Raise a ValueError unless this is a plain NumPy array.

    Masked arrays and matrices are refused, because `*` and `sum` mean
    something else to them.
    """
    if type(array) not in (np.ndarray, np.memmap):
        raise ValueError(
            f"expected {name} to be a plain NumPy array, "
            f"got {type(array).__name__}"
        )


def check(name: str, array: np.ndarray, *shape: int | str) -> None:
    """Raise a ValueError unless this is an array of floats of this shape.

    A size that is given as a letter may have any value. Masked arrays and
    matrices are refused, because `*` and `sum` mean something else to them.
    """
    plain = type(array) in (np.ndarray, np.memmap)
    sizes = array.shape if plain else ()
    fits = len(sizes) == len(shape) and all(
        isinstance(expected, str) or size == expected
        for size, expected in zip(sizes, shape)
    )
    if not fits or array.dtype.kind != "f":
        got = f" {sizes} of {array.dtype}" if plain else ", not ndarray"
        raise ValueError(
            f"expected {name} ({', '.join(map(str, shape))}) of floats, "
            f"got {type(array).__name__}{got}"
        )


def check_layer(name: str, layer: Any) -> None:
    """Raise a ValueError unless this is a Layer."""
    if getattr(layer, "_fields", None) != Layer._fields:
        raise ValueError(
            f"expected {name} to be a Layer, got {type(layer).__name__}"
        )


def check_lengths(lengths, x: np.ndarray, least: int = 0) -> np.ndarray:
    """Return the length of each sequence in x, as integers.

    None stands for sequences that are all as long as x. Anything but one
    integer for each sequence, from `least` to T, raises a ValueError.
    """
    check("x", x, "T", "n_x", "m")
    T, _, m = x.shape
    own = np.asanyarray([T] * m if lengths is None else lengths)
    check_plain("lengths", own)
    known = own.dtype != bool and np.isin(own, range(least, T + 1)).all()
    if own.shape != (m,) or not known:
        raise ValueError(
            f"expected lengths: {m} integers from {least} to {T}, got {own}"
        )
    return own.astype(int)


# --8<-- [end:check]


# --8<-- [start:columns]
def take(state: tuple, alive: np.ndarray) -> tuple:
    """Return a state that holds copies of some examples only."""
    return state._make(s[..., alive] for s in state)


def put(state: tuple, alive: np.ndarray, part: tuple) -> tuple:
    """Return a copy of a state in which some examples are replaced."""
    whole = part._make(s.astype(p.dtype) for s, p in zip(state, part))
    for s, p in zip(whole, part):
        s[..., alive] = p
    return whole


# --8<-- [end:columns]


# --8<-- [start:ragged-forward]
def ragged_forward(
    cell: Layer,
    x: np.ndarray,
    state_0: tuple | None = None,
    lengths: Sequence[int] | None = None,
) -> tuple[np.ndarray, tuple, RaggedTape]:
    """Run sequences of different length side by side, each to its end.

    Parameters
    ----------
    cell : Layer
        A single cell. To run several layers or two directions, make each
        cell of theirs ragged.
    x : ndarray of shape (T, n_x, m)
        Each column holds its sequence in the first steps. The padding
        after its end is never read.
    state_0 : CELLState, optional
        The initial state of the cell; None means zeros.
    lengths : sequence of m int, optional
        The length of each sequence, from 0 to T. None means T for all.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Hidden states; zero after the end of each sequence.
    state_T : CELLState
        The state of each sequence at its own end.
    tape : RaggedTape
        What `ragged_backward` needs.

    Raises
    ------
    ValueError
        If lengths are not m integers from 0 to T, if the layer is not a
        single cell, or if the cell refuses what it gets.

    Source: docs/ragged.md, equation 1.
    """
    check_layer("cell", cell)
    lengths = check_lengths(lengths, x)
    # A run over no steps lets the cell check all, and tells what it returns.
    nothing, state, empty = cell.forward(cell.params, x[:0], state_0)
    if not hasattr(state, "_fields"):
        raise ValueError(
            "expected a cell, got a layer of several: make each cell ragged"
        )
    a = np.zeros((len(x), *nothing.shape[1:]), nothing.dtype)
    spans = []
    # --8<-- [start:ragged-forward-body]
    for first, last in pairwise([0, *np.unique(lengths)]):
        steps = slice(first, last)
        alive = np.flatnonzero(lengths >= last)  # eq. 1
        x_span, before = x[steps][:, :, alive], take(state, alive)
        a_span, after, tape = cell.forward(cell.params, x_span, before)
        a[steps, :, alive] = a_span
        state = put(state, alive, after)
        spans.append((steps, alive, tape))
    # --8<-- [end:ragged-forward-body]
    return a, state, RaggedTape(a.shape, empty, spans)


# --8<-- [end:ragged-forward]


# --8<-- [start:ragged-backward]
def ragged_backward(
    cell: Layer,
    tape: RaggedTape,
    da: np.ndarray,
    d_state_T: tuple | None = None,
) -> tuple[tuple, np.ndarray, tuple]:
    """Send the gradient back into each sequence, from its own end.

    Parameters
    ----------
    cell : Layer
    tape : RaggedTape
        From `ragged_forward`.
    da : ndarray of shape (T, n_a, m)
        Gradient that reaches the hidden states from the loss. What it
        holds after the end of a sequence is never read.
    d_state_T : CELLState, optional
        Gradient that reaches the state at the end of each sequence; None
        means zeros.

    Returns
    -------
    d_params : CELLParams
        Gradient with respect to each weight, summed over steps and sequences.
    dx : ndarray of shape (T, n_x, m)
        Zero after the end of each sequence.
    d_state_0 : CELLState

    Raises
    ------
    ValueError
        If da has another shape, or if the cell refuses what it gets.

    Source: docs/ragged.md, equation 1.
    """
    check_layer("cell", cell)
    check("da", da, *tape.shape)
    d_params, nothing, d_state = cell.backward(
        cell.params, tape.empty, da[:0], d_state_T
    )
    dx = np.zeros((len(da), *nothing.shape[1:]), nothing.dtype)
    # --8<-- [start:ragged-backward-body]
    for steps, alive, span in reversed(tape.spans):
        da_span, d_after = da[steps][:, :, alive], take(d_state, alive)
        d_span, dx_span, d_before = cell.backward(
            cell.params, span, da_span, d_after
        )
        dx[steps, :, alive] = dx_span
        d_state = put(d_state, alive, d_before)
        d_params = d_params._make(d + d_w for d, d_w in zip(d_params, d_span))
    # --8<-- [end:ragged-backward-body]
    return d_params, dx, d_state


# --8<-- [end:ragged-backward]


# --8<-- [start:ragged]
def ragged(cell: Layer) -> Layer:
    """Return the same cell as a layer that takes lengths at each call.

    Its forward function is called with `lengths` after the state, and has
    the same params as the cell. So it can stand in a stack, in a pair of
    directions, or under a readout, and be trained as the cell is.

    Raises
    ------
    ValueError
        If cell is not a Layer.
    """
    check_layer("cell", cell)

    def forward(params, x, state_0=None, lengths=None):
        """Run the cell with these params over a ragged batch."""
        now = cell._replace(params=params)
        return ragged_forward(now, x, state_0, lengths)

    def backward(params, tape, da, d_state_T=None):
        """Send the gradient back through the cell with these params."""
        now = cell._replace(params=params)
        return ragged_backward(now, tape, da, d_state_T)

    return Layer(cell.params, forward, backward)


# --8<-- [end:ragged]
