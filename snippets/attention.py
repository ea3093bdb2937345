# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Attention: a query looks at all hidden states, and gets a weighted mean.

NumPy only. Explained in docs/attention.md, proven in tests/test_attention.py.
"""

# --8<-- [start:imports]
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:params]
class AttentionParams(NamedTuple):
    """Weights of additive attention; dot-product attention has none."""

    W_q: np.ndarray  # (n_z, n_q)
    W_k: np.ndarray  # (n_z, n_a)
    w_s: np.ndarray  # (n_z,)


# --8<-- [end:params]


# --8<-- [start:check]
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


def check_lengths(lengths, x: np.ndarray, least: int = 0) -> np.ndarray:
    """Return the length of each sequence in x, as integers.

    None stands for sequences that are all as long as x. Anything but one
    integer for each sequence, from `least` to T, raises a ValueError.
    """
    check("x", x, "T", "n_x", "m")
    T, _, m = x.shape
    own = np.asanyarray([T] * m if lengths is None else lengths)
    check_plain("lengths", own)
    known = own.dtype != bool and np.isin(own, range(least, T + 1)).all()
    if own.shape != (m,) or not known:
        raise ValueError(
            f"expected lengths: {m} integers from {least} to {T}, got {own}"
        )
    return own.astype(int)


def check_additive(params, q, a) -> AttentionParams:
    """Check the arguments of additive attention; return its weights."""
    params = as_named("params", AttentionParams, params)
    check("a", a, "T", "n_a", "m")
    check("W_k", params.W_k, "n_z", a.shape[1])
    check("W_q", params.W_q, len(params.W_k), "n_q")
    check("w_s", params.w_s, len(params.W_k))
    check("q", q, params.W_q.shape[1], a.shape[2])
    return params


# --8<-- [end:check]


# --8<-- [start:init]
def init_attention(
    rng: np.random.Generator,
    n_q: int,
    n_a: int,
    n_z: int,
    *,
    dtype=np.float64,
) -> AttentionParams:
    """Draw each array from a normal distribution of variance 1/columns.

    Raises
    ------
    ValueError
        If a size is below 1, or dtype is not a float type.
    """
    if min(n_q, n_a, n_z) < 1 or np.dtype(dtype).kind != "f":
        raise ValueError(
            "expected n_q, n_a and n_z of at least 1 and a float dtype, "
            f"got {n_q}, {n_a}, {n_z} and {np.dtype(dtype)}"
        )
    W_q = rng.normal(scale=n_q**-0.5, size=(n_z, n_q))
    W_k = rng.normal(scale=n_a**-0.5, size=(n_z, n_a))
    w_s = rng.normal(scale=n_z**-0.5, size=n_z)
    return AttentionParams(*(w.astype(dtype) for w in (W_q, W_k, w_s)))


# --8<-- [end:init]


# --8<-- [start:mix]
def _mix(score, a, lengths) -> tuple[np.ndarray, np.ndarray]:
    """Turn scores into weights, and states into their weighted mean."""
    # --8<-- [start:weights-body]
    is_read = np.arange(len(a))[:, np.newaxis] < lengths  # (T, m)
    score = np.where(is_read, score, -np.inf)
    e = np.exp(score - score.max(axis=0))
    alpha = e / e.sum(axis=0)  # (T, m), eq. 2
    # --8<-- [end:weights-body]
    # --8<-- [start:context-body]
    context = (alpha[:, np.newaxis] * a).sum(axis=0)  # (n_a, m), eq. 3
    # --8<-- [end:context-body]
    return context, alpha


def _mix_backward(a, alpha, d_context) -> np.ndarray:
    """Send the gradient of the mean back to the scores."""
    # --8<-- [start:mix-backward-body]
    d_alpha = (d_context * a).sum(axis=1)  # (T, m), eq. 6
    d_mean = (alpha * d_alpha).sum(axis=0)
    d_score = alpha * (d_alpha - d_mean)  # (T, m), eq. 7
    # --8<-- [end:mix-backward-body]
    return d_score


# --8<-- [end:mix]


# --8<-- [start:dot]
def dot_attention(
    q: np.ndarray, a: np.ndarray, lengths: Sequence[int] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Score each hidden state by its dot product with the query.

    Parameters
    ----------
    q : ndarray of shape (n_a, m)
        Query: what the decoder is looking for at one of its steps.
    a : ndarray of shape (T, n_a, m)
        Hidden states of the encoder.
    lengths : sequence of m int, optional
        Number of steps of each example, from 1 to T; the rest is padding.

    Returns
    -------
    context : ndarray of shape (n_a, m)
        Mean of the hidden states, weighted by alpha.
    alpha : ndarray of shape (T, m)
        Weight of each step; those of an example add up to 1.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should, or if an
        example has no step to look at.

    Source: Luong et al. (2015); docs/attention.md, equations 1 to 3.
    """
    check("a", a, "T", "n_a", "m")
    check("q", q, *a.shape[1:])
    lengths = check_lengths(lengths, a, least=1)
    # --8<-- [start:dot-body]
    score = (q * a).sum(axis=1)  # (T, m), eq. 1
    # --8<-- [end:dot-body]
    return _mix(score, a, lengths)


