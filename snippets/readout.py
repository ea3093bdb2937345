# SPDX-License-Identifier: MIT-0
"""Readout: from activations to predictions, to a loss, and back.

NumPy only. Explained in docs/readout.md, proven in tests/test_readout.py.
"""

# --8<-- [start:imports]
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:types]
class ReadoutParams(NamedTuple):
    """Weights of the readout, in the order of the equation."""

    W_ya: np.ndarray  # (n_y, n_a)
    b_y: np.ndarray  # (n_y, 1)


class ReadoutTape(NamedTuple):
    """What backward needs; it owns its array."""

    a: np.ndarray  # (T, n_a, m)


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


# --8<-- [start:init]
def init_readout(
    rng: np.random.Generator, n_a: int, n_y: int, *, dtype=np.float64
) -> ReadoutParams:
    """Draw weights that keep the scale: W_ya ~ N(0, 1/n_a), b_y = 0.

    Raises
    ------
    ValueError
        If a size is below 1, or dtype is not a float type.
    """
    if min(n_a, n_y) < 1 or np.dtype(dtype).kind != "f":
        raise ValueError(
            "expected n_a and n_y of at least 1 and a float dtype, "
            f"got {n_a}, {n_y} and {np.dtype(dtype)}"
        )
    # --8<-- [start:init-body]
    W_ya = rng.normal(scale=n_a**-0.5, size=(n_y, n_a))
    b_y = np.zeros((n_y, 1))
    # --8<-- [end:init-body]
    return ReadoutParams(W_ya.astype(dtype), b_y.astype(dtype))


# --8<-- [end:init]


# --8<-- [start:forward]
def readout_forward(
    params: ReadoutParams, a: np.ndarray
) -> tuple[np.ndarray, ReadoutTape]:
    """Turn activations into logits, all steps at once.

    Parameters
    ----------
    params : ReadoutParams
    a : ndarray of shape (T, n_a, m)
        Activations of a cell; T may be 0.

    Returns
    -------
    z : ndarray of shape (T, n_y, m)
        Logits: one score for each class, before the softmax.
    tape : ReadoutTape
        What `readout_backward` needs.

    Raises
    ------
    ValueError
        If an array has another shape, or is not of floats.

    Source: docs/readout.md, equation 1.
    """
    W_ya, b_y = params
    check("W_ya", W_ya, "n_y", "n_a")
    check("b_y", b_y, len(W_ya), 1)
    check("a", a, "T", W_ya.shape[1], "m")
    # --8<-- [start:forward-body]
    z = W_ya @ a + b_y  # (T, n_y, m), eq. 1
    # --8<-- [end:forward-body]
    return z, ReadoutTape(a.copy())


# --8<-- [end:forward]


# --8<-- [start:backward]
def readout_backward(
    params: ReadoutParams, tape: ReadoutTape, dz: np.ndarray
) -> tuple[ReadoutParams, np.ndarray]:
    """Send the gradient from the logits back to the activations.

    Parameters
    ----------
    params : ReadoutParams
    tape : ReadoutTape
        From `readout_forward`.
    dz : ndarray of shape (T, n_y, m)
        Gradient for the logits, as `cross_entropy` returns it.

    Returns
    -------
    d_params : ReadoutParams
        Gradient for each weight, same shapes as `params`.
    da : ndarray of shape (T, n_a, m)
        What the cell's backward wants as its `da`.

    Raises
    ------
    ValueError
        If an array has another shape, or is not of floats.

    Source: docs/readout.md, equation 6.
    """
    (W_ya, _), (a,) = params, tape
    check("dz", dz, len(a), len(W_ya), a.shape[-1])
    # --8<-- [start:backward-body]
    dW_ya = (dz @ a.swapaxes(1, 2)).sum(axis=0)  # (n_y, n_a)
    db_y = dz.sum(axis=(0, 2))[:, None]  # (n_y, 1)
    da = W_ya.T @ dz  # (T, n_a, m), eq. 6
    # --8<-- [end:backward-body]
    return ReadoutParams(dW_ya, db_y), da


# --8<-- [end:backward]


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
        Probabilities; each column sums to 1.

    Source: docs/readout.md, equation 2.
    """
    with np.errstate(invalid="ignore"):
        # --8<-- [start:softmax-body]
        e = np.exp(z - z.max(axis=-2, keepdims=True))
        y_hat = e / e.sum(axis=-2, keepdims=True)  # eq. 2
        # --8<-- [end:softmax-body]
    return y_hat


# --8<-- [end:softmax]


# --8<-- [start:log-softmax]
def log_softmax(z: np.ndarray) -> np.ndarray:
    """Take the logarithm of the softmax where `log(softmax(z))` fails.

    Parameters
    ----------
    z : ndarray of shape (..., n_y, m)
        Logits, as for `softmax`.

    Returns
    -------
    log_y_hat : ndarray of shape (..., n_y, m)
        Natural logarithms of the probabilities.

    Source: docs/readout.md, equation 4.
    """
    with np.errstate(invalid="ignore"):
        # --8<-- [start:log-softmax-body]
        shifted = z - z.max(axis=-2, keepdims=True)
        log_sum = np.log(np.exp(shifted).sum(axis=-2, keepdims=True))
        log_y_hat = shifted - log_sum  # eq. 4
        # --8<-- [end:log-softmax-body]
    return log_y_hat


# --8<-- [end:log-softmax]


# --8<-- [start:cross-entropy]
def cross_entropy(z: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Measure how surprised the predictions are by the targets.

    Parameters
    ----------
    z : ndarray of shape (T, n_y, m)
        Logits.
    y : ndarray of shape (T, n_y, m)
        Targets: one-hot columns, or probabilities that sum to 1.

    Returns
    -------
    loss : float
        Mean over the T m predictions, in nats (natural logarithm).
        NaN if a logit is NaN or plus infinity, or a column has no
        finite one.
    dz : ndarray of shape (T, n_y, m)
        Gradient of the loss for the logits.

    Raises
    ------
    ValueError
        If the shapes differ, an array is not of floats, there is no
        prediction, or a column of y is no probability distribution.

    Source: docs/readout.md, equations 3 and 5.
    """
    check("z", z, "T", "n_y", "m")
    check("y", y, *z.shape)
    if z.size == 0:
        raise ValueError(f"expected at least one prediction, got z {z.shape}")
    if y.min() < 0 or not np.allclose(y.sum(axis=1), 1):
        raise ValueError("expected each column of y to be >= 0 and sum to 1")
    # --8<-- [start:cross-entropy-body]
    n = len(z) * z.shape[-1]
    log_y_hat = log_softmax(z)
    surprise = np.where(y > 0, -log_y_hat, 0)  # 0 log 0 counts as 0
    loss = (y * surprise).sum() / n  # eq. 3
    dz = (np.exp(log_y_hat) - y) / n  # (T, n_y, m), eq. 5
    # --8<-- [end:cross-entropy-body]
    return float(loss), dz


# --8<-- [end:cross-entropy]
