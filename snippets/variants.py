# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Variants: carry weights between these cells, PyTorch and Keras.

NumPy only. Explained in docs/variants.md, proven in tests/test_variants.py.
"""

# --8<-- [start:imports]
import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:orders]
# How each library stacks its gates, in our letters: f forget, u update,
# c candidate, o output, r reset; a for the one sum of the plain cell.
TORCH = {"rnn": "a", "lstm": "ufco", "gru_reset_after": "ruc"}
KERAS = {"rnn": "a", "lstm": "ufco", "gru": "urc", "gru_reset_after": "urc"}
OURS = {
    "rnn": "W_ax W_aa b_a",
    "lstm": "W_f b_f W_u b_u W_c b_c W_o b_o",
    "gru": "W_u U_u b_u W_r U_r b_r W_c U_c b_c",
    "gru_reset_after": "W_u U_u b_u W_r U_r b_r W_c U_c b_c b_rc",
}
# --8<-- [end:orders]


# --8<-- [start:check]
def read_weights(name: str, array, *shape: int | str) -> np.ndarray:
    """Return an array, or a tensor on the CPU, as a plain array.

    A size that is given as a letter may have any value. A ValueError says
    what was expected and what came if the shape is another, if the numbers
    are not floats, or if it is a masked array or a matrix, to which `*` and
    `sum` mean something else.
    """
    weights = np.asarray(array)
    is_plain = type(array) in (np.ndarray, np.memmap)
    is_tensor = not isinstance(array, np.ndarray)
    fits = len(weights.shape) == len(shape) and all(
        isinstance(expected, str) or size == expected
        for size, expected in zip(weights.shape, shape)
    )
    if not (is_plain or is_tensor) or not fits or weights.dtype.kind != "f":
        raise ValueError(
            f"expected {name} ({', '.join(map(str, shape))}) of floats, "
            f"got {type(array).__name__} {weights.shape} of {weights.dtype}"
        )
    return weights


def check_library(library: str, cells: Iterable[str], cell: str) -> None:
    """Raise a ValueError unless the library has this cell."""
    if cell not in cells:
        raise ValueError(
            f"expected a cell of {library} ({', '.join(cells)}), got {cell!r}"
        )


def list_keys(given: Mapping) -> str:
    """Return the keys that came, or the type of what is no mapping."""
    keys = given if isinstance(given, Mapping) else [type(given).__name__]
    return ", ".join(map(str, keys)) or "none"


def read_ours(cell: str, params: Mapping) -> dict[str, np.ndarray]:
    """Return the weights of a cell; a ValueError says what does not fit."""
    names = OURS[cell].split()
    if not isinstance(params, Mapping) or set(params) != set(names):
        raise ValueError(
            f"expected the weights of {cell}: {', '.join(names)}, "
            f"got {list_keys(params)}; pass params._asdict()"
        )
    W, b = ("W_ax", "b_a") if cell == "rnn" else ("W_c", "b_c")
    n_a = len(read_weights(b, params[b], "n_a", 1))
    columns = "n_a + n_x" if cell == "lstm" else "n_x"
    width = read_weights(W, params[W], n_a, columns).shape[1]
    width = max(width, n_a + 1 if cell == "lstm" else 1)
    widths = {"W": width, "U": n_a, "b": 1, "W_aa": n_a}
    return {
        name: read_weights(name, w, n_a, widths.get(name, widths[name[0]]))
        for name, w in params.items()
    }


# --8<-- [end:check]


# --8<-- [start:stack]
def name_gate(cell: str, gate: str) -> list[str]:
    """Return our names of what a gate takes from input, past, and bias."""
    if cell == "rnn":
        return ["W_ax", "W_aa", "b_a"]
    return [f"W_{gate}", f"U_{gate}", f"b_{gate}"]


def unstack(cell: str, order: str, W, U, biases) -> dict[str, np.ndarray]:
    """Cut stacked gates apart, and give each our name and sign.

    W is (G n_a, n_x), U (G n_a, n_a) and biases (1, G n_a) or (2, G n_a),
    for G gates. Two biases that are only added become their sum.
    """
    n_a, params, b = U.shape[1], {}, biases.sum(axis=0)[:, None]
    if cell == "gru_reset_after":  # its candidate is last in each library
        b[-n_a:, 0] = biases[0, -n_a:]
        params["b_rc"] = biases[1, -n_a:, None]
    blocks = (np.split(rows, len(order)) for rows in (W, U, b))
    for gate, *arrays in zip(order, *blocks):
        sign = -1 if gate == "u" and cell != "lstm" else 1  # z is 1 - ours
        if cell == "lstm":
            arrays[0] = np.hstack([arrays[1], arrays[0]])
        params |= zip(name_gate(cell, gate), (sign * w for w in arrays))
    return {name: params[name].copy() for name in OURS[cell].split()}


def stack(cell: str, order: str, params: Mapping) -> tuple:
    """Stack the gates: the inverse of `unstack`, always with two biases."""
    params, gates = read_ours(cell, params), []
    for gate in order:
        sign = -1 if gate == "u" and cell != "lstm" else 1  # z is 1 - ours
        if cell == "lstm":
            W_g = params[f"W_{gate}"]
            params[f"U_{gate}"] = W_g[:, : len(W_g)]
            params[f"W_{gate}"] = W_g[:, len(W_g) :]
        gates.append([sign * params[name] for name in name_gate(cell, gate)])
    W, U, b = (np.concatenate(blocks) for blocks in zip(*gates))
    b_2 = np.zeros_like(b)
    if cell == "gru_reset_after":  # its candidate is last in each library
        b_2[-U.shape[1] :] = params["b_rc"]
    return W, U, np.hstack([b, b_2]).T.copy()


# --8<-- [end:stack]


# --8<-- [start:keys]
def name_keys(layer: str | None, prefix: str) -> list[str]:
    """Return the keys of one layer in a state_dict of PyTorch."""
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return [f"{prefix}{n}_{layer}" if layer else prefix + n for n in names]


def find_arrays(keys: Sequence[str], state_dict: Mapping) -> list:
    """Return the arrays of these keys: all four, or without biases two."""
    given = state_dict if isinstance(state_dict, Mapping) else {}
    own = [key for key in keys if key in given]
    projection = keys[1].replace("weight_hh", "weight_hr")
    if own not in (keys, keys[:2]) or projection in given:
        pattern = r"(.*?)weight_ih(?:_(l\d+(?:_reverse)?))?"
        others = (re.fullmatch(pattern, str(key)) for key in given)
        calls = [f"prefix={m[1]!r}, layer={m[2]!r}" for m in others if m]
        advice = " or ".join(calls) or "what module.state_dict() returns"
        if keys[0] in given:
            advice = "all of a module that has no proj_size"
        raise ValueError(
            f"expected the keys {', '.join(keys)}, "
            f"got {list_keys(state_dict)}; pass {advice}"
        )
    return [given[key] for key in own]


# --8<-- [end:keys]


# --8<-- [start:torch]
def from_torch(
    cell: str, state_dict: Mapping, layer: str | None = "l0", prefix: str = ""
) -> dict[str, np.ndarray]:
    """Take the weights of one layer, or cell, out of PyTorch's state_dict.

    Parameters
    ----------
    cell : str
        "rnn", "lstm" or "gru_reset_after".
    state_dict : mapping of str to array or CPU tensor
        What `state_dict()` of nn.RNN (with tanh), nn.LSTM, nn.GRU, of
        their cells such as nn.LSTMCell, or of a whole model returns. Where
        a module has no biases (bias=False), ours are zeros.
    layer : str or None, optional
        The end of PyTorch's keys: "l0", "l1", "l0_reverse"; None for a
        cell, whose keys are without it.
    prefix : str, optional
        The beginning of the keys, such as "rnn." or "encoder.rnn.".

    Returns
    -------
    params : dict of str to ndarray
        For `LSTMParams(**params)` and its like. The arrays are copies.

    Raises
    ------
    ValueError
        If PyTorch has no such cell, or a key or a shape does not fit. The
        message lists the keys that came and the calls that fit them.

    Source: the documentation of torch.nn; docs/variants.md.
    """
    check_library("PyTorch", TORCH, cell)
    keys = name_keys(layer, prefix)
    W, U, *biases = find_arrays(keys, state_dict)
    n_a = read_weights(keys[1], U, "G * n_a", "n_a").shape[1]
    rows = len(TORCH[cell]) * n_a
    U = read_weights(keys[1], U, rows, n_a)
    W = read_weights(keys[0], W, rows, "n_x")
    biases = biases or np.zeros((2, rows), W.dtype)
    biases = [read_weights(*pair, rows) for pair in zip(keys[2:], biases)]
    return unstack(cell, TORCH[cell], W, U, np.stack(biases))


def to_torch(
    cell: str, params: Mapping, layer: str | None = "l0", prefix: str = ""
) -> dict[str, np.ndarray]:
    """Lay weights out as PyTorch does: the inverse of `from_torch`.

    PyTorch adds two biases where we have one. Ours becomes the first, and
    the second is 0.

    Parameters
    ----------
    cell : str
        "rnn", "lstm" or "gru_reset_after".
    params : mapping of str to ndarray
        As `params._asdict()` gives it.
    layer : str or None, optional
        The end of PyTorch's keys: "l0", "l1", "l0_reverse"; None for a
        cell, whose keys are without it.
    prefix : str, optional
        The beginning of the keys, such as "rnn." or "encoder.rnn.".

    Returns
    -------
    state_dict : dict of str to ndarray
        Make each a tensor with `torch.from_numpy`, and load it.

    Raises
    ------
    ValueError
        If PyTorch has no such cell, or a name or a shape does not fit.

    Source: the documentation of torch.nn; docs/variants.md.
    """
    check_library("PyTorch", TORCH, cell)
    W, U, biases = stack(cell, TORCH[cell], params)
    return dict(zip(name_keys(layer, prefix), (W, U, *biases)))


# --8<-- [end:torch]


# --8<-- [start:keras]
def from_keras(cell: str, weights: Sequence) -> dict[str, np.ndarray]:
    """Take the weights of one Keras layer.

    Parameters
    ----------
    cell : str
        "rnn", "lstm", "gru" or "gru_reset_after".
    weights : sequence of two or three ndarrays
        What `get_weights()` of SimpleRNN, LSTM or GRU returns: kernel,
        recurrent kernel and bias. Without a bias (use_bias=False), ours
        are zeros. A GRU with reset_after=False is "gru", one with
        reset_after=True is "gru_reset_after".

    Returns
    -------
    params : dict of str to ndarray
        For `LSTMParams(**params)` and its like. The arrays are copies.

    Raises
    ------
    ValueError
        If Keras has no such cell, or a number or a shape does not fit.

    Source: the code of keras.layers; docs/variants.md.
    """
    check_library("Keras", KERAS, cell)
    came = len(weights) if isinstance(weights, Sequence) else type(weights)
    if came not in (2, 3):
        raise ValueError(
            "expected get_weights() of one layer: three arrays, or two "
            f"without a bias (of Bidirectional pass half), got {came}"
        )
    W, U, *bias = weights
    n_a = len(read_weights("recurrent_kernel", U, "n_a", "G * n_a"))
    columns = len(KERAS[cell]) * n_a
    U = read_weights("recurrent_kernel", U, n_a, columns)
    W = read_weights("kernel", W, "n_x", columns)
    shape = (2, columns) if cell == "gru_reset_after" else (columns,)
    bias = bias[0] if bias else np.zeros(shape, W.dtype)
    bias = read_weights("bias", bias, *shape)
    return unstack(cell, KERAS[cell], W.T, U.T, bias.reshape(-1, columns))


def to_keras(cell: str, params: Mapping) -> list[np.ndarray]:
    """Lay weights out as Keras does: the inverse of `from_keras`.

    Parameters
    ----------
    cell : str
        "rnn", "lstm", "gru" or "gru_reset_after".
    params : mapping of str to ndarray
        As `params._asdict()` gives it.

    Returns
    -------
    weights : list of three ndarrays
        For `layer.set_weights(weights)`.

    Raises
    ------
    ValueError
        If Keras has no such cell, or a name or a shape does not fit.

    Source: the code of keras.layers; docs/variants.md.
    """
    check_library("Keras", KERAS, cell)
    W, U, biases = stack(cell, KERAS[cell], params)
    bias = biases if cell == "gru_reset_after" else biases[0]
    return [W.T.copy(), U.T.copy(), bias]


# --8<-- [end:keras]
