# SPDX-License-Identifier: MIT-0
"""SSM: a selective state space cell, as in Mamba: memories that fade.

NumPy only. Explained in docs/ssm.md, proven in tests/test_ssm.py.
"""

# --8<-- [start:imports]
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:types]
class SSMParams(NamedTuple):
    """Weights of the cell, in the order of the equations."""

    W_c: np.ndarray  # (n_a, n_x)
    b_c: np.ndarray  # (n_a, 1)
    W_delta: np.ndarray  # (n_a, n_x)
    b_delta: np.ndarray  # (n_a, 1)
    A_log: np.ndarray  # (n_a, n_s)
    W_write: np.ndarray  # (n_s, n_x)
    W_read: np.ndarray  # (n_s, n_x)
    D: np.ndarray  # (n_a, 1)


class SSMState(NamedTuple):
    """What one step passes on to the next; only h is read there."""

    a: np.ndarray  # (n_a, m)
    h: np.ndarray  # (n_a, n_s, m)


class SSMValues(NamedTuple):
    """Intermediate values of one step that the backward pass reuses."""

    x_t: np.ndarray  # (n_x, m)
    c_tilde: np.ndarray  # (n_a, m)
    delta: np.ndarray  # (n_a, m)
    f: np.ndarray  # (n_a, n_s, m)
    slope: np.ndarray  # (n_a, n_s, m)
    B_t: np.ndarray  # (n_s, m)
    C_t: np.ndarray  # (n_s, m)


class SSMTape(NamedTuple):
    """What the backward pass needs; it owns its arrays."""

    states: list[SSMState]  # before the first step and after each
    values: list[SSMValues]  # of each step


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


def check_ssm_state(name: str, state, n_a: int, n_s: int, like) -> SSMState:
    """Return a state as its NamedTuple; None stands for a state of zeros."""
    m = like.shape[-1]
    if state is None:
        sizes = (n_a, m), (n_a, n_s, m)
        return SSMState(*(np.zeros(size, like.dtype) for size in sizes))
    state = as_named(name, SSMState, state)
    check(f"{name}.a", state.a, n_a, m)
    check(f"{name}.h", state.h, n_a, n_s, m)
    return state


def check_ssm(params) -> tuple[SSMParams, int, int, int]:
    """Check the weights; return them by name, with n_a, n_x and n_s."""
    params = as_named("params", SSMParams, params)
    check("W_c", params.W_c, "n_a", "n_x")
    n_a, n_x = params.W_c.shape
    check("W_write", params.W_write, "n_s", n_x)
    n_s = len(params.W_write)
    unit, memory, columns = (n_a, 1), (n_s, n_x), (n_a, n_x)
    sizes = (columns, unit, columns, unit, (n_a, n_s), memory, memory, unit)
    for name, array, size in zip(params._fields, params, sizes):
        check(name, array, *size)
    return params, n_a, n_x, n_s


# --8<-- [end:check]


# --8<-- [start:init]
def init_ssm(
    rng: np.random.Generator,
    n_x: int,
    n_a: int,
    *,
    n_s: int = 8,
    input_scale: float | None = None,
    dtype=np.float64,
) -> SSMParams:
    """Draw weights so that the memories fade at many different rates.

    The memories of a unit have the rates 1 to n_s, and b_delta makes the
    step size of each unit one of 0.001 to 0.1 where the input is 0.

    Parameters
    ----------
    rng : numpy.random.Generator
        The same seed draws the same weights.
    n_x, n_a : int
        Number of inputs and of units, at least 1.
    n_s : int, optional
        Number of memories of each unit, at least 1.
    input_scale : float, optional
        Standard deviation of the weights of the input: 1 / sqrt(n_x) if
        it is not given, which suits inputs of unit variance. For one-hot
        input take 1, because just one of its columns is read at a time.
    dtype : float type, optional

    Returns
    -------
    params : SSMParams

    Raises
    ------
    ValueError
        If a size is below 1, the scale is not a number from 0 on, or
        dtype is not a float type.

    Source: Gu and Dao (2023), and docs/initialisation.md, this book's rule.
    """
    if min(n_x, n_a, n_s) < 1 or np.dtype(dtype).kind != "f":
        raise ValueError(
            "expected n_x and n_a of at least 1 and a float dtype, "
            f"got {n_x}, {n_a} and {np.dtype(dtype)}, with n_s = {n_s}"
        )
    input_scale = n_x**-0.5 if input_scale is None else input_scale
    if not 0 <= input_scale < np.inf:
        raise ValueError(f"expected input_scale from 0 on, got {input_scale}")
    W = rng.normal(scale=input_scale, size=(2 * (n_a + n_s), n_x))
    W_c, W_delta, W_write, W_read = np.split(W, [n_a, 2 * n_a, 2 * n_a + n_s])
    # --8<-- [start:init-body]
    A_log = np.tile(np.log(np.arange(1, n_s + 1)), (n_a, 1))  # (n_a, n_s)
    delta = np.exp(rng.uniform(np.log(0.001), np.log(0.1), (n_a, 1)))
    b_delta = np.log(np.expm1(delta))  # the inverse of softplus
    # --8<-- [end:init-body]
    b_c, D = np.zeros((n_a, 1)), np.ones((n_a, 1))
    weights = (W_c, b_c, W_delta, b_delta, A_log, W_write, W_read, D)
    return SSMParams(*(w.astype(dtype) for w in weights))


