# SPDX-License-Identifier: MIT-0
"""Stacking: deep, bidirectional and ragged networks, over any cell.

NumPy only. Explained in docs/stacking.md, proven in tests/test_stacking.py.
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
    """What backward needs: the cell's tapes, and who was alive when."""

    shape: tuple[int, ...]  # of the activations
    empty: Any  # the cell's tape of no steps
    spans: list[tuple[slice, np.ndarray, Any]]  # steps, columns, tape


class BidirectionalTape(NamedTuple):
    """What backward needs: a tape for each direction."""

    cells: tuple[RaggedTape, RaggedTape]
    lengths: np.ndarray


# --8<-- [end:types]


# --8<-- [start:check]
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


def check_layers(count: int, layers: Sequence, name: str, states) -> None:
    """Refuse another number of layers, or not one state for each."""
    own = len(states) if isinstance(states, Sequence) else 0
    nested = not hasattr(states, "_fields")  # more than one layer's state
    if not nested or not len(layers) == own == count:
        raise ValueError(
            f"expected {count} layers and {name} with a state for each, "
            f"got {len(layers)} and {type(states).__name__} of {own}"
        )


def check_lengths(lengths: Sequence[int], x: np.ndarray) -> np.ndarray:
    """Refuse what are no lengths of the sequences; return them as integers.

    None stands for sequences that are all as long as x.
    """
    check("x", x, "T", "n_x", "m")
    T, _, m = x.shape
    own = np.array([T] * m if lengths is None else lengths)
    if own.shape != (m,) or not np.isin(own, range(T + 1)).all():
        raise ValueError(
            f"expected lengths: {m} integers from 0 to {T}, got {lengths}"
        )
    return own.astype(int)


# --8<-- [end:check]


# --8<-- [start:stack-forward]
def stack_forward(
    layers: Sequence[Layer], x: np.ndarray, states_0: Sequence[tuple]
) -> tuple[np.ndarray, tuple, tuple]:
    """Run layers on top of each other: each reads the one below.

    Parameters
    ----------
    layers : sequence of Layer
        The lowest first. Each n_x is the n_a of the layer below.
    x : ndarray of shape (T, n_x, m)
    states_0 : sequence of CELLState
        One for each layer.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Activations of the top layer.
    states_T : tuple of CELLState
    tapes : tuple
        What `stack_backward` needs.

    Raises
    ------
    ValueError
        If there is no layer, or not one state for each; and what the
        layers refuse.

    Source: docs/stacking.md, equation 1.
    """
    check_layers(max(len(layers), 1), layers, "states_0", states_0)
    states_T, tapes = [], []
    # --8<-- [start:stack-forward-body]
    a = x
    for layer, state_0 in zip(layers, states_0, strict=True):
        a, state_T, tape = layer.forward(layer.params, a, state_0)  # eq. 1
        states_T.append(state_T)
        tapes.append(tape)
    # --8<-- [end:stack-forward-body]
    return a, tuple(states_T), tuple(tapes)


# --8<-- [end:stack-forward]


# --8<-- [start:stack-backward]
def stack_backward(
    layers: Sequence[Layer], tapes: tuple, da: np.ndarray, d_states_T=None
) -> tuple[tuple, np.ndarray, tuple]:
    """Send the gradient down through the layers, the top one first.

    Parameters
    ----------
    layers : sequence of Layer
    tapes : tuple
        From `stack_forward`.
    da : ndarray of shape (T, n_a, m)
        Gradient that reaches the top activations from the loss.
    d_states_T : sequence of CELLState, optional
        Gradient that reaches the last states from elsewhere.

    Returns
    -------
    d_params : tuple
        One gradient for the params of each layer.
    dx : ndarray of shape (T, n_x, m)
    d_states_0 : tuple of CELLState

    Raises
    ------
    ValueError
        If there is not one state for each layer; and what they refuse.

    Source: docs/stacking.md, equation 2.
    """
    if d_states_T is None:
        d_states_T = (None,) * len(layers)
    check_layers(len(tapes), layers, "d_states_T", d_states_T)
    d_params, d_states_0 = [], []
    # --8<-- [start:stack-backward-body]
    downwards = zip(layers[::-1], tapes[::-1], d_states_T[::-1], strict=True)
    for layer, tape, d_state_T in downwards:
        d_layer, da, d_state_0 = layer.backward(
            layer.params, tape, da, d_state_T
        )  # eq. 2
        d_params.append(d_layer)
        d_states_0.append(d_state_0)
    # --8<-- [end:stack-backward-body]
    return tuple(d_params[::-1]), da, tuple(d_states_0[::-1])


