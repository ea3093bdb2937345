# SPDX-License-Identifier: MIT-0
"""Peephole LSTM: gates that also see the cell state.

NumPy only. Explained in docs/peephole.md, proven in tests/test_peephole.py.
"""

# --8<-- [start:imports]
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:types]
class PeepholeParams(NamedTuple):
    """Weights of the cell, in the order of the equations."""

    W_f: np.ndarray  # (n_a, n_a + n_x)
    b_f: np.ndarray  # (n_a, 1)
    W_u: np.ndarray  # (n_a, n_a + n_x)
    b_u: np.ndarray  # (n_a, 1)
    W_c: np.ndarray  # (n_a, n_a + n_x)
    b_c: np.ndarray  # (n_a, 1)
    W_o: np.ndarray  # (n_a, n_a + n_x)
    b_o: np.ndarray  # (n_a, 1)
    p_f: np.ndarray  # (n_a, 1)
    p_u: np.ndarray  # (n_a, 1)
    p_o: np.ndarray  # (n_a, 1)


class PeepholeState(NamedTuple):
    """What one step hands to the next."""

    a: np.ndarray  # (n_a, m)
    c: np.ndarray  # (n_a, m)


class PeepholeValues(NamedTuple):
    """What one step computed on the way."""

    a_x: np.ndarray  # (n_a + n_x, m)
    gamma_f: np.ndarray  # (n_a, m)
    gamma_u: np.ndarray  # (n_a, m)
    c_tilde: np.ndarray  # (n_a, m)
    gamma_o: np.ndarray  # (n_a, m)
    tanh_c: np.ndarray  # (n_a, m)


class PeepholeTape(NamedTuple):
    """What backward needs; it owns its arrays."""

    states: list[PeepholeState]  # before the first step and after each
    values: list[PeepholeValues]  # of each step


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


def check_peephole(params: PeepholeParams, x: np.ndarray, state, *T) -> None:
    """Refuse weights, input and state that do not fit together."""
    check("b_f", params.b_f, "n_a", 1)
    check("W_f", params.W_f, len(params.b_f), "n_a + n_x")
    n_a, n_x = len(params.b_f), max(params.W_f.shape[1] - len(params.b_f), 1)
    for name, w in params._asdict().items():
        check(name, w, n_a, n_a + n_x if name.startswith("W") else 1)
    check("x" if T else "x_t", x, *T, n_x, "m")
    check("state.a", state.a, n_a, x.shape[-1])
    check("state.c", state.c, n_a, x.shape[-1])


# --8<-- [end:check]


