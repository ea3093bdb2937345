# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Sampling: draw from predictions, and let a network write a sequence.

NumPy only. Explained in docs/sampling.md, proven in tests/test_sampling.py.
"""

# --8<-- [start:imports]
from collections.abc import Callable, Sequence

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


def check_logits(z_t: np.ndarray) -> None:
    """Raise a ValueError if the logits can't be turned into probabilities.

    Raises
    ------
    ValueError
        If z_t is not a plain array (n_y, m) of floats with n_y of at least
        1, contains NaN or plus infinity, or has a column without a finite
        logit.
    """
    check_plain("z_t", z_t)
    if z_t.ndim != 2 or len(z_t) < 1 or z_t.dtype.kind != "f":
        raise ValueError(
            f"expected z_t (n_y, m) of floats, got {z_t.shape} of {z_t.dtype}"
        )
    if not np.isfinite(z_t.max(axis=0)).all():
        raise ValueError(
            "expected a finite largest logit in each column of z_t, "
            f"got {z_t.max(axis=0)}"
        )


# --8<-- [end:check]


# --8<-- [start:softmax]
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


# --8<-- [end:softmax]


# --8<-- [start:temperature]
def heat(z_t: np.ndarray, temperature: float) -> np.ndarray:
    """Divide logits by a temperature.

    A temperature below 1 makes likely classes even more likely, and one
    above 1 makes the distribution flatter.

    Parameters
    ----------
    z_t : ndarray of shape (n_y, m)
    temperature : float
        Above 0 and finite.

    Returns
    -------
    z_t : ndarray of shape (n_y, m)
        A new array, in the dtype of the logits. The largest logit of each
        column is 0.

    Raises
    ------
    ValueError
        If the temperature is 0 or below, NaN or infinite; and as for
        `check_logits`.

    Source: docs/sampling.md, equation 2.
    """
    check_logits(z_t)
    if not 0 < temperature < np.inf:
        raise ValueError(
            f"expected temperature above 0 and finite, got {temperature} "
            "(for temperature 0 use greedy)"
        )
    dtype, z_t = z_t.dtype, z_t.astype(float)
    with np.errstate(over="ignore"):  # if the temperature is tiny
        # --8<-- [start:temperature-body]
        z_t = (z_t - z_t.max(axis=0)) / temperature  # eq. 2
        # --8<-- [end:temperature-body]
        return z_t.astype(dtype)


# --8<-- [end:temperature]


# --8<-- [start:top-k]
def keep_top_k(z_t: np.ndarray, top_k: int) -> np.ndarray:
    """Rule out all but the k most likely classes of each column.

    Parameters
    ----------
    z_t : ndarray of shape (n_y, m)
    top_k : int
        From 1 to n_y. Among equal logits, the first ones are kept.

    Returns
    -------
    z_t : ndarray of shape (n_y, m)
        A new array: minus infinity for what is ruled out, the rest as it
        was.

    Raises
    ------
    ValueError
        If top_k is not an integer from 1 to n_y; and as for
        `check_logits`.

    Source: Fan et al. (2018).
    """
    check_logits(z_t)
    if top_k not in range(1, len(z_t) + 1):
        raise ValueError(f"expected top_k from 1 to {len(z_t)}, got {top_k}")
    # --8<-- [start:top-k-body]
    order = np.argsort(-z_t, axis=0, kind="stable")  # likeliest first
    rank = np.argsort(order, axis=0)
    z_t = np.where(rank < top_k, z_t, -np.inf)
    # --8<-- [end:top-k-body]
    return z_t


# --8<-- [end:top-k]


# --8<-- [start:top-p]
def keep_top_p(z_t: np.ndarray, top_p: float) -> np.ndarray:
    """Keep the most likely classes until their probabilities reach p.

    Parameters
    ----------
    z_t : ndarray of shape (n_y, m)
        Logits. Their probabilities are added up in float64, whatever dtype
        the logits have.
    top_p : float
        Above 0, at most 1.

    Returns
    -------
    z_t : ndarray of shape (n_y, m)
        A new array: minus infinity for what is ruled out, the rest as it
        was.

    Raises
    ------
    ValueError
        If top_p is not above 0 and at most 1; and as for `check_logits`.

    Source: Holtzman et al. (2020).
    """
    check_logits(z_t)
    if not 0 < top_p <= 1:
        raise ValueError(f"expected top_p above 0 and at most 1, got {top_p}")
    # --8<-- [start:top-p-body]
    y_hat_t = softmax(z_t.astype(float))  # (n_y, m)
    order = np.argsort(-z_t, axis=0, kind="stable")  # likeliest first
    likely = np.take_along_axis(y_hat_t, order, axis=0)
    before = np.cumsum(likely, axis=0) - likely  # sum of more likely ones
    rank = np.argsort(order, axis=0)
    # the tolerance allows for rounding, and a p of 1 keeps all classes
    short = (before < float(top_p) * (1 - 1e-12)) | (top_p == 1)
    kept = np.take_along_axis(short, rank, axis=0)
    z_t = np.where(kept, z_t, -np.inf)
    # --8<-- [end:top-p-body]
    return z_t


# --8<-- [end:top-p]


# --8<-- [start:draw]
def draw(
    z_t: np.ndarray,
    rng: np.random.Generator,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> np.ndarray:
    """Draw one class for each column, with the probabilities of the softmax.

    Parameters
    ----------
    z_t : ndarray of shape (n_y, m)
        Logits.
    rng : numpy.random.Generator
        The same seed draws the same classes.
    temperature, top_k, top_p
        See `heat`, `keep_top_k` and `keep_top_p`, applied in this order.

    Returns
    -------
    drawn : ndarray of int, shape (m,)

    Raises
    ------
    ValueError
        As for `heat`, `keep_top_k` and `keep_top_p`.

    Source: docs/sampling.md, equation 1.
    """
    check_logits(z_t)
    z_t = heat(z_t.astype(float), temperature)
    if top_k is not None:
        z_t = keep_top_k(z_t, top_k)
    if top_p is not None:
        z_t = keep_top_p(z_t, top_p)
    # --8<-- [start:draw-body]
    y_hat_t = softmax(z_t)  # (n_y, m), eq. 1
    drawn = np.array([rng.choice(len(p), p=p) for p in y_hat_t.T], dtype=int)
    # --8<-- [end:draw-body]
    return drawn


def greedy(z_t: np.ndarray) -> np.ndarray:
    """Choose the most likely class of each column, without randomness.

    Parameters
    ----------
    z_t : ndarray of shape (n_y, m)
        Logits. Among equal ones, the first is chosen.

    Returns
    -------
    chosen : ndarray of int, shape (m,)

    Raises
    ------
    ValueError
        As for `check_logits`.
    """
    check_logits(z_t)
    return z_t.argmax(axis=0)


# --8<-- [end:draw]


# --8<-- [start:predict]
def make_predict(
    forward: Callable,
    params: tuple,
    readout_forward: Callable,
    readout_params: tuple,
    *,
    E: np.ndarray | None = None,
) -> Callable[[int, tuple], tuple[np.ndarray, tuple]]:
    """Build the `predict` of `generate` from a cell and a readout.

    Parameters
    ----------
    forward : function
        The forward pass of a cell, or of anything with the same interface,
        such as a stack of layers.
    params : CELLParams
        The weights that `forward` takes.
    readout_forward : function
    readout_params : ReadoutParams
        The shape of its bias b_y (n_y, 1) gives the number of classes, and
        its dtype is that of one-hot inputs.
    E : ndarray of shape (n_e, n_y), optional
        The cell reads column k of E for class k. Without E it reads class
        k as a one-hot column.

    Returns
    -------
    predict : function
        From a class and a state to logits (n_y, 1) and the next state.

    Raises
    ------
    ValueError
        If E is not (n_e, n_y) of floats. `predict` raises it if a class is
        not from 0 to n_y - 1, or if the cell or the readout does.
    """
    b_y = readout_params[-1]
    check_plain("b_y", b_y)
    n_y = len(b_y)
    if E is not None:
        check_plain("E", E)
        if E.ndim != 2 or E.shape[1] != n_y or E.dtype.kind != "f":
            raise ValueError(
                f"expected E (n_e, {n_y}) of floats, got {E.shape} of "
                f"{E.dtype}"
            )

    def predict(token: int, state: tuple) -> tuple[np.ndarray, tuple]:
        if type(token) is bool or token not in range(n_y):
            raise ValueError(
                f"expected a class from 0 to {n_y - 1}, got {token}"
            )
        # --8<-- [start:predict-body]
        if E is None:
            x = np.zeros((1, n_y, 1), b_y.dtype)  # one step, one example
            x[0, int(token)] = 1
        else:
            x = E[None, :, [int(token)]]  # (1, n_e, 1)
        a, state, _ = forward(params, x, state)
        z, _ = readout_forward(readout_params, a)
        # --8<-- [end:predict-body]
        return z[0], state

    return predict


# --8<-- [end:predict]


# --8<-- [start:generate]
def generate(
    predict: Callable[[int, tuple], tuple[np.ndarray, tuple]],
    state: tuple,
    prompt: Sequence[int],
    length: int,
    choose: Callable[[np.ndarray], np.ndarray],
    *,
    stop: int | None = None,
) -> list[int]:
    """Let a network write: each class it chooses is its next input.

    Parameters
    ----------
    predict : function
        From a class and a state to logits (n_y, 1) and the next state.
        `make_predict` builds it from any cell and any readout.
    state : CELLState or None
        Initial state. The cells of this book take None as zeros.
    prompt : sequence of int
        What the network reads first: at least one class, such as a start
        token. A list, a tuple or an array.
    length : int
        Largest number of classes to choose, 0 or more.
    choose : function
        From logits (n_y, 1) to an array with one class: `greedy`, or
        `draw` with its generator filled in by `functools.partial`.
    stop : int, optional
        The class that ends the sequence. It is not returned.

    Returns
    -------
    chosen : list of int
        The chosen classes, without the prompt.

    Raises
    ------
    ValueError
        If the prompt is empty or not a plain sequence of integers, or if
        the length is negative.

    Source: docs/sampling.md, equation 3.
    """
    tokens = np.asanyarray(prompt)
    check_plain("prompt", tokens)
    if tokens.ndim != 1 or tokens.size == 0 or length < 0:
        raise ValueError(
            "expected a prompt of at least one class and a length of 0 "
            f"or more, got {prompt} and {length}"
        )
    if tokens.dtype.kind not in "iu":
        raise ValueError(f"expected a prompt of integers, got {prompt}")
    *read, token = tokens.tolist()
    # --8<-- [start:generate-body]
    for before in read:
        _, state = predict(before, state)
    chosen = []
    while len(chosen) < length:
        z_t, state = predict(token, state)  # eq. 3
        token = int(choose(z_t)[0])
        if token == stop:
            break
        chosen.append(token)
    # --8<-- [end:generate-body]
    return chosen


# --8<-- [end:generate]
