# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Readout: turn hidden states into predictions, a loss and its gradient.

NumPy only. Explained in docs/readout.md, proven in tests/test_readout.py.
"""

# --8<-- [start:imports]
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:types]
class ReadoutParams(NamedTuple):
    """Weights of the readout, in the order in which equation 1 uses them."""

    W_ya: np.ndarray  # (n_y, n_a)
    b_y: np.ndarray  # (n_y, 1)


class ReadoutTape(NamedTuple):
    """Values that the backward pass needs, as a copy of its own."""

    a: np.ndarray  # (T, n_a, m)


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


# --8<-- [start:init]
def init_readout(
    rng: np.random.Generator, n_a: int, n_y: int, *, dtype=np.float64
) -> ReadoutParams:
    """Draw W_ya from a normal distribution of variance 1/n_a; b_y is zero.

    The logits then start out about as large as the hidden states.

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
    """Turn the hidden states of all steps into logits at once.

    Parameters
    ----------
    params : ReadoutParams
        A plain tuple or list of the two arrays works too.
    a : ndarray of shape (T, n_a, m)
        Hidden states (activations) of a cell; T may be 0.

    Returns
    -------
    z : ndarray of shape (T, n_y, m)
        Logits: one score for each class, before the softmax.
    tape : ReadoutTape
        Pass it to `readout_backward`.

    Raises
    ------
    ValueError
        If `params` is something else, or an array has another shape or is
        not a plain array of floats.

    Source: docs/readout.md, equation 1.
    """
    W_ya, b_y = as_named("params", ReadoutParams, params)
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
    """Send the gradient from the logits back to the hidden states.

    Parameters
    ----------
    params : ReadoutParams
        The parameters that `readout_forward` used.
    tape : ReadoutTape
        From `readout_forward`.
    dz : ndarray of shape (T, n_y, m)
        Gradient with respect to the logits, as `cross_entropy` returns it.

    Returns
    -------
    d_params : ReadoutParams
        Gradient with respect to each weight, same shapes as `params`.
    da : ndarray of shape (T, n_a, m)
        Gradient with respect to the hidden states: the `da` of the
        cell's backward pass.

    Raises
    ------
    ValueError
        If `params` or `tape` is something else, or an array has another
        shape or is not a plain array of floats.

    Source: docs/readout.md, equation 6.
    """
    W_ya, b_y = as_named("params", ReadoutParams, params)
    (a,) = as_named("tape", ReadoutTape, tape)
    check("W_ya", W_ya, "n_y", "n_a")
    check("b_y", b_y, len(W_ya), 1)
    check("tape.a", a, "T", W_ya.shape[1], "m")
    check("dz", dz, len(a), len(W_ya), a.shape[2])
    # --8<-- [start:backward-body]
    dW_ya = np.tensordot(dz, a, axes=((0, 2), (0, 2)))  # (n_y, n_a)
    # a sum in float16 would stop growing
    db_y = dz.sum(axis=(0, 2), dtype=np.result_type(dz, "f4"))[:, None]
    da = W_ya.T @ dz  # (T, n_a, m), eq. 6
    # --8<-- [end:backward-body]
    return ReadoutParams(dW_ya, db_y.astype(dz.dtype)), da


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
        # --8<-- [start:softmax-body]
        e = np.exp(z - z.max(axis=-2, keepdims=True))
        y_hat = e / e.sum(axis=-2, keepdims=True)  # eq. 2
        # --8<-- [end:softmax-body]
        return np.asarray(y_hat, dtype)


# --8<-- [end:softmax]


# --8<-- [start:log-softmax]
def log_softmax(z: np.ndarray) -> np.ndarray:
    """Compute the logarithm of the softmax, also where it is below -700.

    There a probability is rounded to 0, and `log(softmax(z))` is minus
    infinity.

    Parameters
    ----------
    z : ndarray of shape (..., n_y, m)
        Logits, as for `softmax`.

    Returns
    -------
    log_y_hat : ndarray of shape (..., n_y, m)
        Natural logarithms of the probabilities, in the dtype of z.

    Raises
    ------
    ValueError
        As for `softmax`.

    Source: docs/readout.md, equation 4.
    """
    check_plain("z", z)
    dtype = np.result_type(z, np.float16)
    z = np.asarray(z, np.result_type(z, np.float32))
    with np.errstate(invalid="ignore", over="ignore"):
        # --8<-- [start:log-softmax-body]
        shifted = z - z.max(axis=-2, keepdims=True)
        log_sum = np.log(np.exp(shifted).sum(axis=-2, keepdims=True))
        log_y_hat = shifted - log_sum  # eq. 4
        # --8<-- [end:log-softmax-body]
        return np.asarray(log_y_hat, dtype)