# --8<-- [start:init]
def init_peephole(
    rng: np.random.Generator,
    n_x: int,
    n_a: int,
    *,
    forget_bias: float = 1.0,
    dtype=np.float64,
) -> PeepholeParams:
    """Draw weights that keep scale, and a forget gate that starts open.

    W ~ N(0, 1/(n_a + n_x)), p = 0, b_f = forget_bias, other biases 0.

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
    n = n_a + n_x
    W_f, W_u, W_c, W_o = rng.normal(scale=n**-0.5, size=(4, n_a, n))
    b = np.zeros((n_a, 1))
    weights = (W_f, b + forget_bias, W_u, b, W_c, b, W_o, b, b, b, b)
    return PeepholeParams(*(w.astype(dtype) for w in weights))


# --8<-- [end:init]


# --8<-- [start:sigmoid]
def sigmoid(z: np.ndarray) -> np.ndarray:
    """Squeeze to (0, 1) by way of tanh, which never overflows."""
    return 0.5 + 0.5 * np.tanh(0.5 * z)


# --8<-- [end:sigmoid]


# --8<-- [start:step]
def peephole_step(
    params: PeepholeParams, x_t: np.ndarray, state: PeepholeState
) -> tuple[PeepholeState, PeepholeValues]:
    """Take one step in time.

    Parameters
    ----------
    params : PeepholeParams
    x_t : ndarray of shape (n_x, m)
        Input of this step, one example per column.
    state : PeepholeState
        Activation and cell state of the step before, each (n_a, m).

    Returns
    -------
    state : PeepholeState
        The same after this step.
    values : PeepholeValues
        What backward will want to know.

    Raises
    ------
    ValueError
        If an array has another shape, or is not of floats.

    Source: Gers et al. (2002); docs/peephole.md, equations 1 to 6.
    """
    check_peephole(params, x_t, state)
    W_f, b_f, W_u, b_u, W_c, b_c, W_o, b_o, p_f, p_u, p_o = params
    a_prev, c_prev = state
    # --8<-- [start:step-body]
    a_x = np.concatenate([a_prev, x_t])  # (n_a + n_x, m)
    gamma_f = sigmoid(W_f @ a_x + p_f * c_prev + b_f)  # (n_a, m), eq. 1
    gamma_u = sigmoid(W_u @ a_x + p_u * c_prev + b_u)  # eq. 2
    c_tilde = np.tanh(W_c @ a_x + b_c)  # eq. 3
    c_t = gamma_f * c_prev + gamma_u * c_tilde  # eq. 4
    gamma_o = sigmoid(W_o @ a_x + p_o * c_t + b_o)  # eq. 5
    tanh_c = np.tanh(c_t)
    a_t = gamma_o * tanh_c  # eq. 6
    # --8<-- [end:step-body]
    values = PeepholeValues(a_x, gamma_f, gamma_u, c_tilde, gamma_o, tanh_c)
    return PeepholeState(a_t, c_t), values


# --8<-- [end:step]


# --8<-- [start:forward]
def peephole_forward(
    params: PeepholeParams, x: np.ndarray, state_0: PeepholeState
) -> tuple[np.ndarray, PeepholeState, PeepholeTape]:
    """Unroll the cell over a whole sequence.

    Parameters
    ----------
    params : PeepholeParams
    x : ndarray of shape (T, n_x, m)
        The sequence, time first. T may be 0.
    state_0 : PeepholeState
        Activation and cell state before the first step, (n_a, m).

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Activation after each step.
    state_T : PeepholeState
        State after the last step.
    tape : PeepholeTape
        What `peephole_backward` needs.

    Raises
    ------
    ValueError
        If an array has another shape, or is not of floats.

    Source: docs/peephole.md, equations 1 to 6.
    """
    check_peephole(params, x, state_0, "T")
    tape = PeepholeTape([PeepholeState(*(s.copy() for s in state_0))], [])
    kind = np.result_type(x, *state_0, *params)
    a = np.empty((len(x), *state_0.a.shape), kind)
    # --8<-- [start:forward-body]
    for t, x_t in enumerate(x):
        state, values = peephole_step(params, x_t, tape.states[-1])
        tape.states.append(state)
        tape.values.append(values)
        a[t] = state.a
    # --8<-- [end:forward-body]
    return a, PeepholeState(*(s.copy() for s in tape.states[-1])), tape


# --8<-- [end:forward]


# --8<-- [start:backward]
def peephole_backward(
    params: PeepholeParams,
    tape: PeepholeTape,
    da: np.ndarray,
    d_state_T: PeepholeState | None = None,
) -> tuple[PeepholeParams, np.ndarray, PeepholeState]:
    """Send the gradient back through time.

    Parameters
    ----------
    params : PeepholeParams
    tape : PeepholeTape
        From `peephole_forward`.
    da : ndarray of shape (T, n_a, m)
        Gradient that reaches each a_t directly from the loss.
    d_state_T : PeepholeState, optional
        Gradient that reaches the last state from elsewhere.

    Returns
    -------
    d_params : PeepholeParams
        Gradient for each weight, same shapes as `params`.
    dx : ndarray of shape (T, n_x, m)
    d_state_0 : PeepholeState
        Gradient for the initial state, (n_a, m).

    Raises
    ------
    ValueError
        If an array has another shape, or is not of floats.

    Source: docs/peephole.md, equations 7 to 14.
    """
    W_f, _, W_u, _, W_c, _, W_o, _, p_f, p_u, p_o = params
    a_T, c_T = tape.states[-1]
    n_a, m, T = *a_T.shape, len(tape.values)
    check("da", da, T, n_a, m)
    zeros = PeepholeState(np.zeros_like(a_T), np.zeros_like(c_T))
    da_next, dc_next = zeros if d_state_T is None else d_state_T
    check("d_state_T.a", da_next, n_a, m)
    check("d_state_T.c", dc_next, n_a, m)
    W = np.concatenate((W_f, W_u, W_c, W_o))  # (4 * n_a, n_a + n_x)
    dp_f, dp_u, dp_o = (np.zeros_like(p) for p in (p_f, p_u, p_o))
    dz = np.empty((len(W), T, m), a_T.dtype)
    a_x = np.empty((W.shape[1], T, m), a_T.dtype)
    dx = np.empty((T, W.shape[1] - n_a, m), a_T.dtype)
    # --8<-- [start:backward-body]
    for t in reversed(range(T)):
        a_x[:, t], gamma_f, gamma_u, c_tilde, gamma_o, tanh_c = tape.values[t]
        c_prev, c_t = tape.states[t].c, tape.states[t + 1].c
        da_t = da[t] + da_next  # total, eq. 7
        dz_o = da_t * tanh_c * gamma_o * (1 - gamma_o)  # eq. 8
        through_a = da_t * gamma_o * (1 - tanh_c**2)
        dc_t = dc_next + through_a + p_o * dz_o  # total, eq. 9
        dz_f = dc_t * c_prev * gamma_f * (1 - gamma_f)  # eq. 10
        dz_u = dc_t * c_tilde * gamma_u * (1 - gamma_u)  # eq. 11
        dz_c = dc_t * gamma_u * (1 - c_tilde**2)  # eq. 12
        dc_next = gamma_f * dc_t + p_f * dz_f + p_u * dz_u  # eq. 13
        dp_f += (dz_f * c_prev).sum(axis=1, keepdims=True)  # eq. 14
        dp_u += (dz_u * c_prev).sum(axis=1, keepdims=True)
        dp_o += (dz_o * c_t).sum(axis=1, keepdims=True)
        dz[:, t] = np.concatenate((dz_f, dz_u, dz_c, dz_o))
        da_x = W.T @ dz[:, t]  # (n_a + n_x, m)
        da_next, dx[t] = da_x[:n_a], da_x[n_a:]
    dW = np.tensordot(dz, a_x, axes=((1, 2), (1, 2)))
    db = dz.sum(axis=(1, 2))[:, None]
    # --8<-- [end:backward-body]
    dW_f, dW_u, dW_c, dW_o = np.split(dW, 4)
    db_f, db_u, db_c, db_o = np.split(db, 4)
    d_params = PeepholeParams(
        *(dW_f, db_f, dW_u, db_u, dW_c, db_c, dW_o, db_o, dp_f, dp_u, dp_o)
    )
    return d_params, dx, PeepholeState(da_next.copy(), dc_next.copy())


# --8<-- [end:backward]