# --8<-- [end:init]


# --8<-- [start:step]
def ssm_step(
    params: SSMParams, x_t: np.ndarray, state=None, *, negative: bool = False
) -> tuple[SSMState, SSMValues]:
    """Compute one step in time.

    Parameters
    ----------
    params : SSMParams
        Or a tuple or list of the same arrays in the same order.
    x_t : ndarray of shape (n_x, m)
        Input of this step, one example in each column.
    state : SSMState, optional
        Hidden state before the step, (n_a, m), which is not read, and
        memories, (n_a, n_s, m);
        zeros if it is not given. A plain tuple or list is fine, too.
    negative : bool, optional
        Let the factors lie between -1 and 1 instead of 0 and 1.

    Returns
    -------
    state : SSMState
        Hidden state after the step, (n_a, m), and memories,
        (n_a, n_s, m).
    values : SSMValues
        Intermediate values that the backward pass reuses.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: Gu and Dao (2023); docs/ssm.md, equations 1 to 8.
    """
    params, n_a, n_x, n_s = check_ssm(params)
    check("x_t", x_t, n_x, "m")
    state = check_ssm_state("state", state, n_a, n_s, x_t)
    return _ssm_step(params, x_t.copy(), state, negative)


def _ssm_step(params, x_t, state, negative):
    """Compute a step whose arguments were checked by the caller."""
    W_c, b_c, W_delta, b_delta, A_log, W_write, W_read, D = params
    h_prev = state.h
    # --8<-- [start:candidate-body]
    c_tilde = W_c @ x_t + b_c  # (n_a, m), eq. 1
    # --8<-- [end:candidate-body]
    # --8<-- [start:delta-body]
    delta = np.logaddexp(0, W_delta @ x_t + b_delta)  # (n_a, m), eq. 2
    # --8<-- [end:delta-body]
    # --8<-- [start:factor-body]
    A = -np.exp(A_log)  # (n_a, n_s), eq. 3
    f = np.exp(delta[:, None] * A[:, :, None])  # (n_a, n_s, m), eq. 4
    # --8<-- [end:factor-body]
    slope = f  # of exp
    # --8<-- [start:negative-body]
    if negative:
        f, slope = 2 * f - 1, 2 * f
    # --8<-- [end:negative-body]
    # --8<-- [start:memory-body]
    B_t = W_write @ x_t  # (n_s, m), eq. 5
    h_t = f * h_prev + (delta * c_tilde)[:, None] * B_t  # eq. 6
    # --8<-- [end:memory-body]
    # --8<-- [start:read-body]
    C_t = W_read @ x_t  # (n_s, m), eq. 7
    a_t = (C_t * h_t).sum(axis=1) + D * c_tilde  # (n_a, m), eq. 8
    # --8<-- [end:read-body]
    values = SSMValues(x_t, c_tilde, delta, f, slope, B_t, C_t)
    return SSMState(a_t, h_t), values


# --8<-- [end:step]


