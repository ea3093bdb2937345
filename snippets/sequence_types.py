# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Sequence types: from one or many inputs to one or many outputs.

NumPy only. Explained in docs/sequence-types.md, proven in
tests/test_sequence_types.py.
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
class ManyToManyTape(NamedTuple):
    """What the backward pass needs: a tape for each layer."""

    cell: Any
    readout: Any


class ManyToOneTape(NamedTuple):
    """What the backward pass needs: two tapes, and which step was read."""

    cell: Any
    readout: Any
    shape: tuple[int, ...]  # of the hidden states
    last: np.ndarray  # (1, 1, m)


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


# --8<-- [start:many-to-many]
def many_to_many_forward(
    cell: Layer,
    readout: Layer,
    x: np.ndarray,
    state_0: tuple | None = None,
    lengths: Sequence[int] | None = None,
) -> tuple[np.ndarray, tuple, ManyToManyTape]:
    """Predict at every step.

    Parameters
    ----------
    cell : Layer
        Any cell, or a layer that is called in the same way.
    readout : Layer
    x : ndarray of shape (T, n_x, m)
    state_0 : CELLState, optional
        The initial state of the cell; None means zeros.
    lengths : sequence of m int, optional
        The length of each sequence, if they differ. They are passed on to
        the cell, so it must take them: see docs/ragged.md.

    Returns
    -------
    z : ndarray of shape (T, n_y, m)
        Logits of each step.
    state_T : CELLState
        The last state, from which the sequence can go on.
    tape : ManyToManyTape
        What `many_to_many_backward` needs.

    Raises
    ------
    ValueError
        If cell or readout is not a Layer, or refuses what it gets.

    Source: docs/sequence-types.md, equation 1.
    """
    check_layer("cell", cell)
    check_layer("readout", readout)
    # --8<-- [start:many-to-many-body]
    a, state_T, cell_tape = run_layer(cell, x, state_0, lengths)
    z, readout_tape = readout.forward(readout.params, a)  # eq. 1
    # --8<-- [end:many-to-many-body]
    return z, state_T, ManyToManyTape(cell_tape, readout_tape)


def many_to_many_backward(
    cell: Layer, readout: Layer, tape: tuple, dz: np.ndarray, d_state_T=None
) -> tuple[tuple, np.ndarray, tuple]:
    """Send the gradient of every step's prediction back.

    Parameters
    ----------
    cell, readout : Layer
    tape : ManyToManyTape
        From `many_to_many_forward`.
    dz : ndarray of shape (T, n_y, m)
        Gradient with respect to the logits.
    d_state_T : CELLState, optional
        Gradient that reaches the last state from elsewhere; None means
        zeros.

    Returns
    -------
    d_params : tuple
        Gradients for the params of cell and readout.
    dx : ndarray of shape (T, n_x, m)
    d_state_0 : CELLState

    Raises
    ------
    ValueError
        If cell or readout is not a Layer, or refuses what it gets.

    Source: docs/sequence-types.md, equation 2.
    """
    check_layer("cell", cell)
    check_layer("readout", readout)
    # --8<-- [start:many-to-many-backward-body]
    d_readout, da = readout.backward(
        readout.params, tape.readout, dz
    )  # eq. 2
    d_cell, dx, d_state_0 = cell.backward(
        cell.params, tape.cell, da, d_state_T
    )
    # --8<-- [end:many-to-many-backward-body]
    return (d_cell, d_readout), dx, d_state_0


# --8<-- [end:many-to-many]


