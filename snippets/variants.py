# SPDX-License-Identifier: MIT-0
"""Variants: carry weights between these cells, PyTorch and Keras.

NumPy only. Explained in docs/variants.md, proven in tests/test_variants.py.
"""

# --8<-- [start:imports]
from collections.abc import Collection, Mapping, Sequence

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
TORCH_NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
# --8<-- [end:orders]


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


def check_names(what: str, names: Collection, expected: Collection) -> None:
    """Refuse names other than these, in whatever order."""
    if set(names) != set(expected):
        raise ValueError(
            f"expected {what} {', '.join(expected)}, "
            f"got {', '.join(map(str, names)) or 'none'}"
        )


def check_library(library: str, orders: Mapping, cell: str) -> None:
    """Refuse a cell that the library has not."""
    if cell not in orders:
        raise ValueError(
            f"expected a cell of {library} ({', '.join(orders)}), "
            f"got {cell!r}"
        )


def check_ours(cell: str, params: Mapping) -> None:
    """Refuse weights that do not make up this cell."""
    if not isinstance(params, Mapping):
        raise ValueError(
            "expected weights by name, as params._asdict() gives them, "
            f"got {type(params).__name__}"
        )
    check_names(f"the weights of {cell}:", params, OURS[cell].split())
    W, b = ("W_ax", "b_a") if cell == "rnn" else ("W_c", "b_c")
    check(b, params[b], "n_a", 1)
    n_a = len(params[b])
    check(W, params[W], n_a, "n_a + n_x" if cell == "lstm" else "n_x")
    width = max(params[W].shape[1], n_a + 1 if cell == "lstm" else 1)
    columns = {"W": width, "U": n_a, "b": 1, "W_aa": n_a}
    for name, w in params.items():
        check(name, w, n_a, columns.get(name, columns[name[0]]))


# --8<-- [end:check]


# --8<-- [start:gate]
def name_gate(cell: str, gate: str, W, U, b) -> dict[str, np.ndarray]:
    """Give the weights of one gate our names, and turn z into 1 - z."""
    if cell == "rnn":
        return {"W_ax": W, "W_aa": U, "b_a": b}
    if cell == "lstm":
        return {f"W_{gate}": np.hstack([U, W]), f"b_{gate}": b}
    sign = -1 if gate == "u" else 1
    return {
        f"W_{gate}": sign * W,
        f"U_{gate}": sign * U,
        f"b_{gate}": sign * b,
    }


def find_gate(cell: str, gate: str, params: Mapping) -> tuple:
    """Find W, U and b of one gate: the way back."""
    if cell == "rnn":
        return params["W_ax"], params["W_aa"], params["b_a"]
    W, b = params[f"W_{gate}"], params[f"b_{gate}"]
    if cell == "lstm":
        return W[:, len(b) :], W[:, : len(b)], b
    sign = -1 if gate == "u" else 1
    return sign * W, sign * params[f"U_{gate}"], sign * b


# --8<-- [end:gate]


# --8<-- [start:stack]
def unstack(cell: str, order: str, W, U, biases) -> dict[str, np.ndarray]:
    """Cut stacked gates apart, and add up two biases where they only add up.

    W (G n_a, n_x), U (G n_a, n_a), biases (1, G n_a) or (2, G n_a).
    """
    n_a, params = U.shape[1], {}
    for i, gate in enumerate(order):
        rows = slice(i * n_a, (i + 1) * n_a)
        b = biases[:, rows, None]
        if cell == "gru_reset_after" and gate == "c":
            params["b_rc"] = b[1]  # inside the reset product, so not added
            b = b[:1]
        params |= name_gate(cell, gate, W[rows], U[rows], b.sum(axis=0))
    return {name: np.array(params[name]) for name in OURS[cell].split()}