# --8<-- [start:forward]
def ssm_forward(
    params: SSMParams, x: np.ndarray, state_0=None, *, negative: bool = False
) -> tuple[np.ndarray, SSMState, SSMTape]:
    """Run the cell over a whole sequence.

    Parameters
    ----------
    params : SSMParams
        Or a tuple or list of the same arrays in the same order.
    x : ndarray of shape (T, n_x, m)
        The sequence, time first. T may be 0.
    state_0 : SSMState, optional
        Hidden state before the first step, (n_a, m), which is not read,
        and memories, (n_a, n_s, m);
        zeros if it is not given. A plain tuple or list is fine, too.
    negative : bool, optional
        Let the factors lie between -1 and 1 instead of 0 and 1.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Hidden state after each step.
    state_T : SSMState
        State after the last step.
    tape : SSMTape
        What `ssm_backward` needs.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/ssm.md, equations 1 to 8.
    """
    params, n_a, n_x, n_s = check_ssm(params)
    check("x", x, "T", n_x, "m")
    state = check_ssm_state("state", state_0, n_a, n_s, x)
    dtype = np.result_type(x, *params, *state)
    a = np.empty((len(x), *state.a.shape), dtype)
    tape = SSMTape([SSMState(*(s.copy() for s in state))], [])
    x = x.copy()  # the tape keeps it
    # --8<-- [start:forward-body]
    for t, x_t in enumerate(x):
        state, values = _ssm_step(params, x_t, state, negative)
        tape.states.append(state)
        tape.values.append(values)
        a[t] = state.a
    # --8<-- [end:forward-body]
    return a, SSMState(*(s.copy() for s in state)), tape


# --8<-- [end:forward]


# --8<-- [start:scan]
def ssm_scan(
    params: SSMParams,
    x: np.ndarray,
    state_0=None,
    *,
    scan,
    negative: bool = False,
) -> tuple[np.ndarray, SSMState, SSMTape]:
    """Do what `ssm_forward` does, all steps at once.

    Parameters
    ----------
    params : SSMParams
        Or a tuple or list of the same arrays in the same order.
    x : ndarray of shape (T, n_x, m)
        The sequence, time first. T may be 0.
    state_0 : SSMState, optional
        Hidden state before the first step, (n_a, m), which is not read,
        and memories, (n_a, n_s, m);
        zeros if it is not given. A plain tuple or list is fine, too.
    scan : function
        `scan(f, s, a_0)` solves a_t = f_t * a_prev + s_t for all steps, for
        example `scan_doubling` of scan.py.
    negative : bool, optional
        Let the factors lie between -1 and 1 instead of 0 and 1.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Hidden state after each step.
    state_T : SSMState
        State after the last step.
    tape : SSMTape
        What `ssm_backward` needs.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/ssm.md, equations 1 to 8.
    """
    params, n_a, n_x, n_s = check_ssm(params)
    check("x", x, "T", n_x, "m")
    state = check_ssm_state("state", state_0, n_a, n_s, x)
    W_c, b_c, W_delta, b_delta, A_log, W_write, W_read, D = params
    # --8<-- [start:scan-body]
    c_tilde = W_c @ x + b_c  # (T, n_a, m)
    delta = np.logaddexp(0, W_delta @ x + b_delta)  # (T, n_a, m)
    B, C = W_write @ x, W_read @ x  # each (T, n_s, m)
    f = np.exp(-delta[:, :, None] * np.exp(A_log)[:, :, None])
    slope = f  # of exp
    if negative:
        f, slope = 2 * f - 1, 2 * f
    s = (delta * c_tilde)[:, :, None] * B[:, None]  # (T, n_a, n_s, m)
    flat = (len(x), n_a * n_s, x.shape[2])  # as if each memory were a unit
    h = scan(f.reshape(flat), s.reshape(flat), state.h.reshape(flat[1:]))
    h = h.reshape(f.shape)  # (T, n_a, n_s, m)
    a = (C[:, None] * h).sum(axis=2) + D * c_tilde  # (T, n_a, m)
    # --8<-- [end:scan-body]
    pairs = zip((state.a, *a), (state.h, *h))
    states = [SSMState(a_t.copy(), h_t.copy()) for a_t, h_t in pairs]
    arrays = (x.copy(), c_tilde, delta, f, slope, B, C)
    state_T = SSMState(*(s.copy() for s in states[-1]))
    return a, state_T, SSMTape(states, list(map(SSMValues, *arrays)))


# --8<-- [end:scan]


# --8<-- [start:backward]
OVER_TIME = ((1, 2), (1, 2))  # a sum over steps and examples


