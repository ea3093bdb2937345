# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""MinGRU: a GRU whose gate reads the input only, so that a scan computes it.

NumPy only. Explained in docs/mingru.md, proven in tests/test_mingru.py.
"""

# --8<-- [start:imports]
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:types]
class MinGRUParams(NamedTuple):
    """Weights of the cell, in the order of the equations."""

    W_u: np.ndarray  # (n_a, n_x)
    b_u: np.ndarray  # (n_a, 1)
    W_c: np.ndarray  # (n_a, n_x)
    b_c: np.ndarray  # (n_a, 1)


class MinGRUState(NamedTuple):
    """What one step passes on to the next."""

    a: np.ndarray  # (n_a, m)


class MinGRUValues(NamedTuple):
    """Intermediate values of one step that the backward pass reuses."""

    x_t: np.ndarray  # (n_x, m)
    gamma_u: np.ndarray  # (n_a, m)
    c_tilde: np.ndarray  # (n_a, m)


class MinGRUTape(NamedTuple):
    """What the backward pass needs; it owns its arrays."""

    states: list[MinGRUState]  # before the first step and after each
    values: list[MinGRUValues]  # of each step


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


def check_mingru(params) -> tuple[MinGRUParams, int, int]:
    """Check the weights; return them by name, with n_a and n_x."""
    params = as_named("params", MinGRUParams, params)
    check("W_u", params.W_u, "n_a", "n_x")
    n_a, n_x = params.W_u.shape
    columns = {"W": n_x, "b": 1}
    for name, array in zip(params._fields, params):
        check(name, array, n_a, columns[name[0]])
    return params, n_a, n_x


# --8<-- [end:check]


# --8<-- [start:init]
def init_mingru(
    rng: np.random.Generator,
    n_x: int,
    n_a: int,
    *,
    input_scale: float | None = None,
    update_bias: float = 0.0,
    dtype=np.float64,
) -> MinGRUParams:
    """Draw weights so that a candidate has about the variance of its input.

    The other bias starts at zero.

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
    update_bias : float, optional
        What b_u starts with. Below 0 the update gate starts nearly shut, so
        the untrained cell keeps its state for longer.
    dtype : float type, optional

    Returns
    -------
    params : MinGRUParams

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
    W_u, W_c = rng.normal(scale=input_scale, size=(2, n_a, n_x))
    b = np.zeros((n_a, 1))
    weights = (W_u, b + update_bias, W_c, b)
    return MinGRUParams(*(w.astype(dtype) for w in weights))


# --8<-- [end:init]


# --8<-- [start:sigmoid]
def sigmoid(z: np.ndarray) -> np.ndarray:
    """Squeeze to (0, 1) by way of tanh, which never overflows."""
    return 0.5 + 0.5 * np.tanh(0.5 * z)


# --8<-- [end:sigmoid]


# --8<-- [start:step]
def mingru_step(
    params: MinGRUParams, x_t: np.ndarray, state=None
) -> tuple[MinGRUState, MinGRUValues]:
    """Compute one step in time.

    Parameters
    ----------
    params : MinGRUParams
        Or a tuple or list of the same arrays in the same order.
    x_t : ndarray of shape (n_x, m)
        Input of this step, one example in each column.
    state : MinGRUState, optional
        Hidden state before the step, (n_a, m);
        zeros if it is not given. A plain tuple or list is fine, too.

    Returns
    -------
    state : MinGRUState
        Hidden state after the step, (n_a, m).
    values : MinGRUValues
        Intermediate values that the backward pass reuses.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: Feng et al. (2024); docs/mingru.md, equations 1 to 3.
    """
    params, n_a, n_x = check_mingru(params)
    check("x_t", x_t, n_x, "m")
    state = check_state("state", MinGRUState, state, n_a, x_t)
    return _mingru_step(params, x_t.copy(), state)


def _mingru_step(params, x_t, state):
    """Compute a step whose arguments were checked by the caller."""
    W_u, b_u, W_c, b_c = params
    a_prev = state.a
    # --8<-- [start:gate-body]
    gamma_u = sigmoid(W_u @ x_t + b_u)  # (n_a, m), eq. 1
    # --8<-- [end:gate-body]
    # --8<-- [start:candidate-body]
    c_tilde = W_c @ x_t + b_c  # (n_a, m), eq. 2
    # --8<-- [end:candidate-body]
    # --8<-- [start:mix-body]
    a_t = (1 - gamma_u) * a_prev + gamma_u * c_tilde  # (n_a, m), eq. 3
    # --8<-- [end:mix-body]
    return MinGRUState(a_t), MinGRUValues(x_t, gamma_u, c_tilde)


# --8<-- [end:step]


# --8<-- [start:forward]
def mingru_forward(
    params: MinGRUParams, x: np.ndarray, state_0=None
) -> tuple[np.ndarray, MinGRUState, MinGRUTape]:
    """Run the cell over a whole sequence.

    Parameters
    ----------
    params : MinGRUParams
        Or a tuple or list of the same arrays in the same order.
    x : ndarray of shape (T, n_x, m)
        The sequence, time first. T may be 0.
    state_0 : MinGRUState, optional
        Hidden state before the first step, (n_a, m);
        zeros if it is not given. A plain tuple or list is fine, too.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Hidden state after each step.
    state_T : MinGRUState
        State after the last step.
    tape : MinGRUTape
        What `mingru_backward` needs.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/mingru.md, equations 1 to 3.
    """
    params, n_a, n_x = check_mingru(params)
    check("x", x, "T", n_x, "m")
    state = check_state("state", MinGRUState, state_0, n_a, x)
    dtype = np.result_type(x, *params, *state)
    a = np.empty((len(x), *state.a.shape), dtype)
    tape = MinGRUTape([MinGRUState(*(s.copy() for s in state))], [])
    x = x.copy()  # the tape keeps it
    # --8<-- [start:forward-body]
    for t, x_t in enumerate(x):
        state, values = _mingru_step(params, x_t, state)
        tape.states.append(state)
        tape.values.append(values)
        a[t] = state.a
    # --8<-- [end:forward-body]
    return a, MinGRUState(*(s.copy() for s in state)), tape


