# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""History: Jordan's network, and a layer of a time-delay network.

NumPy only. Explained in docs/history.md, proven in tests/test_history.py.
"""

# --8<-- [start:imports]
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


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


def as_named(name: str, cls: type, values) -> tuple:
    """Return a plain tuple or list of the right length as the NamedTuple.

    A NamedTuple of another kind is refused if its fields have other names.
    """
    fields = getattr(values, "_fields", cls._fields)
    is_sequence = isinstance(values, tuple | list)
    if not is_sequence or fields != cls._fields or len(values) != len(fields):
        size = f" of {len(values)}" if is_sequence else ""
        raise ValueError(
            f"expected {name} as {cls.__name__}({', '.join(cls._fields)}) or "
            f"a tuple or list like it, got {type(values).__name__}{size}"
        )
    return cls(*values)


# --8<-- [end:check]


# --8<-- [start:jordan]
class JordanParams(NamedTuple):
    """Weights of Jordan's network, in the order of the equations."""

    W_ax: np.ndarray  # (n_a, n_x)
    W_ao: np.ndarray  # (n_a, n_y)
    b_a: np.ndarray  # (n_a, 1)
    W_ya: np.ndarray  # (n_y, n_a)
    b_y: np.ndarray  # (n_y, 1)


def softmax(z: np.ndarray) -> np.ndarray:
    """Turn logits into probabilities, without overflow.

    Parameters
    ----------
    z : ndarray of shape (..., n_y, m)
        Logits. Minus infinity is a class that cannot happen. A column
        with NaN or plus infinity, or without a finite logit, gives NaN.

    Returns
    -------
    y_hat : ndarray of shape (..., n_y, m)
        Probabilities in the dtype of z; each column sums to 1.

    Raises
    ------
    ValueError
        If z is not a plain NumPy array, or has fewer than two axes.

    Source: docs/readout.md, equation 2.
    """
    check_plain("z", z)
    dtype = np.result_type(z, np.float16)
    z = np.asarray(z, np.result_type(z, np.float32))
    with np.errstate(invalid="ignore", over="ignore"):
        e = np.exp(z - z.max(axis=-2, keepdims=True))
        y_hat = e / e.sum(axis=-2, keepdims=True)
        return np.asarray(y_hat, dtype)


def jordan_forward(
    params: JordanParams, x: np.ndarray, *, decay: float
) -> tuple[np.ndarray, np.ndarray]:
    """Run a network whose only memory is its own past predictions.

    Parameters
    ----------
    params : JordanParams
        A plain tuple or list of the five arrays is taken as well.
    x : ndarray of shape (T, n_x, m)
        The input, time first. T may be 0.
    decay : float
        The share of its old value that the state keeps at each step, from
        0 to below 1.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Hidden states.
    y_hat : ndarray of shape (T, n_y, m)
        Predictions. Each one is added to the state of the next step.

    Raises
    ------
    ValueError
        If `params` is something else, an array has another shape or is not
        a plain array of floats, or decay is out of range.

    Source: Jordan (1986), with tanh and softmax; docs/history.md,
    equations 1 and 2.
    """
    params = as_named("params", JordanParams, params)
    W_ax, W_ao, b_a, W_ya, b_y = params
    check("W_ax", W_ax, "n_a", "n_x")
    check("b_y", b_y, "n_y", 1)
    (n_a, n_x), n_y = W_ax.shape, len(b_y)
    check("W_ao", W_ao, n_a, n_y)
    check("b_a", b_a, n_a, 1)
    check("W_ya", W_ya, n_y, n_a)
    check("x", x, "T", n_x, "m")
    if not 0 <= decay < 1:
        raise ValueError(f"expected decay from 0 to below 1, got {decay}")
    T, _, m = x.shape
    decay = float(decay)  # a NumPy number could widen the arrays
    dtype = np.result_type(x, *params)
    a = np.empty((T, n_a, m), dtype)
    y_hat = np.empty((T, n_y, m), dtype)
    o_t = y_hat_prev = np.zeros((n_y, m), dtype)
    # --8<-- [start:jordan-body]
    for t, x_t in enumerate(x):
        o_t = decay * o_t + y_hat_prev  # (n_y, m), eq. 1
        a[t] = np.tanh(W_ax @ x_t + W_ao @ o_t + b_a)  # eq. 2
        y_hat[t] = y_hat_prev = softmax(W_ya @ a[t] + b_y)
    # --8<-- [end:jordan-body]
    return a, y_hat


# --8<-- [end:jordan]


# --8<-- [start:tdnn]
class TDNNParams(NamedTuple):
    """Weights of one layer of a time-delay network."""

    W_ax: np.ndarray  # (n_w, n_a, n_x)
    b_a: np.ndarray  # (n_a, 1)


def tdnn_forward(params: TDNNParams, x: np.ndarray) -> np.ndarray:
    """Compute each hidden state from the last n_w inputs, and nothing else.

    Parameters
    ----------
    params : TDNNParams
        W_ax holds one matrix for each delay, that of the newest input
        first. A plain tuple or list of the two arrays is taken as well.
    x : ndarray of shape (T, n_x, m)
        The input, time first. Before its first step it counts as zero. T
        may be 0.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Hidden state after each step.

    Raises
    ------
    ValueError
        If `params` is something else, or an array has another shape or is
        not a plain array of floats.

    Source: Waibel et al. (1989), with tanh; docs/history.md, equation 3.
    """
    params = as_named("params", TDNNParams, params)
    W_ax, b_a = params
    check("W_ax", W_ax, "n_w", "n_a", "n_x")
    n_w, n_a, n_x = W_ax.shape
    check("b_a", b_a, n_a, 1)
    check("x", x, "T", n_x, "m")
    T, _, m = x.shape
    z = np.zeros((T, n_a, m), np.result_type(x, *params))
    # --8<-- [start:tdnn-body]
    for lag in range(min(n_w, T)):
        z[lag:] += W_ax[lag] @ x[: T - lag]
    a = np.tanh(z + b_a)  # (T, n_a, m), eq. 3
    # --8<-- [end:tdnn-body]
    return a


# --8<-- [end:tdnn]