# --8<-- [start:many-to-one]
def many_to_one_forward(
    cell: Layer,
    readout: Layer,
    x: np.ndarray,
    state_0: tuple | None = None,
    lengths: Sequence[int] | None = None,
) -> tuple[np.ndarray, ManyToOneTape]:
    """Read everything, then predict once.

    Parameters
    ----------
    cell, readout : Layer
    x : ndarray of shape (T, n_x, m)
        T is at least 1.
    state_0 : CELLState, optional
        The initial state of the cell; None means zeros.
    lengths : sequence of m int, optional
        The length of each sequence, from 1 to T. None means T for all.
        A layer that takes lengths gets them, too. Any other cell reads
        on into the padding, which does not change the prediction as long
        as the padding is finite.

    Returns
    -------
    z : ndarray of shape (1, n_y, m)
        Logits, computed from the last hidden state of each sequence.
    tape : ManyToOneTape
        What `many_to_one_backward` needs.

    Raises
    ------
    ValueError
        If lengths are not m integers from 1 to T, or if cell or readout
        is not a Layer, or refuses what it gets.

    Source: docs/sequence-types.md, equation 3.
    """
    check_layer("cell", cell)
    check_layer("readout", readout)
    takes_lengths = "lengths" in signature(cell.forward).parameters
    passed_on = lengths if takes_lengths else None
    a, _, cell_tape = run_layer(cell, x, state_0, passed_on)
    ends = check_lengths(lengths, a, least=1)
    # --8<-- [start:many-to-one-body]
    last = ends.reshape(1, 1, -1) - 1  # (1, 1, m)
    a_last = np.take_along_axis(a, last, axis=0)  # (1, n_a, m)
    z, readout_tape = readout.forward(readout.params, a_last)  # eq. 3
    # --8<-- [end:many-to-one-body]
    return z, ManyToOneTape(cell_tape, readout_tape, a.shape, last)


def many_to_one_backward(
    cell: Layer, readout: Layer, tape: ManyToOneTape, dz: np.ndarray
) -> tuple[tuple, np.ndarray, tuple]:
    """Send the gradient of the one prediction back.

    Parameters
    ----------
    cell, readout : Layer
    tape : ManyToOneTape
        From `many_to_one_forward`.
    dz : ndarray of shape (1, n_y, m)

    Returns
    -------
    d_params, dx, d_state_0
        As `many_to_many_backward` returns them.

    Raises
    ------
    ValueError
        If cell or readout is not a Layer, or refuses what it gets.

    Source: docs/sequence-types.md, equation 4.
    """
    check_layer("cell", cell)
    check_layer("readout", readout)
    d_readout, da_last = readout.backward(readout.params, tape.readout, dz)
    # --8<-- [start:many-to-one-backward-body]
    da = np.zeros(tape.shape, da_last.dtype)  # (T, n_a, m)
    np.put_along_axis(da, tape.last, da_last, axis=0)  # eq. 4
    d_cell, dx, d_state_0 = cell.backward(cell.params, tape.cell, da)
    # --8<-- [end:many-to-one-backward-body]
    return (d_cell, d_readout), dx, d_state_0


# --8<-- [end:many-to-one]


# --8<-- [start:one-to-many]
def one_to_many_forward(
    cell: Layer,
    readout: Layer,
    x_1: np.ndarray,
    fed: np.ndarray,
    state_0: tuple | None = None,
) -> tuple[np.ndarray, tuple, ManyToManyTape]:
    """Read one input, then go on from what was predicted before.

    Parameters
    ----------
    cell, readout : Layer
    x_1 : ndarray of shape (n_x, m)
        The one input.
    fed : ndarray of shape (T - 1, n_x, m)
        What the later steps read: in training, the targets of the steps
        before them.
    state_0 : CELLState, optional
        The initial state of the cell; None means zeros.

    Returns
    -------
    z, state_T, tape
        As `many_to_many_forward` returns them.

    Raises
    ------
    ValueError
        If the two inputs do not fit each other, or if cell or readout is
        not a Layer, or refuses what it gets.

    Source: docs/sequence-types.md, equation 5.
    """
    check("x_1", x_1, "n_x", "m")
    check("fed", fed, "T - 1", *x_1.shape)
    # --8<-- [start:one-to-many-body]
    x = np.concatenate([x_1[None], fed])  # (T, n_x, m), eq. 5
    z, state_T, tape = many_to_many_forward(cell, readout, x, state_0)
    # --8<-- [end:one-to-many-body]
    return z, state_T, tape


def one_to_many_backward(
    cell: Layer, readout: Layer, tape: tuple, dz: np.ndarray, d_state_T=None
) -> tuple[tuple, np.ndarray, np.ndarray, tuple]:
    """Send the gradient of all predictions back to the one input.

    Parameters, errors and d_params are those of `many_to_many_backward`.

    Returns
    -------
    d_params : tuple
    dx_1 : ndarray of shape (n_x, m)
    d_fed : ndarray of shape (T - 1, n_x, m)
    d_state_0 : CELLState

    Raises
    ------
    ValueError
        As `many_to_many_backward`.
    """
    d_params, dx, d_state_0 = many_to_many_backward(
        cell, readout, tape, dz, d_state_T
    )
    return d_params, dx[0], dx[1:], d_state_0


# --8<-- [end:one-to-many]
