# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Stacking: networks of several layers and of both directions.

NumPy only. Explained in docs/stacking.md, proven in tests/test_stacking.py.
"""

# --8<-- [start:imports]
from collections.abc import Callable, Sequence
from inspect import signature
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
class BidirectionalTape(NamedTuple):
    """What the backward pass needs: a tape for each direction."""

    past: Any
    future: Any
    lengths: np.ndarray
    shapes: tuple[tuple[int, ...], ...]  # of both cells' hidden states


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


def check_layers(count: int, layers: Sequence, name: str, states) -> tuple:
    """Return one state for each layer; None stands for None for each.

    Another number of layers or of states raises a ValueError, and so does
    the state of a single layer.
    """
    each = (None,) * len(layers) if states is None else states
    own = len(each) if isinstance(each, tuple | list) else 0
    if hasattr(each, "_fields") or not len(layers) == own == count:
        raise ValueError(
            f"expected {count} layers and {name} with a state for each, "
            f"got {len(layers)} and {type(each).__name__} of {own}"
        )
    for layer in layers:
        check_layer("each layer", layer)
    return tuple(each)


# --8<-- [end:check]


# --8<-- [start:run-layer]
def run_layer(layer: Layer, x: np.ndarray, state_0, lengths) -> tuple:
    """Run a layer forward, and pass lengths on to it if there are any.

    A layer that does not take lengths would read the padding, so it is
    refused with a ValueError.
    """
    if lengths is None:
        return layer.forward(layer.params, x, state_0)
    if "lengths" not in signature(layer.forward).parameters:
        raise ValueError(
            "expected a layer that takes lengths, such as ragged(cell) of "
            f"docs/ragged.md, got one with {layer.forward}"
        )
    return layer.forward(layer.params, x, state_0, lengths=lengths)


# --8<-- [end:run-layer]


# --8<-- [start:stack-forward]
def stack_forward(
    layers: Sequence[Layer],
    x: np.ndarray,
    states_0: Sequence | None = None,
    lengths: Sequence[int] | None = None,
) -> tuple[np.ndarray, tuple, tuple]:
    """Run layers on top of each other: each one reads the one below.

    Parameters
    ----------
    layers : sequence of Layer
        The lowest layer comes first. The n_x of each layer is the n_a of
        the layer below.
    x : ndarray of shape (T, n_x, m)
    states_0 : sequence of CELLState, optional
        The initial state of each layer. None means zeros, for all layers
        or for one of them.
    lengths : sequence of m int, optional
        The length of each sequence, if they differ. It is passed on to
        the layers, so they must take it: see docs/ragged.md.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Hidden states of the top layer.
    states_T : tuple of CELLState
        The last state of each layer.
    tapes : tuple
        What `stack_backward` needs.

    Raises
    ------
    ValueError
        If there is no layer, if there is not one state for each layer, or
        if a layer refuses what it gets.

    Source: docs/stacking.md, equation 1.
    """
    states_0 = check_layers(max(len(layers), 1), layers, "states_0", states_0)
    states_T, tapes = [], []
    # --8<-- [start:stack-forward-body]
    a = x
    for layer, state_0 in zip(layers, states_0):
        a, state_T, tape = run_layer(layer, a, state_0, lengths)  # eq. 1
        states_T.append(state_T)
        tapes.append(tape)
    # --8<-- [end:stack-forward-body]
    return a, tuple(states_T), tuple(tapes)


# --8<-- [end:stack-forward]


# --8<-- [start:stack-backward]
def stack_backward(
    layers: Sequence[Layer],
    tapes: tuple,
    da: np.ndarray,
    d_states_T: Sequence | None = None,
) -> tuple[tuple, np.ndarray, tuple]:
    """Send the gradient down through the layers, the top layer first.

    Parameters
    ----------
    layers : sequence of Layer
    tapes : tuple
        From `stack_forward`.
    da : ndarray of shape (T, n_a, m)
        Gradient that reaches the top hidden states from the loss.
    d_states_T : sequence of CELLState, optional
        Gradient that reaches the last state of each layer from elsewhere.
        None means zeros, for all layers or for one of them.

    Returns
    -------
    d_params : tuple
        One gradient for the params of each layer.
    dx : ndarray of shape (T, n_x, m)
    d_states_0 : tuple of CELLState

    Raises
    ------
    ValueError
        If there is not one state for each layer, or if a layer refuses
        what it gets.

    Source: docs/stacking.md, equation 2.
    """
    d_states_T = check_layers(len(tapes), layers, "d_states_T", d_states_T)
    d_params, d_states_0 = [], []
    # --8<-- [start:stack-backward-body]
    downwards = zip(layers[::-1], tapes[::-1], d_states_T[::-1])
    for layer, tape, d_state_T in downwards:
        d_layer, da, d_state_0 = layer.backward(
            layer.params, tape, da, d_state_T
        )  # eq. 2
        d_params.append(d_layer)
        d_states_0.append(d_state_0)
    # --8<-- [end:stack-backward-body]
    return tuple(d_params[::-1]), da, tuple(d_states_0[::-1])


# --8<-- [end:stack-backward]


# --8<-- [start:turn]
def turn(x: np.ndarray, lengths: Sequence[int] | None = None) -> np.ndarray:
    """Reverse each sequence within its own length; padding stays in place.

    Raises
    ------
    ValueError
        If x is not (T, n_x, m), or lengths are not m integers from 0 to T.

    Source: docs/stacking.md, equation 3.
    """
    lengths = check_lengths(lengths, x)
    # --8<-- [start:turn-body]
    t = np.arange(len(x))[:, None]
    turned = np.where(t < lengths, lengths - 1 - t, t)  # eq. 3
    return np.take_along_axis(x, turned[:, None], axis=0)
    # --8<-- [end:turn-body]


# --8<-- [end:turn]


# --8<-- [start:bidirectional-forward]
def bidirectional_forward(
    cells: Sequence[Layer],
    x: np.ndarray,
    states_0: Sequence | None = None,
    lengths: Sequence[int] | None = None,
) -> tuple[np.ndarray, tuple, BidirectionalTape]:
    """Read the sequence from both ends, with two cells.

    Parameters
    ----------
    cells : two of Layer
        The first cell reads from the first step on, the second one from
        the last step back.
    x : ndarray of shape (T, n_x, m)
    states_0 : two of CELLState, optional
        The state with which each cell starts, at its own end of the
        sequence. None means zeros, for both cells or for one of them.
    lengths : sequence of m int, optional
        The length of each sequence, if they differ. Both cells must take
        lengths: see docs/ragged.md.

    Returns
    -------
    a : ndarray of shape (T, n_a + n_a', m)
        At each step the hidden state of the first cell, with that of the
        second cell below it.
    states_T : tuple of two CELLState
        The state in which each cell ended.
    tape : BidirectionalTape
        What `bidirectional_backward` needs.

    Raises
    ------
    ValueError
        If there are not two cells and two states, if lengths are not m
        integers from 0 to T, or if a cell refuses what it gets.

    Source: Schuster and Paliwal (1997); docs/stacking.md, equations 3, 4.
    """
    states_0 = check_layers(2, cells, "states_0", states_0)
    own = check_lengths(lengths, x)
    # --8<-- [start:bidirectional-forward-body]
    past, future = cells
    past_0, future_0 = states_0
    a_past, past_T, past_tape = run_layer(past, x, past_0, lengths)
    a_future, future_T, future_tape = run_layer(
        future, turn(x, own), future_0, lengths
    )
    a = np.concatenate([a_past, turn(a_future, own)], axis=1)  # eq. 4
    # --8<-- [end:bidirectional-forward-body]
    shapes = a_past.shape, a_future.shape
    tape = BidirectionalTape(past_tape, future_tape, own, shapes)
    return a, (past_T, future_T), tape


# --8<-- [end:bidirectional-forward]


# --8<-- [start:bidirectional-backward]
def bidirectional_backward(
    cells: Sequence[Layer],
    tape: BidirectionalTape,
    da: np.ndarray,
    d_states_T: Sequence | None = None,
) -> tuple[tuple, np.ndarray, tuple]:
    """Send the gradient back through both cells, and add up what arrives.

    Parameters
    ----------
    cells : two of Layer
    tape : BidirectionalTape
        From `bidirectional_forward`.
    da : ndarray of shape (T, n_a + n_a', m)
        Gradient that reaches the hidden states from the loss.
    d_states_T : two of CELLState, optional
        Gradient that reaches the last state of each cell from elsewhere.
        None means zeros, for both cells or for one of them.

    Returns
    -------
    d_params : tuple of two CELLParams
    dx : ndarray of shape (T, n_x, m)
    d_states_0 : tuple of two CELLState

    Raises
    ------
    ValueError
        If da has another shape, if there are not two cells and two
        states, or if a cell refuses what it gets.

    Source: docs/stacking.md, equation 5.
    """
    d_states_T = check_layers(2, cells, "d_states_T", d_states_T)
    (T, n_a, m), (_, n_a_future, _) = tape.shapes
    check("da", da, T, n_a + n_a_future, m)
    # --8<-- [start:bidirectional-backward-body]
    past, future = cells
    d_past, dx_past, d_past_0 = past.backward(
        past.params, tape.past, da[:, :n_a], d_states_T[0]
    )
    da_future = turn(da[:, n_a:], tape.lengths)
    d_future, dx_future, d_future_0 = future.backward(
        future.params, tape.future, da_future, d_states_T[1]
    )
    dx = dx_past + turn(dx_future, tape.lengths)  # eq. 5
    # --8<-- [end:bidirectional-backward-body]
    return (d_past, d_future), dx, (d_past_0, d_future_0)


# --8<-- [end:bidirectional-backward]
