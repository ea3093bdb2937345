# SPDX-License-Identifier: MIT-0
"""New thing: a cell that adds up what it reads.

NumPy only. Explained in docs/new-thing.md,
proven in tests/test_new_thing.py.
"""

# --8<-- [start:imports]
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:types]
class NewThingParams(NamedTuple):
    """Weights of the cell, in the order of the equation."""

    W_ax: np.ndarray  # (n_a, n_x)
    b_a: np.ndarray  # (n_a, 1)


class NewThingState(NamedTuple):
    """What one step hands to the next."""

    a: np.ndarray  # (n_a, m)


class NewThingValues(NamedTuple):
    """What one step computed on the way: nothing but its activation."""


class NewThingTape(NamedTuple):
    """What backward needs; it owns its arrays."""

    x: np.ndarray  # (T, n_x, m)


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


def check_new_thing(
    params: NewThingParams, x: np.ndarray, a: np.ndarray, *T
) -> None:
    """Refuse weights, input and activation that do not fit together."""
    check("W_ax", params.W_ax, "n_a", "n_x")
    n_a, n_x = params.W_ax.shape
    check("b_a", params.b_a, n_a, 1)
    check("x" if T else "x_t", x, *T, n_x, "m")
    check("state.a", a, n_a, x.shape[-1])


# --8<-- [end:check]


# --8<-- [start:init]
def init_new_thing(
    rng: np.random.Generator, n_x: int, n_a: int, *, dtype=np.float64
) -> NewThingParams:
    """Draw weights that keep the scale: W_ax ~ N(0, 1/n_x), b_a = 0.

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
    b_a = np.zeros((n_a, 1))
    return NewThingParams(W_ax.astype(dtype), b_a.astype(dtype))


# --8<-- [end:init]


# --8<-- [start:step]
def new_thing_step(
    params: NewThingParams, x_t: np.ndarray, state: NewThingState
) -> tuple[NewThingState, NewThingValues]:
    """Take one step in time.

    Parameters
    ----------
    params : NewThingParams
    x_t : ndarray of shape (n_x, m)
        Input of this step, one example per column.
    state : NewThingState
        Activation of the step before, (n_a, m).

    Returns
    -------
    state : NewThingState
        Activation after this step, (n_a, m).
    values : NewThingValues
        Empty: backward needs nothing of it.

    Raises
    ------
    ValueError
        If an array has another shape, or is not of floats.

    Source: docs/new-thing.md, equation 1.
    """
    W_ax, b_a = params
    (a_prev,) = state
    check_new_thing(params, x_t, a_prev)
    # --8<-- [start:step-body]
    a_t = a_prev + W_ax @ x_t + b_a  # (n_a, m), eq. 1
    # --8<-- [end:step-body]
    return NewThingState(a_t), NewThingValues()


# --8<-- [end:step]


# --8<-- [start:forward]
def new_thing_forward(
    params: NewThingParams, x: np.ndarray, state_0: NewThingState
) -> tuple[np.ndarray, NewThingState, NewThingTape]:
    """Unroll the cell over a whole sequence.

    Parameters
    ----------
    params : NewThingParams
    x : ndarray of shape (T, n_x, m)
        The sequence, time first. T may be 0.
    state_0 : NewThingState
        Activation before the first step, (n_a, m).

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Activation after each step.
    state_T : NewThingState
        State after the last step.
    tape : NewThingTape
        What backward needs.

    Raises
    ------
    ValueError
        If an array has another shape, or is not of floats.

    Source: docs/new-thing.md, equation 1.
    """
    check_new_thing(params, x, state_0.a, "T")
    state = NewThingState(state_0.a.copy())
    a = np.empty((len(x), *state.a.shape), np.result_type(x, *state, *params))
    # --8<-- [start:forward-body]
    for t, x_t in enumerate(x):
        state, _ = new_thing_step(params, x_t, state)
        a[t] = state.a
    # --8<-- [end:forward-body]
    return a, state, NewThingTape(x.copy())


# --8<-- [end:forward]


# --8<-- [start:backward]
def new_thing_backward(
    params: NewThingParams,
    tape: NewThingTape,
    da: np.ndarray,
    d_state_T: NewThingState | None = None,
) -> tuple[NewThingParams, np.ndarray, NewThingState]:
    """Send the gradient back through time.

    Parameters
    ----------
    params : NewThingParams
    tape : NewThingTape
        What forward returned.
    da : ndarray of shape (T, n_a, m)
        Gradient that reaches each a_t directly from the loss.
    d_state_T : NewThingState, optional
        Gradient that reaches the last state from elsewhere.

    Returns
    -------
    d_params : NewThingParams
        Gradient for each weight, same shapes as `params`.
    dx : ndarray of shape (T, n_x, m)
    d_state_0 : NewThingState
        Gradient for the initial state, (n_a, m).

    Raises
    ------
    ValueError
        If an array has another shape, or is not of floats.

    Source: docs/new-thing.md, equations 2 to 4.
    """
    (W_ax, _), (x,) = params, tape
    T, _, m = x.shape
    check("da", da, T, len(W_ax), m)
    da_next = np.zeros_like(da, shape=da.shape[1:])
    if d_state_T is not None:
        check("d_state_T.a", d_state_T.a, *da_next.shape)
        da_next = d_state_T.a.copy()
    dW_ax, db_a = (np.zeros_like(w) for w in params)
    dx = np.empty_like(x)
    # --8<-- [start:backward-body]
    for t in reversed(range(T)):
        da_t = da[t] + da_next  # total: direct, and through the future, eq. 2
        dW_ax += da_t @ x[t].T  # eq. 3
        db_a += da_t.sum(axis=1, keepdims=True)
        dx[t] = W_ax.T @ da_t  # eq. 4
        da_next = da_t
    # --8<-- [end:backward-body]
    return NewThingParams(dW_ax, db_a), dx, NewThingState(da_next)


# --8<-- [end:backward]