# --8<-- [end:forward]


# --8<-- [start:scan]
def mingru_scan(
    params: MinGRUParams, x: np.ndarray, state_0=None, *, scan
) -> tuple[np.ndarray, MinGRUState, MinGRUTape]:
    """Do what `mingru_forward` does, all steps at once.

    Parameters
    ----------
    params : MinGRUParams
        Or a tuple or list of the same arrays in the same order.
    x : ndarray of shape (T, n_x, m)
        The sequence, time first. T may be 0.
    state_0 : MinGRUState, optional
        Hidden state before the first step, (n_a, m);
        zeros if it is not given. A plain tuple or list is fine, too.
    scan : function
        `scan(f, s, a_0)` solves a_t = f_t * a_prev + s_t for all steps, for
        example `scan_doubling` of scan.py.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Hidden state after each step.
    state_T : MinGRUState
        State after the last step.
    tape : MinGRUTape
        What `mingru_backward` needs.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: Martin and Cundy (2018); docs/mingru.md, equations 1 to 3.
    """
    params, n_a, n_x = check_mingru(params)
    check("x", x, "T", n_x, "m")
    state = check_state("state", MinGRUState, state_0, n_a, x)
    W_u, b_u, W_c, b_c = params
    # --8<-- [start:scan-body]
    gamma_u = sigmoid(W_u @ x + b_u)  # (T, n_a, m)
    c_tilde = W_c @ x + b_c  # (T, n_a, m)
    a = scan(1 - gamma_u, gamma_u * c_tilde, state.a)  # (T, n_a, m)
    # --8<-- [end:scan-body]
    states = [MinGRUState(a_t) for a_t in (state.a.copy(), *a.copy())]
    values = list(map(MinGRUValues, x.copy(), gamma_u, c_tilde))
    state_T = MinGRUState(states[-1].a.copy())
    return a, state_T, MinGRUTape(states, values)


# --8<-- [end:scan]


# --8<-- [start:backward]
OVER_TIME = ((1, 2), (1, 2))  # a sum over steps and examples


def mingru_backward(
    params: MinGRUParams, tape: MinGRUTape, da: np.ndarray, d_state_T=None
) -> tuple[MinGRUParams, np.ndarray, MinGRUState]:
    """Send the gradient back through time.

    Parameters
    ----------
    params : MinGRUParams
        Those that the forward pass was given.
    tape : MinGRUTape
        From `mingru_forward` or `mingru_scan`.
    da : ndarray of shape (T, n_a, m)
        Gradient that reaches each a_t directly from the loss.
    d_state_T : MinGRUState, optional
        Gradient that reaches the last state from elsewhere, (n_a, m);
        zeros if it is not given.

    Returns
    -------
    d_params : MinGRUParams
        Gradient with respect to each weight, same shapes as `params`.
    dx : ndarray of shape (T, n_x, m)
        Gradient with respect to the input.
    d_state_0 : MinGRUState
        Gradient with respect to the initial state, (n_a, m).

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/mingru.md, equations 4 to 8.
    """
    params, n_a, n_x = check_mingru(params)
    a_T = tape.states[-1].a
    check("tape.states[-1].a", a_T, n_a, "m")
    T, m, dtype = len(tape.values), a_T.shape[1], a_T.dtype
    check("da", da, T, n_a, m)
    d_state = check_state("d_state_T", MinGRUState, d_state_T, n_a, a_T)
    da_next = d_state.a
    W_u, _, W_c, _ = params
    dz = np.empty((2 * n_a, T, m), dtype)
    x = np.empty((n_x, T, m), dtype)
    dx = np.empty((T, n_x, m), dtype)
    # --8<-- [start:backward-body]
    for t in reversed(range(T)):
        x[:, t], gamma_u, c_tilde = tape.values[t]
        a_prev = tape.states[t].a
        # --8<-- [start:total-body]
        da_t = da[t] + da_next  # total, eq. 4
        # --8<-- [end:total-body]
        # --8<-- [start:slopes-body]
        dz_u = da_t * (c_tilde - a_prev) * gamma_u * (1 - gamma_u)  # eq. 5
        dz_c = da_t * gamma_u  # eq. 6
        # --8<-- [end:slopes-body]
        # --8<-- [start:input-body]
        dx[t] = W_u.T @ dz_u + W_c.T @ dz_c  # eq. 8
        # --8<-- [end:input-body]
        # --8<-- [start:path-body]
        da_next = (1 - gamma_u) * da_t  # eq. 4
        # --8<-- [end:path-body]
        dz[:, t] = np.concatenate((dz_u, dz_c))
    # --8<-- [start:weights-body]
    dW = np.tensordot(dz, x, axes=OVER_TIME)  # eq. 7
    db = dz.sum(axis=(1, 2))[:, None]
    # --8<-- [end:weights-body]
    # --8<-- [end:backward-body]
    (dW_u, dW_c), (db_u, db_c) = np.split(dW, 2), np.split(db, 2)
    d_params = MinGRUParams(dW_u, db_u, dW_c, db_c)
    return d_params, dx, MinGRUState(da_next.copy())


# --8<-- [end:backward]
