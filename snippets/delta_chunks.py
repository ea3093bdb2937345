# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Delta rule in chunks: the same numbers, many steps at once.

NumPy only. Explained in docs/delta-chunks.md, proven in
tests/test_delta_chunks.py.
"""

# --8<-- [start:imports]
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:types]
class DeltaParams(NamedTuple):
    """Weights of the cell, in the order of the equations."""

    W_k: np.ndarray  # (n_k, n_x)
    W_q: np.ndarray  # (n_k, n_x)
    W_c: np.ndarray  # (n_a, n_x)
    W_u: np.ndarray  # (1, n_x)
    b_u: np.ndarray  # (1, 1)
    W_f: np.ndarray  # (1, n_x)
    b_f: np.ndarray  # (1, 1)


class DeltaState(NamedTuple):
    """What one step passes on to the next."""

    a: np.ndarray  # (n_a, m), what was read; the next step does not need it
    S: np.ndarray  # (n_a, n_k, m), the memory


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


def check_memory(name: str, state, sizes: tuple, like) -> DeltaState:
    """Return a state as a DeltaState; None stands for a state of zeros."""
    shapes = [(*rows, like.shape[-1]) for rows in (sizes[:1], sizes)]
    if state is None:
        return DeltaState(*(np.zeros(shape, like.dtype) for shape in shapes))
    state = as_named(name, DeltaState, state)
    check(f"{name}.a", state.a, *shapes[0])
    check(f"{name}.S", state.S, *shapes[1])
    return state


def check_delta(params) -> tuple[DeltaParams, tuple[int, int], int]:
    """Check the weights; return them by name, with (n_a, n_k) and n_x."""
    params = as_named("params", DeltaParams, params)
    check("W_c", params.W_c, "n_a", "n_x")
    check("W_k", params.W_k, "n_k", "n_x")
    (n_a, n_x), n_k = params.W_c.shape, len(params.W_k)
    rows, columns = {"k": n_k, "q": n_k, "c": n_a}, {"W": n_x, "b": 1}
    for name, array in zip(params._fields, params):
        check(name, array, rows.get(name[2], 1), columns[name[0]])
    return params, (n_a, n_k), n_x


# --8<-- [end:check]


# --8<-- [start:sigmoid]
def sigmoid(z: np.ndarray) -> np.ndarray:
    """Squeeze to (0, 1) by way of tanh, which never overflows."""
    return 0.5 + 0.5 * np.tanh(0.5 * z)


# --8<-- [end:sigmoid]


# --8<-- [start:unit]
EPSILON = 1e-6  # a column of zeros stays one


def length(z: np.ndarray) -> np.ndarray:
    """Measure each column; never 0."""
    return np.sqrt((z * z).sum(axis=-2, keepdims=True) + EPSILON)


def unit(z: np.ndarray) -> np.ndarray:
    """Divide each column by its length."""
    return z / length(z)


# --8<-- [end:unit]


# --8<-- [start:chunks]
def delta_chunks(
    params: DeltaParams,
    x: np.ndarray,
    state_0=None,
    *,
    size: int = 32,
    negative: bool = False,
) -> tuple[np.ndarray, DeltaState]:
    """Compute the states of the gated delta rule, many steps at once.

    There is no tape, so this is for use, not for training.

    Parameters
    ----------
    params : DeltaParams
        Or a tuple or list of the same arrays in the same order.
    x : ndarray of shape (T, n_x, m)
        The sequence, time first. T may be 0.
    state_0 : DeltaState, optional
        Hidden state, (n_a, m), and memory, (n_a, n_k, m), before the first
        step; zeros if it is not given. A plain tuple or list is fine, too.
    size : int, optional
        How many steps are computed at once, at least 1.
    negative : bool, optional
        Let the update gate go up to 2.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Hidden state after each step.
    state_T : DeltaState
        State after the last step.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should, or size is
        below 1.

    Source: Yang et al. (2024); docs/delta-chunks.md.
    """
    params, sizes, n_x = check_delta(params)
    check("x", x, "T", n_x, "m")
    state = check_memory("state", state_0, sizes, x)
    if size < 1:
        raise ValueError(f"expected size of at least 1, got {size}")
    dtype = np.result_type(x, *params, *state)
    W_k, W_q, W_c, W_u, b_u, W_f, b_f = params
    X = x.transpose(2, 1, 0).copy()  # (m, n_x, T)
    k, q, c_tilde = unit(W_k @ X), unit(W_q @ X), W_c @ X
    gamma_u = (1 + negative) * sigmoid(W_u @ X + b_u)  # (m, 1, T)
    log_f = -np.logaddexp(0, -(W_f @ X + b_f))  # (m, 1, T)
    k, q, c_tilde, gamma_u, log_f = (
        z.swapaxes(1, 2) for z in (k, q, c_tilde, gamma_u, log_f)
    )
    S = state.S.transpose(2, 1, 0).copy()  # (m, n_k, n_a)
    read = [state.a.T[:, None]]
    # --8<-- [start:chunks-body]
    for first in range(0, len(x), size):
        now = np.s_[:, first : first + size]
        K, Q, C, gamma = k[now], q[now], c_tilde[now], gamma_u[now]
        # --8<-- [start:fade-body]
        log_kept = np.cumsum(log_f[now], axis=1)
        kept = np.exp(log_kept)  # from the start of the chunk to each step
        fade = np.exp(np.tril(log_kept - log_kept.swapaxes(1, 2)))
        # --8<-- [end:fade-body]
        # --8<-- [start:solve-body]
        alike = np.tril(fade * (K @ K.swapaxes(1, 2)), -1)
        left = np.eye(K.shape[1]) + gamma * alike
        written = np.linalg.solve(left, gamma * (C - kept * (K @ S)))
        # --8<-- [end:solve-body]
        # --8<-- [start:together-body]
        asked = np.tril(fade * (Q @ K.swapaxes(1, 2)))
        read.append(kept * (Q @ S) + asked @ written)
        late = fade[:, -1:].swapaxes(1, 2) * K
        S = kept[:, -1:] * S + late.swapaxes(1, 2) @ written
        # --8<-- [end:together-body]
    # --8<-- [end:chunks-body]
    a = np.concatenate(read, axis=1).transpose(1, 2, 0).astype(dtype)
    S_T = S.transpose(2, 1, 0).astype(dtype, order="C")
    return a[1:].copy(), DeltaState(a[-1].copy(), S_T)


# --8<-- [end:chunks]
