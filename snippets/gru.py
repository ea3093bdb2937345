# SPDX-License-Identifier: MIT-0
"""GRU: two gates and one state, reset before the product.

NumPy only. Explained in docs/gru.md, proven in tests/test_gru.py.
"""

# --8<-- [start:imports]
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:types]
class GRUParams(NamedTuple):
    """Weights of the cell, in the order of the equations."""

    W_u: np.ndarray  # (n_a, n_x)
    U_u: np.ndarray  # (n_a, n_a)
    b_u: np.ndarray  # (n_a, 1)
    W_r: np.ndarray  # (n_a, n_x)
    U_r: np.ndarray  # (n_a, n_a)
    b_r: np.ndarray  # (n_a, 1)
    W_c: np.ndarray  # (n_a, n_x)
    U_c: np.ndarray  # (n_a, n_a)
    b_c: np.ndarray  # (n_a, 1)


class GRUState(NamedTuple):
    """What one step hands to the next."""

    a: np.ndarray  # (n_a, m)


class GRUValues(NamedTuple):
    """What one step computed on the way."""

    x_t: np.ndarray  # (n_x, m)
    gamma_u: np.ndarray  # (n_a, m)
    gamma_r: np.ndarray  # (n_a, m)
    c_tilde: np.ndarray  # (n_a, m)


class GRUTape(NamedTuple):
    """What backward needs; it owns its arrays."""

    states: list[GRUState]  # before the first step and after each
    values: list[GRUValues]  # of each step


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


def check_gru(params: GRUParams, x: np.ndarray, state, *T) -> None:
    """Refuse weights, input and state that do not fit together."""
    check("W_u", params.W_u, "n_a", "n_x")
    n_a, n_x = params.W_u.shape
    columns = {"W": n_x, "U": n_a, "b": 1}
    for name, w in params._asdict().items():
        check(name, w, n_a, columns[name[0]])
    check("x" if T else "x_t", x, *T, n_x, "m")
    check("state.a", state.a, n_a, x.shape[-1])


# --8<-- [end:check]


