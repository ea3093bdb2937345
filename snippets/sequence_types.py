# SPDX-License-Identifier: MIT-0
"""Sequence types: from one or many inputs to one or many outputs.

NumPy only. Explained in docs/sequence-types.md, proven in
tests/test_sequence_types.py.
"""

# --8<-- [start:imports]
from collections.abc import Callable, Sequence
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
    """What backward needs: a tape for each layer."""

    cell: Any
    readout: Any


class ManyToOneTape(NamedTuple):
    """What backward needs."""

    cell: Any
    readout: Any
    shape: tuple[int, ...]  # of the activations
    last: np.ndarray  # (1, 1, m)


class EncoderDecoderTape(NamedTuple):
    """What backward needs."""

    encoder: Any
    decoder: ManyToManyTape
    shape: tuple[int, ...]  # of the encoder's activations
    end: tuple  # the encoder's last state


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


# --8<-- [end:check]


# --8<-- [start:many-to-many]
def many_to_many_forward(
    cell: Layer, readout: Layer, x: np.ndarray, state_0: tuple
) -> tuple[np.ndarray, tuple, ManyToManyTape]:
    """Predict at every step.

    Parameters
    ----------
    cell : Layer
        Any cell, or what keeps the contract of the cells.
    readout : Layer
    x : ndarray of shape (T, n_x, m)
    state_0 : CELLState

    Returns
    -------
    z : ndarray of shape (T, n_y, m)
        Logits of each step.
    state_T : CELLState
        To go on from, where the sequence goes on.
    tape : ManyToManyTape
        What `many_to_many_backward` needs.

    Raises
    ------
    ValueError
        What cell and readout refuse.

    Source: docs/sequence-types.md, equation 1.
    """
    # --8<-- [start:many-to-many-body]
    a, state_T, cell_tape = cell.forward(cell.params, x, state_0)
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
        Gradient for the logits.
    d_state_T : CELLState, optional
        Gradient that reaches the last state from elsewhere.

    Returns
    -------
    d_params : tuple
        Gradients for the params of cell and readout.
    dx : ndarray of shape (T, n_x, m)
    d_state_0 : CELLState

    Raises
    ------
    ValueError
        What cell and readout refuse.

    Source: docs/sequence-types.md, equation 2.
    """
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
    state_0: tuple,
    lengths: Sequence[int] | None = None,
) -> tuple[np.ndarray, ManyToOneTape]:
    """Read everything, then predict once.

    Parameters
    ----------
    cell, readout : Layer
    x : ndarray of shape (T, n_x, m)
        T at least 1.
    state_0 : CELLState
    lengths : sequence of m int, optional
        From 1 to T: where each sequence ends, if not all at T.

    Returns
    -------
    z : ndarray of shape (1, n_y, m)
        Logits, made of each sequence's last activation.
    tape : ManyToOneTape
        What `many_to_one_backward` needs.

    Raises
    ------
    ValueError
        If a sequence has no step or more than T; and what cell and
        readout refuse.

    Source: docs/sequence-types.md, equation 3.
    """
    a, _, cell_tape = cell.forward(cell.params, x, state_0)
    T, m = len(a), a.shape[-1]
    ends = np.array([T] * m if lengths is None else lengths)
    if ends.shape != (m,) or not np.isin(ends, range(1, T + 1)).all():
        raise ValueError(
            f"expected lengths: {m} integers from 1 to {T}, got {ends}"
        )
    ends = ends.astype(int)
    # --8<-- [start:many-to-one-body]
    last = ends.reshape(1, 1, m) - 1  # (1, 1, m)
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
        As `many_to_many_backward`.

    Raises
    ------
    ValueError
        What cell and readout refuse.

    Source: docs/sequence-types.md, equation 4.
    """
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
    state_0: tuple,
) -> tuple[np.ndarray, tuple, ManyToManyTape]:
    """Take one input, then go on from what was predicted before.

    Parameters
    ----------
    cell, readout : Layer
    x_1 : ndarray of shape (n_x, m)
        The one input.
    fed : ndarray of shape (T - 1, n_x, m)
        What later steps read: in training the targets before them.
    state_0 : CELLState

    Returns
    -------
    z, state_T, tape
        As `many_to_many_forward`.

    Raises
    ------
    ValueError
        If the two inputs do not fit; and what cell and readout refuse.

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

    Parameters, errors and d_params as `many_to_many_backward`.

    Returns
    -------
    d_params : tuple
    dx_1 : ndarray of shape (n_x, m)
    d_fed : ndarray of shape (T - 1, n_x, m)
    d_state_0 : CELLState
    """
    d_params, dx, d_state_0 = many_to_many_backward(
        cell, readout, tape, dz, d_state_T
    )
    return d_params, dx[0], dx[1:], d_state_0


