# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Encoder-decoder: one cell reads a sequence, another one writes the answer.

NumPy only. Explained in docs/encoder-decoder.md, proven in
tests/test_encoder_decoder.py.
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
class EncoderDecoderTape(NamedTuple):
    """What the backward pass needs: three tapes, and the encoder's end."""

    encoder: Any
    decoder: Any
    readout: Any
    shape: tuple[int, ...]  # of the encoder's hidden states
    end: tuple  # the encoder's last state


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


def check_layer(name: str, layer: Any) -> None:
    """Raise a ValueError unless this is a Layer."""
    if getattr(layer, "_fields", None) != Layer._fields:
        raise ValueError(
            f"expected {name} to be a Layer, got {type(layer).__name__}"
        )


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


# --8<-- [start:hand-over]
def hand_over(state: tuple, like: tuple) -> tuple:
    """Turn the state of one cell into a state of another cell.

    Parameters
    ----------
    state : CELLState, or a tuple of them
    like : CELLState, or a tuple of as many
        A state of the other cell. Its values do not matter.

    Returns
    -------
    state : the same type as `like`
        Fields that both states have are the same arrays; others are zero.

    Raises
    ------
    ValueError
        If the two have no field in common, or if a field is not a plain
        NumPy array.
    """
    mine, theirs = (getattr(s, "_fields", ()) for s in (state, like))
    are_tuples = isinstance(state, tuple | list) and isinstance(
        like, tuple | list
    )
    if are_tuples and not mine and not theirs and len(state) == len(like):
        return tuple(hand_over(s, other) for s, other in zip(state, like))
    if not set(mine) & set(theirs):
        raise ValueError(
            "expected two states with a field in common, "
            f"got {type(state).__name__} {mine} and "
            f"{type(like).__name__} {theirs}"
        )
    for name, s in [*zip(mine, state), *zip(theirs, like)]:
        check_plain(f"state.{name}", s)
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
    state_0: tuple | None = None,
    like: tuple | None = None,
    lengths: Sequence[int] | None = None,
) -> tuple[np.ndarray, EncoderDecoderTape]:
    """Read one sequence, then write another one, of its own length.

    Parameters
    ----------
    encoder, decoder : Layer
        Two cells with the same number of units. They may differ in type.
    readout : Layer
        Of the decoder.
    x : ndarray of shape (T_x, n_x, m)
        What the encoder reads.
    fed : ndarray of shape (T_y, n_x', m)
        What the decoder reads: a start symbol and then, in training, all
        targets except the last.
    state_0 : CELLState, optional
        The initial state of the encoder; None means zeros.
    like : CELLState, optional
        Any state of the decoder. It shows which fields the decoder has;
        None finds that out by running the decoder over no steps.
    lengths : sequence of m int, optional
        The length of each sequence in x, if they differ. They are passed
        on to the encoder, so it must take them: see docs/ragged.md.

    Returns
    -------
    z : ndarray of shape (T_y, n_y, m)
        Logits of the decoder.
    tape : EncoderDecoderTape
        What `encoder_decoder_backward` needs.

    Raises
    ------
    ValueError
        If the states have nothing in common, or if one of the three is
        not a Layer, or refuses what it gets.

    Source: Sutskever et al. (2014), Cho et al. (2014);
    docs/encoder-decoder.md, equation 1.
    """
    check_layer("encoder", encoder)
    check_layer("decoder", decoder)
    check_layer("readout", readout)
    check_plain("fed", fed)
    # Over no steps the decoder returns the state it starts with, complete.
    _, like, _ = decoder.forward(decoder.params, fed[:0], like)
    # --8<-- [start:encoder-decoder-body]
    a, state_T, encoder_tape = run_layer(encoder, x, state_0, lengths)
    start = hand_over(state_T, like)  # eq. 1
    a_decoder, _, decoder_tape = decoder.forward(decoder.params, fed, start)
    z, readout_tape = readout.forward(readout.params, a_decoder)
    # --8<-- [end:encoder-decoder-body]
    tape = EncoderDecoderTape(
        encoder_tape, decoder_tape, readout_tape, a.shape, state_T
    )
    return z, tape


def encoder_decoder_backward(
    encoder: Layer,
    decoder: Layer,
    readout: Layer,
    tape: EncoderDecoderTape,
    dz: np.ndarray,
) -> tuple[tuple, np.ndarray, np.ndarray, tuple]:
    """Send the gradient back through the decoder, then the encoder.

    Parameters
    ----------
    encoder, decoder, readout : Layer
    tape : EncoderDecoderTape
        From `encoder_decoder_forward`.
    dz : ndarray of shape (T_y, n_y, m)
        Gradient with respect to the logits.

    Returns
    -------
    d_params : tuple
        Gradients for the params of encoder, decoder and readout.
    dx : ndarray of shape (T_x, n_x, m)
    d_fed : ndarray of shape (T_y, n_x', m)
    d_state_0 : CELLState

    Raises
    ------
    ValueError
        If one of the three is not a Layer, or refuses what it gets.

    Source: docs/encoder-decoder.md, equation 2.
    """
    check_layer("encoder", encoder)
    check_layer("decoder", decoder)
    check_layer("readout", readout)
    # --8<-- [start:encoder-decoder-backward-body]
    d_readout, da_decoder = readout.backward(readout.params, tape.readout, dz)
    d_decoder, d_fed, d_start = decoder.backward(
        decoder.params, tape.decoder, da_decoder
    )
    d_state_T = hand_over(d_start, tape.end)  # eq. 2
    da = np.zeros(tape.shape, dz.dtype)  # the loss does not see these
    d_encoder, dx, d_state_0 = encoder.backward(
        encoder.params, tape.encoder, da, d_state_T
    )
    # --8<-- [end:encoder-decoder-backward-body]
    return (d_encoder, d_decoder, d_readout), dx, d_fed, d_state_0


# --8<-- [end:encoder-decoder]