# --8<-- [end:stack-backward]


# --8<-- [start:columns]
def take(state: tuple, alive: np.ndarray) -> tuple:
    """Take some examples out of a state."""
    return state._make(s[:, alive] for s in state)


def put(state: tuple, alive: np.ndarray, part: tuple) -> tuple:
    """Return a state in which some examples are replaced."""
    pairs = list(zip(state, part, strict=True))
    state = part._make(s.astype(p.dtype) for s, p in pairs)
    for s, p in zip(state, part, strict=True):
        s[:, alive] = p
    return state


# --8<-- [end:columns]


# --8<-- [start:ragged-forward]
def ragged_forward(
    cell: Layer, x: np.ndarray, state_0: tuple, lengths: Sequence[int]
) -> tuple[np.ndarray, tuple, RaggedTape]:
    """Run sequences of different length side by side, each to its end.

    Parameters
    ----------
    cell : Layer
        A cell. What is stacked or bidirectional is made of ragged cells,
        not the other way round.
    x : ndarray of shape (T, n_x, m)
        Each column holds its sequence in the first steps; what stands
        after its end is never read.
    state_0 : CELLState
    lengths : sequence of m int
        From 0 to T.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Zero after the end of each sequence.
    state_T : CELLState
        Of each sequence at its own end.
    tape : RaggedTape
        What `ragged_backward` needs.

    Raises
    ------
    ValueError
        If lengths are not m integers from 0 to T, or state_0 is not the
        state of one cell; and what the cell refuses.

    Source: docs/stacking.md, equation 3.
    """
    lengths = check_lengths(lengths, x)
    check("state_0.a", getattr(state_0, "a", state_0), "n_a", "m")
    # no steps yet: the cell checks all, and tells shapes and types
    nothing, state, empty = cell.forward(cell.params, x[:0], state_0)
    a = np.zeros((len(x), *nothing.shape[1:]), nothing.dtype)
    spans = []
    # --8<-- [start:ragged-forward-body]
    for first, last in pairwise([0, *np.unique(lengths)]):
        steps = slice(first, last)
        alive = np.flatnonzero(lengths >= last)  # eq. 3
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
    cell: Layer, tape: RaggedTape, da: np.ndarray, d_state_T=None
) -> tuple[tuple, np.ndarray, tuple]:
    """Send the gradient back, into each sequence from its own end.

    Parameters
    ----------
    cell : Layer
    tape : RaggedTape
        From `ragged_forward`.
    da : ndarray of shape (T, n_a, m)
        What stands after the end of a sequence is never read.
    d_state_T : CELLState, optional
        Gradient that reaches the state at the end of each sequence.

    Returns
    -------
    d_params : CELLParams
        Gradient for each weight, summed over steps and sequences.
    dx : ndarray of shape (T, n_x, m)
        Zero after the end of each sequence.
    d_state_0 : CELLState

    Raises
    ------
    ValueError
        If da has another shape; and what the cell refuses.

    Source: docs/stacking.md, equation 3.
    """
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
        d_params = d_params._make(map(np.add, d_params, d_span))
    # --8<-- [end:ragged-backward-body]
    return d_params, dx, d_state


# --8<-- [end:ragged-backward]


