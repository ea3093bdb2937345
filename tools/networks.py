"""The cells that experiments compare, and the three ways in which they draw first weights.

An experiment lists the cells that it needs in a table of its own:

    CELLS = {"LSTM": LSTM, "GRU": GRU}

and draws a network of one cell and a readout, ready for `train`:

    cell, readout = draw_layers(CELLS[name], rng, n_x, n_a, n_y, scheme="Keras")
    params = flatten((cell, readout))

Cells that Keras and PyTorch do not have are drawn as their own `init` does it (`draw_own`).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from snippets.delta import delta_backward, delta_forward, init_delta
from snippets.gru import gru_backward, gru_forward, init_gru
from snippets.initialisation import book_weights, keras_weights, torch_weights
from snippets.lstm import init_lstm, lstm_backward, lstm_forward
from snippets.mingru import init_mingru, mingru_backward, mingru_forward
from snippets.readout import ReadoutParams, init_readout, readout_backward, readout_forward
from snippets.rnn import init_rnn, rnn_backward, rnn_forward
from snippets.sequence_types import Layer
from snippets.slstm import init_slstm, slstm_backward, slstm_forward
from snippets.ssm import init_ssm, ssm_backward, ssm_forward

SCHEMES = ("this book", "Keras", "PyTorch")


# The functions of a cell that keeps this book's contract. Plain tuples: what a call makes when this
# file is imported would count for every part of every experiment that imports it.
Cell = tuple[Callable, Callable, Callable]  # init, forward, backward
RNN = init_rnn, rnn_forward, rnn_backward
LSTM = init_lstm, lstm_forward, lstm_backward
GRU = init_gru, gru_forward, gru_backward
MINGRU = init_mingru, mingru_forward, mingru_backward
SLSTM = init_slstm, slstm_forward, slstm_backward
SSM = init_ssm, ssm_forward, ssm_backward
DELTA = init_delta, delta_forward, delta_backward


def draw_layers(
    cell: Cell,
    rng: np.random.Generator,
    n_x: int,
    n_a: int,
    n_y: int,
    *,
    scheme: str = "this book",
    input_scale: float | None = 1.0,
    dtype: Any = np.float32,
) -> tuple[Layer, Layer]:
    """Draw a cell and the readout above it, by the rule of this book, of Keras or of PyTorch.

    Parameters
    ----------
    cell : Cell
        Such as LSTM.
    rng : numpy.random.Generator
    n_x, n_a, n_y : int
        The sizes of the input, of the hidden state and of the readout.
    scheme : "this book", "Keras" or "PyTorch"
        Biases included: the forget gate starts with 1 in this book and in Keras.
    input_scale : float, optional
        The standard deviation of the input weights by the rule of this book: 1, the default, for
        one-hot inputs, None for dense ones. Keras and PyTorch do not ask what the inputs are.
    dtype
        The type of all weights.
    """
    init, forward, backward = cell
    empty = init(rng, n_x, n_a, dtype=dtype)  # for the shapes; its weights are replaced
    layer = Layer(cell_weights(rng, empty, scheme, input_scale), forward, backward)
    readout = readout_weights(rng, n_a, n_y, scheme, dtype)
    return layer, Layer(readout, readout_forward, readout_backward)


def draw_own(
    cell: Cell,
    rng: np.random.Generator,
    n_x: int,
    n_a: int,
    n_y: int,
    *,
    input_scale: float | None = 1.0,
    dtype: Any = np.float32,
    **sizes: int,
) -> tuple[Layer, Layer]:
    """Draw any cell by its own rule, and a readout by the rule of this book.

    Parameters
    ----------
    cell : Cell
        Such as MINGRU.
    rng : numpy.random.Generator
    n_x, n_a, n_y : int
        The sizes of the input, of the hidden state and of the readout.
    input_scale : float, optional
        As in `draw_layers`.
    dtype
        The type of all weights.
    **sizes : int
        Other sizes that the cell has, such as n_k.
    """
    init, forward, backward = cell
    params = init(rng, n_x, n_a, input_scale=input_scale, dtype=dtype, **sizes)
    readout = init_readout(rng, n_a, n_y, dtype=dtype)
    return Layer(params, forward, backward), Layer(readout, readout_forward, readout_backward)


def cell_weights(
    rng: np.random.Generator, params: Any, scheme: str, input_scale: float | None = 1.0
) -> Any:
    """Draw weights of the shapes and types of `params`."""
    if scheme == "this book":
        return book_weights(rng, params, input_scale=input_scale)
    return {"Keras": keras_weights, "PyTorch": torch_weights}[scheme](rng, params)


def readout_weights(
    rng: np.random.Generator, n_a: int, n_y: int, scheme: str, dtype: Any
) -> ReadoutParams:
    """Draw a readout: Keras's `Dense` and PyTorch's `Linear` have rules of their own."""
    if scheme == "this book":
        return init_readout(rng, n_a, n_y, dtype=dtype)
    limit = {"Keras": np.sqrt(6 / (n_a + n_y)), "PyTorch": n_a**-0.5}[scheme]
    weights = rng.uniform(-limit, limit, size=(n_y, n_a))
    bias = rng.uniform(-limit, limit, size=(n_y, 1)) if scheme == "PyTorch" else np.zeros((n_y, 1))
    return ReadoutParams(weights.astype(dtype), bias.astype(dtype))
