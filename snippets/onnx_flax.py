# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""ONNX and Flax: carry weights between these cells and two more libraries.

NumPy only. Explained in docs/onnx-flax.md, proven in
tests/test_onnx_flax.py.
"""

# --8<-- [start:imports]
from collections.abc import Iterable, Mapping

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:orders]
# How ONNX stacks its gates, and how Flax calls them, in the order of our
# letters: f forget, u update, c candidate, o output, r reset; a for the one
# sum of the plain cell.
ONNX = {"rnn": "a", "lstm": "uofc", "gru": "urc", "gru_reset_after": "urc"}
FLAX = {"rnn": {"a": ""}, "lstm": {"u": "i", "f": "f", "c": "g", "o": "o"}}
FLAX["gru_reset_after"] = {"r": "r", "u": "z", "c": "n"}
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


# --8<-- [start:onnx]
def from_onnx(
    cell: str, W, R, B=None, direction: int = 0
) -> dict[str, np.ndarray]:
    """Take the weights of one direction out of a node of ONNX.

    Parameters
    ----------
    cell : str
        "rnn", "lstm", "gru" or "gru_reset_after". A node GRU is "gru" with
        linear_before_reset=0, the default, and "gru_reset_after" with 1.
    W : ndarray of shape (num_directions, G * n_a, n_x)
        Input of the node; G is how many gates the cell has.
    R : ndarray of shape (num_directions, G * n_a, n_a)
        Input of the node.
    B : ndarray of shape (num_directions, 2 * G * n_a), optional
        Biases for input and past, one after the other; None means zeros.
    direction : int, optional
        Which one of a node with direction="bidirectional": 0 is forward,
        1 is backward.

    Returns
    -------
    params : dict of str to ndarray
        For `LSTMParams(**params)` and its like. The arrays are copies.

    Raises
    ------
    ValueError
        If ONNX has no such cell, or a shape or the direction does not fit.

    Source: the operators RNN, LSTM and GRU of ONNX; docs/onnx-flax.md.
    """
    check_library("ONNX", ONNX, cell)
    R = read_weights("R", R, "num_directions", "G * n_a", "n_a")
    directions, _, n_a = R.shape
    rows = len(ONNX[cell]) * n_a
    R = read_weights("R", R, directions, rows, n_a)
    W = read_weights("W", W, directions, rows, "n_x")
    B = np.zeros((directions, 2 * rows), W.dtype) if B is None else B
    B = read_weights("B", B, directions, 2 * rows)
    if direction not in range(directions):
        raise ValueError(
            f"expected a direction below {directions}, got {direction}"
        )
    biases = B[direction].reshape(2, rows)
    return unstack(cell, ONNX[cell], W[direction], R[direction], biases)


def to_onnx(cell: str, params: Mapping) -> dict[str, np.ndarray]:
    """Lay weights out as ONNX does: the inverse of `from_onnx`.

    Parameters
    ----------
    cell : str
        "rnn", "lstm", "gru" or "gru_reset_after": the last needs a node
        with linear_before_reset=1.
    params : mapping of str to ndarray
        As `params._asdict()` gives it.

    Returns
    -------
    inputs : dict of str to ndarray
        W, R and B of a node with one direction.

    Raises
    ------
    ValueError
        If ONNX has no such cell, or a name or a shape does not fit.

    Source: the operators RNN, LSTM and GRU of ONNX; docs/onnx-flax.md.
    """
    check_library("ONNX", ONNX, cell)
    W, U, biases = stack(cell, ONNX[cell], params)
    return {"W": W[None], "R": U[None], "B": biases.reshape(1, -1)}


# --8<-- [end:onnx]


# --8<-- [start:flax]
def read_dense(name: str, dense: Mapping, n_in: int | str, n_a: int | str):
    """Return kernel and bias of one dense layer; no bias means zeros."""
    if not isinstance(dense, Mapping) or "kernel" not in dense:
        raise ValueError(f"expected {name}/kernel, got {list_keys(dense)}")
    kernel = read_weights(f"{name}/kernel", dense["kernel"], n_in, n_a)
    bias = dense.get("bias", np.zeros(kernel.shape[1], kernel.dtype))
    return kernel, read_weights(f"{name}/bias", bias, n_a)


def from_flax(cell: str, tree: Mapping) -> dict[str, np.ndarray]:
    """Take the weights of one cell of flax.linen.

    Parameters
    ----------
    cell : str
        "rnn", "lstm" or "gru_reset_after": SimpleCell, LSTMCell or
        OptimizedLSTMCell, GRUCell.
    tree : mapping of str to mapping
        What the cell has in `variables["params"]`: for each dense layer,
        such as "ii" or "hn", its kernel (n_in, n_a) and, where it has one,
        its bias (n_a,).

    Returns
    -------
    params : dict of str to ndarray
        For `LSTMParams(**params)` and its like. The arrays are copies.

    Raises
    ------
    ValueError
        If Flax has no such cell, or a name or a shape does not fit.

    Source: the code of flax.linen.recurrent; docs/onnx-flax.md.
    """
    check_library("Flax", FLAX, cell)
    names = [side + gate for side in "hi" for gate in FLAX[cell].values()]
    if not isinstance(tree, Mapping) or set(tree) != set(names):
        raise ValueError(
            f"expected the layers {', '.join(names)}, got {list_keys(tree)}"
        )
    n_a = len(read_dense(names[0], tree[names[0]], "n_a", "n_a")[0])
    sizes = {"h": n_a, "i": "n_x"}
    kernels, biases = {"h": [], "i": []}, {"h": [], "i": []}
    for name in names:
        side = name[0]
        kernel, bias = read_dense(name, tree[name], sizes[side], n_a)
        sizes[side] = len(kernel)
        kernels[side].append(kernel.T)
        biases[side].append(bias)
    W, U = np.concatenate(kernels["i"]), np.concatenate(kernels["h"])
    both = np.stack([np.concatenate(biases[side]) for side in "ih"])
    return unstack(cell, "".join(FLAX[cell]), W, U, both)


def to_flax(cell: str, params: Mapping) -> dict[str, dict]:
    """Lay weights out as flax.linen does: the inverse of `from_flax`.

    Parameters
    ----------
    cell : str
        "rnn", "lstm" or "gru_reset_after".
    params : mapping of str to ndarray
        As `params._asdict()` gives it.

    Returns
    -------
    tree : dict of str to dict
        The cell's part of `variables["params"]`.

    Raises
    ------
    ValueError
        If Flax has no such cell, or a name or a shape does not fit.

    Source: the code of flax.linen.recurrent; docs/onnx-flax.md.
    """
    check_library("Flax", FLAX, cell)
    W, U, (b, b_2) = stack(cell, "".join(FLAX[cell]), params)
    blocks = (np.split(rows, len(FLAX[cell])) for rows in (W, U, b))
    tree = {}
    for gate, W_g, U_g, b_g in zip(FLAX[cell].values(), *blocks):
        tree[f"i{gate}"] = {"kernel": W_g.T.copy()}
        tree[f"h{gate}"] = {"kernel": U_g.T.copy()}
        tree[f"h{gate}" if cell == "lstm" else f"i{gate}"]["bias"] = b_g
    if cell == "gru_reset_after":
        tree["hn"]["bias"] = b_2[-U.shape[1] :]
    return tree


# --8<-- [end:flax]