# --8<-- [start:turn]
def turn(x: np.ndarray, lengths: Sequence[int]) -> np.ndarray:
    """Turn each sequence around; what stands after its end stays there.

    Raises
    ------
    ValueError
        If x is not (T, n_x, m), or lengths are not m integers from 0 to T.

    Source: docs/stacking.md, equation 4.
    """
    lengths = check_lengths(lengths, x)
    # --8<-- [start:turn-body]
    t = np.arange(len(x))[:, None]
    turned = np.where(t < lengths, lengths - 1 - t, t)  # eq. 4
    x = np.take_along_axis(x, turned[:, None], axis=0)
    # --8<-- [end:turn-body]
    return x


# --8<-- [end:turn]


# --8<-- [start:bidirectional-forward]
def bidirectional_forward(
    cells: Sequence[Layer], x: np.ndarray, states_0: tuple, lengths=None
) -> tuple[np.ndarray, tuple, BidirectionalTape]:
    """Read the sequence from both ends with two cells.

    Parameters
    ----------
    cells : two of Layer
        The first one reads from the first step on, the second one from
        the last step back.
    x : ndarray of shape (T, n_x, m)
    states_0 : two of CELLState
        With which each cell starts, at its own end of the sequence.
    lengths : sequence of m int, optional
        See `ragged_forward`; without them all sequences have T steps.

    Returns
    -------
    a : ndarray of shape (T, n_a + n_a', m)
        At each step what the past says, then what the future says.
    states_T : tuple of two CELLState
        Where each cell ended.
    tape : BidirectionalTape
        What `bidirectional_backward` needs.

    Raises
    ------
    ValueError
        If there are not two cells and two states; and as `ragged_forward`.

    Source: Schuster and Paliwal (1997); docs/stacking.md, equations 4, 5.
    """
    check_layers(2, cells, "states_0", states_0)
    lengths = check_lengths(lengths, x)
    # --8<-- [start:bidirectional-forward-body]
    inputs = x, turn(x, lengths)
    both = map(ragged_forward, cells, inputs, states_0, (lengths, lengths))
    (a_past, a_future), states_T, tapes = zip(*both, strict=True)
    a = np.concatenate([a_past, turn(a_future, lengths)], axis=1)  # eq. 5
    # --8<-- [end:bidirectional-forward-body]
    return a, states_T, BidirectionalTape(tapes, lengths)


# --8<-- [end:bidirectional-forward]


# --8<-- [start:bidirectional-backward]
def bidirectional_backward(
    cells: Sequence[Layer], tape: tuple, da: np.ndarray, d_states_T=None
) -> tuple[tuple, np.ndarray, tuple]:
    """Send the gradient back through both readings, and add them up.

    Parameters
    ----------
    cells : two of Layer
    tape : BidirectionalTape
        From `bidirectional_forward`.
    da : ndarray of shape (T, n_a + n_a', m)
    d_states_T : two of CELLState, optional

    Returns
    -------
    d_params : tuple of two CELLParams
    dx : ndarray of shape (T, n_x, m)
    d_states_0 : tuple of two CELLState

    Raises
    ------
    ValueError
        If da has another shape or there are not two cells and two
        states; and what the cells refuse.

    Source: docs/stacking.md, equation 6.
    """
    d_states_T = (None, None) if d_states_T is None else d_states_T
    check_layers(2, cells, "d_states_T", d_states_T)
    (past, future), lengths = tape
    T, n, m = past.shape
    check("da", da, T, n + future.shape[1], m)
    # --8<-- [start:bidirectional-backward-body]
    da = da[:, :n], turn(da[:, n:], lengths)
    both = map(ragged_backward, cells, tape.cells, da, d_states_T)
    d_params, (dx_past, dx_future), d_states_0 = zip(*both, strict=True)
    dx = dx_past + turn(dx_future, lengths)  # eq. 6
    # --8<-- [end:bidirectional-backward-body]
    return d_params, dx, d_states_0


# --8<-- [end:bidirectional-backward]