def ssm_backward(
    params: SSMParams, tape: SSMTape, da: np.ndarray, d_state_T=None
) -> tuple[SSMParams, np.ndarray, SSMState]:
    """Send the gradient back through time.

    Parameters
    ----------
    params : SSMParams
        Those that the forward pass was given.
    tape : SSMTape
        From `ssm_forward` or `ssm_scan`.
    da : ndarray of shape (T, n_a, m)
        Gradient that reaches each a_t directly from the loss.
    d_state_T : SSMState, optional
        Gradients that reach the last state from elsewhere, (n_a, m) and
        (n_a, n_s, m); zeros if it is not given.

    Returns
    -------
    d_params : SSMParams
        Gradient with respect to each weight, same shapes as `params`.
    dx : ndarray of shape (T, n_x, m)
        Gradient with respect to the input.
    d_state_0 : SSMState
        Gradients with respect to the initial state, (n_a, m) and
        (n_a, n_s, m).

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/ssm-gradient.md, equations 9 to 19.
    """
    params, n_a, n_x, n_s = check_ssm(params)
    a_T = tape.states[-1].a
    check("tape.states[-1].a", a_T, n_a, "m")
    T, m, dtype = len(tape.values), a_T.shape[1], a_T.dtype
    check("da", da, T, n_a, m)
    d_state = check_ssm_state("d_state_T", d_state_T, n_a, n_s, a_T)
    da_next, dh_next = d_state
    check("tape.states[-1].h", tape.states[-1].h, n_a, n_s, m)
    W = np.concatenate(
        (params.W_c, params.W_delta, params.W_write, params.W_read)
    )
    A, D = -np.exp(params.A_log), params.D
    dz = np.empty((2 * (n_a + n_s), T, m), dtype)
    x = np.empty((n_x, T, m), dtype)
    dx = np.empty((T, n_x, m), dtype)
    dA_log, dD = np.zeros((n_a, n_s), dtype), np.zeros((n_a, 1), dtype)
    # --8<-- [start:backward-body]
    for t in reversed(range(T)):
        x[:, t], c_tilde, delta, f, slope, B_t, C_t = tape.values[t]
        h_prev, h_t = tape.states[t].h, tape.states[t + 1].h
        da_t = da[t] + da_next
        # --8<-- [start:memory-slopes-body]
        dh_t = dh_next + da_t[:, None] * C_t  # eq. 9
        df = dh_t * h_prev  # eq. 10
        # --8<-- [end:memory-slopes-body]
        # --8<-- [start:shared-slopes-body]
        dB_t = (dh_t * (delta * c_tilde)[:, None]).sum(axis=0)  # eq. 11
        dC_t = (da_t[:, None] * h_t).sum(axis=0)  # eq. 12
        # --8<-- [end:shared-slopes-body]
        # --8<-- [start:unit-slopes-body]
        written = (dh_t * B_t).sum(axis=1)  # (n_a, m)
        dc_tilde = delta * written + D * da_t  # eq. 13
        d_exponent = df * slope  # (n_a, n_s, m)
        longer = (d_exponent * A[:, :, None]).sum(axis=1)
        d_delta = c_tilde * written + longer  # eq. 14
        dz_delta = -np.expm1(-delta) * d_delta  # eq. 15
        # --8<-- [end:unit-slopes-body]
        # --8<-- [start:down-body]
        dz_t = np.concatenate((dc_tilde, dz_delta, dB_t, dC_t))
        dx[t] = W.T @ dz_t  # eq. 16
        # --8<-- [end:down-body]
        # --8<-- [start:path-body]
        dh_next = f * dh_t  # eq. 9
        da_next = np.zeros_like(da_t)  # no step reads the a of another
        # --8<-- [end:path-body]
        dz[:, t] = dz_t
        # --8<-- [start:rates-body]
        dA_log += (d_exponent * delta[:, None]).sum(axis=2) * A  # eq. 17
        dD += (da_t * c_tilde).sum(axis=1, keepdims=True)  # eq. 18
        # --8<-- [end:rates-body]
    # --8<-- [start:weights-body]
    dW = np.tensordot(dz, x, axes=OVER_TIME)  # eq. 19
    db = dz.sum(axis=(1, 2))[:, None]
    # --8<-- [end:weights-body]
    # --8<-- [end:backward-body]
    rows = [n_a, 2 * n_a, 2 * n_a + n_s]
    dW_c, dW_delta, dW_write, dW_read = np.split(dW, rows)
    db_c, db_delta = np.split(db, rows)[:2]
    d_params = SSMParams(
        dW_c, db_c, dW_delta, db_delta, dA_log, dW_write, dW_read, dD
    )
    return d_params, dx, SSMState(da_next.copy(), dh_next.copy())


# --8<-- [end:backward]