# --8<-- [start:init]
def init_gru(
    rng: np.random.Generator,
    n_x: int,
    n_a: int,
    *,
    update_bias: float = 0.0,
    dtype=np.float64,
) -> GRUParams:
    """Draw weights that keep the scale of what they multiply.

    W ~ N(0, 1/n_x), U ~ N(0, 1/n_a), b_u = update_bias, other biases 0.
    Below 0 a fresh cell remembers longer.

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
    W_u, W_r, W_c = rng.normal(scale=n_x**-0.5, size=(3, n_a, n_x))
    U_u, U_r, U_c = rng.normal(scale=n_a**-0.5, size=(3, n_a, n_a))
    b = np.zeros((n_a, 1))
    b_u = b + update_bias
    weights = (W_u, U_u, b_u, W_r, U_r, b, W_c, U_c, b)
    return GRUParams(*(w.astype(dtype) for w in weights))


# --8<-- [end:init]


# --8<-- [start:sigmoid]
def sigmoid(z: np.ndarray) -> np.ndarray:
    """Squeeze to (0, 1) by way of tanh, which never overflows."""
    return 0.5 + 0.5 * np.tanh(0.5 * z)


# --8<-- [end:sigmoid]


# --8<-- [start:step]
def gru_step(
    params: GRUParams, x_t: np.ndarray, state: GRUState
) -> tuple[GRUState, GRUValues]:
    """Take one step in time.

    Parameters
    ----------
    params : GRUParams
    x_t : ndarray of shape (n_x, m)
        Input of this step, one example per column.
    state : GRUState
        Activation of the step before, (n_a, m).

    Returns
    -------
    state : GRUState
        The same after this step.
    values : GRUValues
        What backward will want to know.

    Raises
    ------
    ValueError
        If an array has another shape, or is not of floats.

    Source: Cho et al. (2014), third version; docs/gru.md, equations 1 to 4.
    """
    check_gru(params, x_t, state)
    W_u, U_u, b_u, W_r, U_r, b_r, W_c, U_c, b_c = params
    (a_prev,) = state
    # --8<-- [start:step-body]
    gamma_u = sigmoid(W_u @ x_t + U_u @ a_prev + b_u)  # (n_a, m), eq. 1
    gamma_r = sigmoid(W_r @ x_t + U_r @ a_prev + b_r)  # eq. 2
    c_tilde = np.tanh(W_c @ x_t + U_c @ (gamma_r * a_prev) + b_c)  # eq. 3
    a_t = (1 - gamma_u) * a_prev + gamma_u * c_tilde  # (n_a, m), eq. 4
    # --8<-- [end:step-body]
    return GRUState(a_t), GRUValues(x_t.copy(), gamma_u, gamma_r, c_tilde)


# --8<-- [end:step]


# --8<-- [start:forward]
def gru_forward(
    params: GRUParams, x: np.ndarray, state_0: GRUState
) -> tuple[np.ndarray, GRUState, GRUTape]:
    """Unroll the cell over a whole sequence.

    Parameters
    ----------
    params : GRUParams
    x : ndarray of shape (T, n_x, m)
        The sequence, time first. T may be 0.
    state_0 : GRUState
        Activation before the first step, (n_a, m).

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Activation after each step.
    state_T : GRUState
        State after the last step.
    tape : GRUTape
        What `gru_backward` needs.

    Raises
    ------
    ValueError
        If an array has another shape, or is not of floats.

    Source: docs/gru.md, equations 1 to 4.
    """
    check_gru(params, x, state_0, "T")
    tape = GRUTape([GRUState(*(s.copy() for s in state_0))], [])
    kind = np.result_type(x, *state_0, *params)
    a = np.empty((len(x), *state_0.a.shape), kind)
    # --8<-- [start:forward-body]
    for t, x_t in enumerate(x):
        state, values = gru_step(params, x_t, tape.states[-1])
        tape.states.append(state)
        tape.values.append(values)
        a[t] = state.a
    # --8<-- [end:forward-body]
    return a, GRUState(*(s.copy() for s in tape.states[-1])), tape


# --8<-- [end:forward]


# --8<-- [start:backward]
def gru_backward(
    params: GRUParams,
    tape: GRUTape,
    da: np.ndarray,
    d_state_T: GRUState | None = None,
) -> tuple[GRUParams, np.ndarray, GRUState]:
    """Send the gradient back through time.

    Parameters
    ----------
    params : GRUParams
    tape : GRUTape
        From `gru_forward`.
    da : ndarray of shape (T, n_a, m)
        Gradient that reaches each a_t directly from the loss.
    d_state_T : GRUState, optional
        Gradient that reaches the last state from elsewhere.

    Returns
    -------
    d_params : GRUParams
        Gradient for each weight, same shapes as `params`.
    dx : ndarray of shape (T, n_x, m)
    d_state_0 : GRUState
        Gradient for the initial state, (n_a, m).

    Raises
    ------
    ValueError
        If an array has another shape, or is not of floats.

    Source: docs/gru.md, equations 5 to 10.
    """
    W_u, U_u, _, W_r, U_r, _, W_c, U_c, _ = params
    (a_T,) = tape.states[-1]
    n_a, m, T = *a_T.shape, len(tape.values)
    check("da", da, T, n_a, m)
    da_next = np.zeros_like(a_T) if d_state_T is None else d_state_T.a
    check("d_state_T.a", da_next, n_a, m)
    d_params = GRUParams(*(np.zeros_like(w) for w in params))
    dW_u, dU_u, db_u, dW_r, dU_r, db_r, dW_c, dU_c, db_c = d_params
    dx = np.empty((T, W_u.shape[1], m), a_T.dtype)
    # --8<-- [start:backward-body]
    for t in reversed(range(T)):
        x_t, gamma_u, gamma_r, c_tilde = tape.values[t]
        (a_prev,) = tape.states[t]
        da_t = da[t] + da_next  # total, eq. 5
        dz_u = da_t * (c_tilde - a_prev) * gamma_u * (1 - gamma_u)  # eq. 6
        dz_c = da_t * gamma_u * (1 - c_tilde**2)  # eq. 7
        d_reset = U_c.T @ dz_c  # for the product gamma_r * a_prev
        dz_r = d_reset * a_prev * gamma_r * (1 - gamma_r)  # eq. 8
        dW_u += dz_u @ x_t.T  # eq. 9
        dW_r += dz_r @ x_t.T
        dW_c += dz_c @ x_t.T
        dU_u += dz_u @ a_prev.T
        dU_r += dz_r @ a_prev.T
        dU_c += dz_c @ (gamma_r * a_prev).T
        db_u += dz_u.sum(axis=1, keepdims=True)
        db_r += dz_r.sum(axis=1, keepdims=True)
        db_c += dz_c.sum(axis=1, keepdims=True)
        dx[t] = W_u.T @ dz_u + W_r.T @ dz_r + W_c.T @ dz_c  # eq. 10
        da_next = (1 - gamma_u) * da_t + gamma_r * d_reset  # eq. 5
        da_next += U_u.T @ dz_u + U_r.T @ dz_r
    # --8<-- [end:backward-body]
    return d_params, dx, GRUState(da_next.copy())


# --8<-- [end:backward]
