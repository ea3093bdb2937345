# SPDX-License-Identifier: MIT-0
"""RNN: the plain recurrent cell, forward and backward through time.

NumPy only. Explained in docs/rnn.md, proven in tests/test_rnn.py.
"""

# --8<-- [start:imports]
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:types]
class RNNParams(NamedTuple):
    """Weights of the cell, in the order of the equation."""

    W_ax: np.ndarray  # (n_a, n_x)
    W_aa: np.ndarray  # (n_a, n_a)
    b_a: np.ndarray  # (n_a, 1)


class RNNState(NamedTuple):
    """What one step hands to the next."""

    a: np.ndarray  # (n_a, m)


class RNNValues(NamedTuple):
    """What one step computed on the way: nothing but its activation."""


class RNNTape(NamedTuple):
    """What backward needs; it owns its arrays."""

    x: np.ndarray  # (T, n_x, m)
    state_0: RNNState
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

    A size that is given as a letter may have any value. The message names
    the array, what was expected, and what came.
    """
    check_plain(name, array)
    fits = len(array.shape) == len(shape) and all(
        isinstance(expected, str) or size == expected
        for size, expected in zip(array.shape, shape)
    )
    if not fits or array.dtype.kind != "f":
        raise ValueError(
            f"expected {name} ({', '.join(map(str, shape))}) of floats, "
            f"got {type(array).__name__} {array.shape} of {array.dtype}"
        )


def check_rnn(params: RNNParams, x: np.ndarray, a: np.ndarray, *T) -> None:
    """Refuse weights, input and activation that do not fit together."""
    check("W_ax", params.W_ax, "n_a", "n_x")
    n_a, n_x = params.W_ax.shape
    check("W_aa", params.W_aa, n_a, n_a)
    check("b_a", params.b_a, n_a, 1)
    check("x" if T else "x_t", x, *T, n_x, "m")
    check("state.a", a, n_a, x.shape[-1])


# --8<-- [end:check]


# --8<-- [start:init]
def init_rnn(
    rng: np.random.Generator, n_x: int, n_a: int, *, dtype=np.float64
) -> RNNParams:
    """Draw weights that keep the scale of what they multiply.

    W_ax ~ N(0, 1/n_x), W_aa ~ N(0, 1/n_a), b_a = 0.

    Raises
    ------
    ValueError
        If a size is below 1, or dtype is not a float type.
    """
    if min(n_x, n_a) < 1 or np.dtype(dtype).kind != "f":
        raise ValueError(
            "expected n_x and n_a of at least 1 and a float dtype, "
            f"got {n_x}, {n_a} and {np.dtype(dtype)}"
        )
    W_ax = rng.normal(scale=n_x**-0.5, size=(n_a, n_x))
    W_aa = rng.normal(scale=n_a**-0.5, size=(n_a, n_a))
    b_a = np.zeros((n_a, 1))
    return RNNParams(*(w.astype(dtype) for w in (W_ax, W_aa, b_a)))


# --8<-- [end:init]


# --8<-- [start:step]
def rnn_step(
    params: RNNParams, x_t: np.ndarray, state: RNNState
) -> tuple[RNNState, RNNValues]:
    """Take one step in time.

    Parameters
    ----------
    params : RNNParams
    x_t : ndarray of shape (n_x, m)
        Input of this step, one example per column.
    state : RNNState
        Activation of the step before, (n_a, m).

    Returns
    -------
    state : RNNState
        Activation after this step, (n_a, m).
    values : RNNValues
        Empty: the slope of tanh follows from the activation.

    Raises
    ------
    ValueError
        If an array has another shape, or is not of floats.

    Source: Elman (1990), with tanh; docs/rnn.md, equation 1.
    """
    W_ax, W_aa, b_a = params
    (a_prev,) = state
    check_rnn(params, x_t, a_prev)
    # --8<-- [start:step-body]
    a_t = np.tanh(W_ax @ x_t + W_aa @ a_prev + b_a)  # (n_a, m), eq. 1
    # --8<-- [end:step-body]
    return RNNState(a_t), RNNValues()


# --8<-- [end:step]


# --8<-- [start:forward]
def rnn_forward(
    params: RNNParams, x: np.ndarray, state_0: RNNState
) -> tuple[np.ndarray, RNNState, RNNTape]:
    """Unroll the cell over a whole sequence.

    Parameters
    ----------
    params : RNNParams
    x : ndarray of shape (T, n_x, m)
        The sequence, time first. T may be 0.
    state_0 : RNNState
        Activation before the first step, (n_a, m).

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Activation after each step.
    state_T : RNNState
        State after the last step.
    tape : RNNTape
        What `rnn_backward` needs.

    Raises
    ------
    ValueError
        If an array has another shape, or is not of floats.

    Source: docs/rnn.md, equation 1.
    """
    check_rnn(params, x, state_0.a, "T")
    state = RNNState(state_0.a.copy())
    a = np.empty((len(x), *state.a.shape), np.result_type(x, *state, *params))
    # --8<-- [start:forward-body]
    for t, x_t in enumerate(x):
        state, _ = rnn_step(params, x_t, state)
        a[t] = state.a
    # --8<-- [end:forward-body]
    return a, state, RNNTape(x.copy(), RNNState(state_0.a.copy()), a.copy())


# --8<-- [end:forward]


# --8<-- [start:backward]
def rnn_backward(
    params: RNNParams,
    tape: RNNTape,
    da: np.ndarray,
    d_state_T: RNNState | None = None,
) -> tuple[RNNParams, np.ndarray, RNNState]:
    """Send the gradient back through time.

    Parameters
    ----------
    params : RNNParams
    tape : RNNTape
        From `rnn_forward`.
    da : ndarray of shape (T, n_a, m)
        Gradient that reaches each a_t directly from the loss.
    d_state_T : RNNState, optional
        Gradient that reaches the last state from elsewhere.

    Returns
    -------
    d_params : RNNParams
        Gradient for each weight, same shapes as `params`.
    dx : ndarray of shape (T, n_x, m)
    d_state_0 : RNNState
        Gradient for the initial state, (n_a, m).

    Raises
    ------
    ValueError
        If an array has another shape, or is not of floats.

    Source: docs/rnn.md, equations 2 to 6.
    """
    (W_ax, W_aa, _), (x, (a_0,), a) = params, tape
    check("da", da, *a.shape)
    da_next = np.zeros_like(a_0) if d_state_T is None else d_state_T.a
    check("d_state_T.a", da_next, *a_0.shape)
    dW_ax, dW_aa, db_a = (np.zeros_like(w) for w in params)
    dx = np.empty_like(x)
    # --8<-- [start:backward-body]
    for t in reversed(range(len(x))):
        a_prev = a[t - 1] if t else a_0
        da_t = da[t] + da_next  # total, eq. 2
        dz_t = (1 - a[t] ** 2) * da_t  # (n_a, m), eq. 3
        dW_ax += dz_t @ x[t].T  # eq. 4
        dW_aa += dz_t @ a_prev.T
        db_a += dz_t.sum(axis=1, keepdims=True)
        dx[t] = W_ax.T @ dz_t  # eq. 5
        da_next = W_aa.T @ dz_t  # eq. 6
    # --8<-- [end:backward-body]
    return RNNParams(dW_ax, dW_aa, db_a), dx, RNNState(da_next.copy())


# --8<-- [end:backward]