def stack(cell: str, order: str, params: Mapping) -> tuple:
    """Stack the gates: the way back, always with two biases."""
    check_ours(cell, params)
    gates = [find_gate(cell, gate, params) for gate in order]
    W, U, b = (np.concatenate(parts) for parts in zip(*gates))
    second = np.zeros_like(b)
    if cell == "gru_reset_after":  # c is the last gate in either order
        second[-U.shape[1] :] = params["b_rc"]
    return W, U, np.hstack([b, second]).T.copy()


# --8<-- [end:stack]


# --8<-- [start:torch]
def from_torch(
    cell: str, state_dict: Mapping, layer: str = "l0"
) -> dict[str, np.ndarray]:
    """Take one layer's weights out of the state_dict of a PyTorch module.

    Parameters
    ----------
    cell : str
        "rnn", "lstm" or "gru_reset_after".
    state_dict : mapping of str to array or CPU tensor
        Of nn.RNN (with tanh), nn.LSTM or nn.GRU.
    layer : str
        Which layer, as PyTorch's names end: "l0", "l1", "l0_reverse".

    Returns
    -------
    params : dict of str to ndarray
        For `LSTMParams(**params)` and its like. The arrays are copies.

    Raises
    ------
    ValueError
        If PyTorch has no such cell, or a name or a shape does not fit.

    Source: the documentation of torch.nn; docs/variants.md.
    """
    check_library("PyTorch", TORCH, cell)
    names = [f"{of}_{layer}" for of in TORCH_NAMES]
    own = [name for name in state_dict if name.endswith(f"_{layer}")]
    check_names("the keys", own, names)
    W, U, b_ih, b_hh = (np.asarray(state_dict[name]) for name in names)
    check(names[1], U, "G * n_a", "n_a")
    rows = len(TORCH[cell]) * U.shape[1]
    check(names[1], U, rows, U.shape[1])
    check(names[0], W, rows, "n_x")
    check(names[2], b_ih, rows)
    check(names[3], b_hh, rows)
    return unstack(cell, TORCH[cell], W, U, np.stack([b_ih, b_hh]))


def to_torch(
    cell: str, params: Mapping, layer: str = "l0"
) -> dict[str, np.ndarray]:
    """Lay weights out as PyTorch does: the inverse of `from_torch`.

    Where PyTorch adds two biases, the first gets ours and the second is 0.

    Parameters
    ----------
    cell : str
        "rnn", "lstm" or "gru_reset_after".
    params : mapping of str to ndarray
        As `params._asdict()` gives it.
    layer : str
        Which layer, as PyTorch's names end: "l0", "l1", "l0_reverse".

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
    W, U, (b_ih, b_hh) = stack(cell, TORCH[cell], params)
    names = [f"{of}_{layer}" for of in TORCH_NAMES]
    return dict(zip(names, (W, U, b_ih, b_hh)))


# --8<-- [end:torch]


# --8<-- [start:keras]
def from_keras(cell: str, weights: Sequence) -> dict[str, np.ndarray]:
    """Take weights from a Keras layer.

    Parameters
    ----------
    cell : str
        "rnn", "lstm", "gru" or "gru_reset_after".
    weights : sequence of three ndarrays
        `layer.get_weights()` of SimpleRNN, LSTM, or GRU: the GRU with
        reset_after=False is "gru", with reset_after=True "gru_reset_after".

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
    if len(weights) != 3:
        raise ValueError(
            "expected three arrays, kernel, recurrent_kernel and bias, "
            f"got {len(weights)}"
        )
    kernel, recurrent, bias = map(np.asarray, weights)
    check("recurrent_kernel", recurrent, "n_a", "G * n_a")
    n_a = len(recurrent)
    columns = len(KERAS[cell]) * n_a
    check("recurrent_kernel", recurrent, n_a, columns)
    check("kernel", kernel, "n_x", columns)
    check("bias", bias, *(2,) * (cell == "gru_reset_after"), columns)
    biases = bias.reshape(-1, columns)
    return unstack(cell, KERAS[cell], kernel.T, recurrent.T, biases)


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