def dot_attention_backward(
    q: np.ndarray, a: np.ndarray, alpha: np.ndarray, d_context: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Send the gradient of the context back to the query and the states.

    Parameters
    ----------
    q : ndarray of shape (n_a, m)
        Query that `dot_attention` was given.
    a : ndarray of shape (T, n_a, m)
        Hidden states that it was given.
    alpha : ndarray of shape (T, m)
        Weights that it returned.
    d_context : ndarray of shape (n_a, m)
        Gradient with respect to the context.

    Returns
    -------
    dq : ndarray of shape (n_a, m)
        Gradient with respect to the query.
    da : ndarray of shape (T, n_a, m)
        Gradient with respect to the hidden states.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/attention.md, equations 6 to 9.
    """
    check("a", a, "T", "n_a", "m")
    check("q", q, *a.shape[1:])
    check("alpha", alpha, len(a), a.shape[2])
    check("d_context", d_context, *a.shape[1:])
    d_score = _mix_backward(a, alpha, d_context)
    # --8<-- [start:dot-backward-body]
    by_mean = alpha[:, np.newaxis] * d_context
    dq = (d_score[:, np.newaxis] * a).sum(axis=0)  # (n_a, m), eq. 8
    da = by_mean + d_score[:, np.newaxis] * q  # (T, n_a, m), eq. 9
    # --8<-- [end:dot-backward-body]
    return dq, da


# --8<-- [end:dot]


# --8<-- [start:additive]
def additive_attention(
    params: AttentionParams,
    q: np.ndarray,
    a: np.ndarray,
    lengths: Sequence[int] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Score each hidden state by a small network that sees the query, too.

    Parameters
    ----------
    params : AttentionParams
        A plain tuple or list of the three arrays works too.
    q : ndarray of shape (n_q, m)
        Query: what the decoder is looking for at one of its steps.
    a : ndarray of shape (T, n_a, m)
        Hidden states of the encoder.
    lengths : sequence of m int, optional
        Number of steps of each example, from 1 to T; the rest is padding.

    Returns
    -------
    context : ndarray of shape (n_a, m)
        Mean of the hidden states, weighted by alpha.
    alpha : ndarray of shape (T, m)
        Weight of each step; those of an example add up to 1.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should, or if an
        example has no step to look at.

    Source: Bahdanau et al. (2015); docs/attention.md, equations 2 to 5.
    """
    W_q, W_k, w_s = check_additive(params, q, a)
    lengths = check_lengths(lengths, a, least=1)
    # --8<-- [start:additive-body]
    z = W_q @ q + W_k @ a  # (T, n_z, m), eq. 4
    score = w_s @ np.tanh(z)  # (T, m), eq. 5
    # --8<-- [end:additive-body]
    return _mix(score, a, lengths)


def additive_attention_backward(
    params: AttentionParams,
    q: np.ndarray,
    a: np.ndarray,
    alpha: np.ndarray,
    d_context: np.ndarray,
) -> tuple[AttentionParams, np.ndarray, np.ndarray]:
    """Send the gradient back to the weights, the query and the states.

    Parameters
    ----------
    params : AttentionParams
        Weights that `additive_attention` was given.
    q : ndarray of shape (n_q, m)
        Query that it was given.
    a : ndarray of shape (T, n_a, m)
        Hidden states that it was given.
    alpha : ndarray of shape (T, m)
        Weights of the steps that it returned.
    d_context : ndarray of shape (n_a, m)
        Gradient with respect to the context.

    Returns
    -------
    d_params : AttentionParams
        Gradient with respect to the weights, summed over the examples.
    dq : ndarray of shape (n_q, m)
        Gradient with respect to the query.
    da : ndarray of shape (T, n_a, m)
        Gradient with respect to the hidden states.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/attention.md, equations 6, 7 and 10.
    """
    W_q, W_k, w_s = check_additive(params, q, a)
    check("alpha", alpha, len(a), a.shape[2])
    check("d_context", d_context, *a.shape[1:])
    d_score = _mix_backward(a, alpha, d_context)
    # --8<-- [start:additive-backward-body]
    tanh_z = np.tanh(W_q @ q + W_k @ a)  # (T, n_z, m)
    by_tanh = w_s[:, np.newaxis] * d_score[:, np.newaxis]
    dz = by_tanh * (1 - tanh_z**2)  # (T, n_z, m), eq. 10
    by_mean = alpha[:, np.newaxis] * d_context
    dq = W_q.T @ dz.sum(axis=0)  # (n_q, m)
    da = by_mean + W_k.T @ dz  # (T, n_a, m)
    dW_q = dz.sum(axis=0) @ q.T  # (n_z, n_q)
    dW_k = np.tensordot(dz, a, axes=([0, 2], [0, 2]))  # (n_z, n_a)
    dw_s = np.tensordot(tanh_z, d_score, axes=([0, 2], [0, 1]))  # (n_z,)
    # --8<-- [end:additive-backward-body]
    return AttentionParams(dW_q, dW_k, dw_s), dq, da


# --8<-- [end:additive]