# --8<-- [end:log-softmax]


# --8<-- [start:weights]
def find_weights(lengths, T: int, m: int) -> np.ndarray:
    """Return weights (T, m): 1 for each real step, 0 for the padding."""
    ends = np.asanyarray(lengths)
    check_plain("lengths", ends)
    known = ends.dtype != bool and np.isin(ends, range(T + 1)).all()
    if ends.shape != (m,) or not known or not ends.any():
        raise ValueError(
            f"expected lengths: {m} integers from 0 to {T}, not all of them "
            f"0, got {lengths}"
        )
    # --8<-- [start:weights-body]
    weights = (np.arange(T)[:, None] < ends).astype(float)  # (T, m), eq. 7
    # --8<-- [end:weights-body]
    return weights


# --8<-- [end:weights]


# --8<-- [start:cross-entropy]
def cross_entropy(
    z: np.ndarray, y: np.ndarray, *, lengths=None, weights=None
) -> tuple[float, np.ndarray]:
    """Compute the cross-entropy of predictions, and its gradient.

    Parameters
    ----------
    z : ndarray of shape (T, n_y, m)
        Logits.
    y : ndarray of shape (T, n_y, m)
        Targets: one-hot columns, or probabilities that sum to 1.
    lengths : sequence of m int, optional
        Number of real steps of each sequence, from 0 to T. The steps after
        them are padding and do not count.
    weights : ndarray of shape (T, m), optional
        How much each prediction counts, 0 or more. Pass lengths or
        weights, not both. Without them, all predictions count equally.

    Returns
    -------
    loss : float
        Weighted mean over all predictions, in nats (natural logarithm).
        NaN if a logit is NaN or plus infinity, or if a column has no
        finite logit.
    dz : ndarray of shape (T, n_y, m)
        Gradient of the loss for the logits, in the dtype of z. It is
        exactly 0 where the weight is 0, whatever z and y contain there.

    Raises
    ------
    ValueError
        If z or y is not a plain array of floats of this shape or is
        empty, if a column of y with a weight above 0 is not a probability
        distribution, or if lengths or weights are not as described.

    Source: docs/readout.md, equations 3, 5, 8 and 9.
    """
    check("z", z, "T", "n_y", "m")
    check("y", y, *z.shape)
    if z.size == 0:
        raise ValueError(f"expected at least one prediction, got z {z.shape}")
    if lengths is not None and weights is not None:
        raise ValueError("expected lengths or weights, got both")
    T, _, m = z.shape
    if lengths is not None:
        weights = find_weights(lengths, T, m)
    counts = True
    if weights is not None:
        check("weights", weights, T, m)
        if weights.min() < 0 or not 0 < weights.max() < np.inf:
            raise ValueError(
                "expected finite weights of at least 0, not all of them 0, "
                f"got {weights.min()} to {weights.max()}"
            )
        # without this division their sum could overflow
        w = weights[:, None].astype(float) / float(weights.max())
        counts = w > 0
        z, y = np.where(counts, z, 0), np.where(counts, y, 0)
    dtype = z.dtype
    z = np.asarray(z, np.result_type(z, y, np.float32))
    sums = y.sum(axis=1, keepdims=True, dtype=z.dtype)
    tolerance = max(1e-5, np.finfo(y.dtype).eps ** 0.5)  # y may be float16
    if y.min() < 0 or not np.allclose(sums, counts, rtol=tolerance):
        raise ValueError(
            "expected each column of y to be >= 0 and sum to 1, got sums "
            f"from {sums.min()} to {sums.max()} (lengths leave out padding)"
        )
    # --8<-- [start:cross-entropy-body]
    log_y_hat = log_softmax(z)
    # --8<-- [start:loss-body]
    surprise = y * np.where(y > 0, -log_y_hat, 0)  # 0 log 0 counts as 0
    if weights is None:
        loss = surprise.sum() / (T * m)  # eq. 3
        # --8<-- [end:loss-body]
        dz = (np.exp(log_y_hat) - y) / (T * m)  # (T, n_y, m), eq. 5
    else:
        # --8<-- [start:weighted-body]
        loss = (w * surprise).sum() / w.sum()  # eq. 8
        dz = w * (np.exp(log_y_hat) - y) / w.sum()  # (T, n_y, m), eq. 9
        # --8<-- [end:weighted-body]
    # --8<-- [end:cross-entropy-body]
    return float(loss), np.asarray(dz, dtype)


# --8<-- [end:cross-entropy]