# --8<-- [end:one-to-many]


# --8<-- [start:hand-over]
def hand_over(state: tuple, like: tuple) -> tuple:
    """Make the state of another cell out of a state.

    Parameters
    ----------
    state : CELLState, or tuple of them
    like : CELLState, or tuple of as many
        Of the other cell; its values do not matter.

    Returns
    -------
    state : as `like`
        Fields that both have are the same arrays; others are zero.

    Raises
    ------
    ValueError
        If the two have no field in common.
    """
    mine, theirs = (getattr(s, "_fields", ()) for s in (state, like))
    if not mine and not theirs and len(state) == len(like):
        return tuple(map(hand_over, state, like))
    if not set(mine) & set(theirs):
        raise ValueError(
            "expected two states with a field in common, "
            f"got {type(state).__name__} {mine} and "
            f"{type(like).__name__} {theirs}"
        )
    # --8<-- [start:hand-over-body]
    handed = like._make(
        getattr(state, name, np.zeros_like(s))
        for name, s in like._asdict().items()
    )
    # --8<-- [end:hand-over-body]
    return handed


# --8<-- [end:hand-over]


# --8<-- [start:encoder-decoder]
def encoder_decoder_forward(
    encoder: Layer,
    decoder: Layer,
    readout: Layer,
    x: np.ndarray,
    fed: np.ndarray,
    state_0: tuple,
    like: tuple,
) -> tuple[np.ndarray, EncoderDecoderTape]:
    """Read one sequence, then write another, of its own length.

    Parameters
    ----------
    encoder, decoder : Layer
        Two cells, alike or not, with as many units.
    readout : Layer
        Of the decoder.
    x : ndarray of shape (T_x, n_x, m)
        What the encoder reads.
    fed : ndarray of shape (T_y, n_y, m)
        What the decoder reads: a start symbol, then in training the
        targets but the last.
    state_0 : CELLState
        Of the encoder.
    like : CELLState
        Of the decoder; its values do not matter.

    Returns
    -------
    z : ndarray of shape (T_y, n_y, m)
        Logits of the decoder.
    tape : EncoderDecoderTape
        What `encoder_decoder_backward` needs.

    Raises
    ------
    ValueError
        If the states have nothing in common; and what the layers refuse.

    Source: Sutskever et al. (2014), Cho et al. (2014);
    docs/sequence-types.md, equation 6.
    """
    # --8<-- [start:encoder-decoder-body]
    a, state_T, encoder_tape = encoder.forward(encoder.params, x, state_0)
    start = hand_over(state_T, like)  # eq. 6
    z, _, decoder_tape = many_to_many_forward(decoder, readout, fed, start)
    # --8<-- [end:encoder-decoder-body]
    tape = EncoderDecoderTape(encoder_tape, decoder_tape, a.shape, state_T)
    return z, tape


def encoder_decoder_backward(
    encoder: Layer,
    decoder: Layer,
    readout: Layer,
    tape: EncoderDecoderTape,
    dz: np.ndarray,
) -> tuple[tuple, np.ndarray, np.ndarray, tuple]:
    """Send the gradient back through decoder and encoder.

    Parameters
    ----------
    encoder, decoder, readout : Layer
    tape : EncoderDecoderTape
        From `encoder_decoder_forward`.
    dz : ndarray of shape (T_y, n_y, m)

    Returns
    -------
    d_params : tuple
        Gradients for the params of encoder, decoder and readout.
    dx : ndarray of shape (T_x, n_x, m)
    d_fed : ndarray of shape (T_y, n_y, m)
    d_state_0 : CELLState

    Raises
    ------
    ValueError
        What the layers refuse.

    Source: docs/sequence-types.md, equation 7.
    """
    # --8<-- [start:encoder-decoder-backward-body]
    (d_decoder, d_readout), d_fed, d_start = many_to_many_backward(
        decoder, readout, tape.decoder, dz
    )
    d_state_T = hand_over(d_start, tape.end)  # eq. 7
    da = np.zeros(tape.shape, dz.dtype)  # no prediction sees these
    d_encoder, dx, d_state_0 = encoder.backward(
        encoder.params, tape.encoder, da, d_state_T
    )
    # --8<-- [end:encoder-decoder-backward-body]
    return (d_encoder, d_decoder, d_readout), dx, d_fed, d_state_0


# --8<-- [end:encoder-decoder]
