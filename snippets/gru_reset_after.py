# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""GRU whose reset gate acts after the product, as in PyTorch and Keras.

NumPy only. Explained in docs/gru-reset-after.md, proven in
tests/test_gru_reset_after.py.
"""

# --8<-- [start:imports]
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:types]
class GRUResetAfterParams(NamedTuple):
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
    b_rc: np.ndarray  # (n_a, 1)


class GRUResetAfterState(NamedTuple):
    """What one step passes on to the next."""

    a: np.ndarray  # (n_a, m)


class GRUResetAfterValues(NamedTuple):
    """Intermediate values of one step that the backward pass reuses."""

    x_t: np.ndarray  # (n_x, m)
    gamma_u: np.ndarray  # (n_a, m)
    gamma_r: np.ndarray  # (n_a, m)
    recalled: np.ndarray  # (n_a, m)
    c_tilde: np.ndarray  # (n_a, m)


class GRUResetAfterTape(NamedTuple):
    """What the backward pass needs; it owns its arrays."""

    states: list[GRUResetAfterState]  # before the first step and after each
    values: list[GRUResetAfterValues]  # of each step


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


def check_state(name: str, cls: type, state, n_a: int, like) -> tuple:
    """Return a state as its NamedTuple; None stands for a state of zeros."""
    if state is None:
        zeros = np.zeros((n_a, like.shape[-1]), like.dtype)
        return cls(*(zeros.copy() for _ in cls._fields))
    state = as_named(name, cls, state)
    for field, array in zip(cls._fields, state):
        check(f"{name}.{field}", array, n_a, like.shape[-1])
    return state


def check_gru_reset_after(params) -> tuple[GRUResetAfterParams, int, int]:
    """Check the weights; return them by name, with n_a and n_x."""
    params = as_named("params", GRUResetAfterParams, params)
    check("W_u", params.W_u, "n_a", "n_x")
    n_a, n_x = params.W_u.shape
    columns = {"W": n_x, "U": n_a, "b": 1}
    for name, array in zip(params._fields, params):
        check(name, array, n_a, columns[name[0]])
    return params, n_a, n_x


# --8<-- [end:check]


# --8<-- [start:init]
def init_gru_reset_after(
    rng: np.random.Generator,
    n_x: int,
    n_a: int,
    *,
    input_scale: float | None = None,
    update_bias: float = 0.0,
    dtype=np.float64,
) -> GRUResetAfterParams:
    """Draw weights so that input and hidden state count about alike.

    The other biases start at zero.

    Parameters
    ----------
    rng : numpy.random.Generator
        The same seed draws the same weights.
    n_x, n_a : int
        Number of inputs and of units, at least 1.
    input_scale : float, optional
        Standard deviation of the weights of the input: 1 / sqrt(n_x) if
        it is not given, which suits inputs of unit variance. For one-hot
        input take 1, because just one of its columns is read at a time.
        The weights of the hidden state have 1 / sqrt(n_a).
    update_bias : float, optional
        What b_u starts with. Below 0 the update gate starts nearly shut, so
        the untrained cell keeps its state for longer.
    dtype : float type, optional

    Returns
    -------
    params : GRUResetAfterParams

    Raises
    ------
    ValueError
        If a size is below 1, the scale is not a number from 0 on, or
        dtype is not a float type.

    Source: docs/initialisation.md, this book's rule.
    """
    if min(n_x, n_a) < 1 or np.dtype(dtype).kind != "f":
        raise ValueError(
            "expected n_x and n_a of at least 1 and a float dtype, "
            f"got {n_x}, {n_a} and {np.dtype(dtype)}"
        )
    input_scale = n_x**-0.5 if input_scale is None else input_scale
    if not 0 <= input_scale < np.inf:
        raise ValueError(f"expected input_scale from 0 on, got {input_scale}")
    W_u, W_r, W_c = rng.normal(scale=input_scale, size=(3, n_a, n_x))
    U_u, U_r, U_c = rng.normal(scale=n_a**-0.5, size=(3, n_a, n_a))
    b = np.zeros((n_a, 1))
    weights = (W_u, U_u, b + update_bias, W_r, U_r, b, W_c, U_c, b, b)
    return GRUResetAfterParams(*(w.astype(dtype) for w in weights))


# --8<-- [end:init]


# --8<-- [start:sigmoid]
def sigmoid(z: np.ndarray) -> np.ndarray:
    """Squeeze to (0, 1) by way of tanh, which never overflows."""
    return 0.5 + 0.5 * np.tanh(0.5 * z)


# --8<-- [end:sigmoid]


# --8<-- [start:step]
def gru_reset_after_step(
    params: GRUResetAfterParams, x_t: np.ndarray, state=None
) -> tuple[GRUResetAfterState, GRUResetAfterValues]:
    """Compute one step in time.

    Parameters
    ----------
    params : GRUResetAfterParams
        Or a tuple or list of the same arrays in the same order.
    x_t : ndarray of shape (n_x, m)
        Input of this step, one example in each column.
    state : GRUResetAfterState, optional
        Hidden state before the step, (n_a, m);
        zeros if it is not given. A plain tuple or list is fine, too.

    Returns
    -------
    state : GRUResetAfterState
        Hidden state after the step, (n_a, m).
    values : GRUResetAfterValues
        Intermediate values that the backward pass reuses.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: Cho et al. (2014), first version;
    docs/gru-reset-after.md, equations 1 to 5.
    """
    params, n_a, n_x = check_gru_reset_after(params)
    check("x_t", x_t, n_x, "m")
    state = check_state("state", GRUResetAfterState, state, n_a, x_t)
    return _gru_reset_after_step(params, x_t.copy(), state)


def _gru_reset_after_step(params, x_t, state):
    """Compute a step whose arguments were checked by the caller."""
    W_u, U_u, b_u, W_r, U_r, b_r, W_c, U_c, b_c, b_rc = params
    a_prev = state.a
    # --8<-- [start:gates-body]
    gamma_u = sigmoid(W_u @ x_t + U_u @ a_prev + b_u)  # (n_a, m), eq. 1
    gamma_r = sigmoid(W_r @ x_t + U_r @ a_prev + b_r)  # eq. 2
    # --8<-- [end:gates-body]
    # --8<-- [start:recalled-body]
    recalled = U_c @ a_prev + b_rc  # (n_a, m), eq. 3
    # --8<-- [end:recalled-body]
    # --8<-- [start:output-body]
    c_tilde = np.tanh(W_c @ x_t + b_c + gamma_r * recalled)  # eq. 4
    a_t = (1 - gamma_u) * a_prev + gamma_u * c_tilde  # (n_a, m), eq. 5
    # --8<-- [end:output-body]
    values = GRUResetAfterValues(x_t, gamma_u, gamma_r, recalled, c_tilde)
    return GRUResetAfterState(a_t), values


# --8<-- [end:step]


# --8<-- [start:forward]
def gru_reset_after_forward(
    params: GRUResetAfterParams, x: np.ndarray, state_0=None
) -> tuple[np.ndarray, GRUResetAfterState, GRUResetAfterTape]:
    """Run the cell over a whole sequence.

    Parameters
    ----------
    params : GRUResetAfterParams
        Or a tuple or list of the same arrays in the same order.
    x : ndarray of shape (T, n_x, m)
        The sequence, time first. T may be 0.
    state_0 : GRUResetAfterState, optional
        Hidden state before the first step, (n_a, m);
        zeros if it is not given. A plain tuple or list is fine, too.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Hidden state after each step.
    state_T : GRUResetAfterState
        State after the last step.
    tape : GRUResetAfterTape
        What `gru_reset_after_backward` needs.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/gru-reset-after.md, equations 1 to 5.
    """
    params, n_a, n_x = check_gru_reset_after(params)
    check("x", x, "T", n_x, "m")
    state = check_state("state", GRUResetAfterState, state_0, n_a, x)
    dtype = np.result_type(x, *params, *state)
    a = np.empty((len(x), *state.a.shape), dtype)
    tape = GRUResetAfterTape(
        [GRUResetAfterState(*(s.copy() for s in state))], []
    )
    x = x.copy()  # the tape keeps it
    # --8<-- [start:forward-body]
    for t, x_t in enumerate(x):
        state, values = _gru_reset_after_step(params, x_t, state)
        tape.states.append(state)
        tape.values.append(values)
        a[t] = state.a
    # --8<-- [end:forward-body]
    return a, GRUResetAfterState(*(s.copy() for s in state)), tape


# --8<-- [end:forward]


# --8<-- [start:backward]
OVER_TIME = ((1, 2), (1, 2))  # a sum over steps and examples


def gru_reset_after_backward(
    params: GRUResetAfterParams,
    tape: GRUResetAfterTape,
    da: np.ndarray,
    d_state_T=None,
) -> tuple[GRUResetAfterParams, np.ndarray, GRUResetAfterState]:
    """Send the gradient back through time.

    Parameters
    ----------
    params : GRUResetAfterParams
        Those that `gru_reset_after_forward` was given.
    tape : GRUResetAfterTape
        From `gru_reset_after_forward`.
    da : ndarray of shape (T, n_a, m)
        Gradient that reaches each a_t directly from the loss.
    d_state_T : GRUResetAfterState, optional
        Gradient that reaches the last state from elsewhere, (n_a, m);
        zeros if it is not given.

    Returns
    -------
    d_params : GRUResetAfterParams
        Gradient with respect to each weight, same shapes as `params`.
    dx : ndarray of shape (T, n_x, m)
        Gradient with respect to the input.
    d_state_0 : GRUResetAfterState
        Gradient with respect to the initial state, (n_a, m).

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/gru-reset-after.md, equations 6 to 12.
    """
    params, n_a, n_x = check_gru_reset_after(params)
    a_T = tape.states[-1].a
    check("tape.states[-1].a", a_T, n_a, "m")
    T, m, dtype = len(tape.values), a_T.shape[1], a_T.dtype
    check("da", da, T, n_a, m)
    d_state = check_state(
        "d_state_T", GRUResetAfterState, d_state_T, n_a, a_T
    )
    da_next = d_state.a
    W_u, U_u, _, W_r, U_r, _, W_c, U_c, _, _ = params
    dz = np.empty((4 * n_a, T, m), dtype)
    a_before = np.empty((n_a, T, m), dtype)
    x = np.empty((n_x, T, m), dtype)
    dx = np.empty((T, n_x, m), dtype)
    # --8<-- [start:backward-body]
    for t in reversed(range(T)):
        x[:, t], gamma_u, gamma_r, recalled, c_tilde = tape.values[t]
        a_prev = tape.states[t].a
        # --8<-- [start:total-body]
        da_t = da[t] + da_next  # total, eq. 6
        # --8<-- [end:total-body]
        # --8<-- [start:slopes-body]
        dz_u = da_t * (c_tilde - a_prev) * gamma_u * (1 - gamma_u)  # eq. 7
        dz_c = da_t * gamma_u * (1 - c_tilde**2)  # eq. 8
        dz_r = dz_c * recalled * gamma_r * (1 - gamma_r)  # eq. 9
        d_recalled = dz_c * gamma_r  # (n_a, m), eq. 10
        # --8<-- [end:slopes-body]
        dx[t] = W_u.T @ dz_u + W_r.T @ dz_r + W_c.T @ dz_c  # eq. 12
        da_next = (1 - gamma_u) * da_t + U_c.T @ d_recalled  # eq. 6
        da_next += U_u.T @ dz_u + U_r.T @ dz_r
        a_before[:, t] = a_prev
        dz[:, t] = np.concatenate((dz_c, dz_u, dz_r, d_recalled))
    # Three of the four belong to each matrix: c, u, r to W, u, r, c to U.
    dW = np.tensordot(dz[: 3 * n_a], x, axes=OVER_TIME)  # eq. 11
    dU = np.tensordot(dz[n_a:], a_before, axes=OVER_TIME)
    db = dz.sum(axis=(1, 2))[:, None]
    # --8<-- [end:backward-body]
    dW_c, dW_u, dW_r = np.split(dW, 3)
    dU_u, dU_r, dU_c = np.split(dU, 3)
    db_c, db_u, db_r, db_rc = np.split(db, 4)
    d_params = GRUResetAfterParams(
        *(dW_u, dU_u, db_u, dW_r, dU_r, db_r, dW_c, dU_c, db_c, db_rc)
    )
    return d_params, dx, GRUResetAfterState(da_next.copy())


# --8<-- [end:backward]
