# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
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
    values: SSMValues  # of all steps, time first


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
    sizes = (n_a, like.shape[-1]), (n_a, n_s, like.shape[-1])
    zeros = SSMState(*(np.zeros(size, like.dtype) for size in sizes))
    state = zeros if state is None else as_named(name, SSMState, state)
    for field, array, size in zip(state._fields, state, sizes):
        check(f"{name}.{field}", array, *size)
    return state


def check_ssm(params) -> tuple[SSMParams, int, int, int]:
    """Check the weights; return them by name, with n_a, n_x and n_s."""
    params = as_named("params", SSMParams, params)
    check("W_c", params.W_c, "n_a", "n_x")
    check("W_write", params.W_write, "n_s", "n_x")
    (n_a, n_x), n_s = params.W_c.shape, len(params.W_write)
    sizes = [(n_a, n_x), (n_a, 1)] * 2 + [(n_a, n_s)] + [(n_s, n_x)] * 2
    for name, array, size in zip(params._fields, params, [*sizes, (n_a, 1)]):
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
    W_c, W_delta = rng.normal(scale=input_scale, size=(2, n_a, n_x))
    W_write, W_read = rng.normal(scale=input_scale, size=(2, n_s, n_x))
    # --8<-- [start:init-body]
    A_log = np.tile(np.log(np.arange(1, n_s + 1)), (n_a, 1))
    b_delta = np.log(np.expm1(10 ** rng.uniform(-3, -1, size=(n_a, 1))))
    b_c, D = np.zeros((n_a, 1)), np.ones((n_a, 1))
    # --8<-- [end:init-body]
    weights = (W_c, b_c, W_delta, b_delta, A_log, W_write, W_read, D)
    return SSMParams(*(w.astype(dtype) for w in weights))


# --8<-- [end:init]


# --8<-- [start:read]
def read_input(params, x, negative):
    """Compute what depends on the input only, of one step or of all steps.

    Returns the summands of the memories, and the values.
    """
    W_c, b_c, W_delta, b_delta, A_log, W_write, W_read, _ = params
    # --8<-- [start:candidate-body]
    c_tilde = W_c @ x + b_c  # eq. 1
    # --8<-- [end:candidate-body]
    # --8<-- [start:delta-body]
    delta = np.logaddexp(0, W_delta @ x + b_delta)  # eq. 2
    # --8<-- [end:delta-body]
    # --8<-- [start:factor-body]
    A = -np.exp(A_log)  # (n_a, n_s), eq. 3
    f = np.exp(delta[..., None, :] * A[:, :, None])  # eq. 4
    # --8<-- [end:factor-body]
    # --8<-- [start:negative-body]
    f, slope = (2 * f - 1, 2 * f) if negative else (f, f)
    # --8<-- [end:negative-body]
    # --8<-- [start:write-body]
    B = W_write @ x  # eq. 5
    s = (delta * c_tilde)[..., None, :] * B[..., None, :, :]  # eq. 6
    # --8<-- [end:write-body]
    # --8<-- [start:read-body]
    C = W_read @ x  # eq. 8
    # --8<-- [end:read-body]
    return s, SSMValues(x, c_tilde, delta, f, slope, B, C)


def fade(f, s, h_0):
    """Compute the memories step by step; all else needs no loop over time."""
    h = np.concatenate((h_0[None], s), dtype=np.result_type(f, s, h_0))
    # --8<-- [start:fade-body]
    for t in range(len(f)):
        h[t + 1] += f[t] * h[t]  # to the summand that is there, eq. 7
    # --8<-- [end:fade-body]
    return h[1:]


def show(params, values, h):
    """Compute the hidden state, of one step or of all steps."""
    (_, c_tilde, *_, C), D = values, params.D
    # --8<-- [start:show-body]
    a = (C[..., None, :, :] * h).sum(axis=-2) + D * c_tilde  # eq. 9
    # --8<-- [end:show-body]
    return a


# --8<-- [end:read]


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

    Source: Gu and Dao (2023); docs/ssm.md, equations 1 to 6, 8 and
    9.
    """
    params, n_a, n_x, n_s = check_ssm(params)
    check("x_t", x_t, n_x, "m")
    state = check_ssm_state("state", state, n_a, n_s, x_t)
    s, values = read_input(params, x_t.copy(), negative)
    h_t = values.f * state.h + s  # as in fade
    return SSMState(show(params, values, h_t), h_t), values


# --8<-- [end:step]


# --8<-- [start:scan]
def ssm_scan(
    params: SSMParams, x: np.ndarray, state_0=None, *, scan, negative=False
) -> tuple[np.ndarray, SSMState, SSMTape]:
    """Run the cell over a whole sequence, with a scan of your choice.

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

    Source: Gu and Dao (2023); docs/ssm.md, equations 1 to 6, 8 and
    9.
    """
    params, n_a, n_x, n_s = check_ssm(params)
    check("x", x, "T", n_x, "m")
    state = check_ssm_state("state", state_0, n_a, n_s, x)
    # --8<-- [start:scan-body]
    s, values = read_input(params, x.copy(), negative)
    flat = (len(x), n_a * n_s, x.shape[2])  # each memory like a unit
    f, h_0 = values.f.reshape(flat), state.h.reshape(flat[1:])
    h = scan(f, s.reshape(flat), h_0).reshape(s.shape)
    a = show(params, values, h)
    # --8<-- [end:scan-body]
    both = zip((state.a, *a), (state.h, *h))
    states = [SSMState(a_t.copy(), h_t.copy()) for a_t, h_t in both]
    return a, SSMState(*map(np.copy, states[-1])), SSMTape(states, values)


# --8<-- [end:scan]


# --8<-- [start:forward]
def ssm_forward(
    params: SSMParams, x: np.ndarray, state_0=None, *, negative: bool = False
) -> tuple[np.ndarray, SSMState, SSMTape]:
    """Run the cell over a whole sequence, step by step.

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

    Source: docs/ssm.md, equations 1 to 9.
    """
    return ssm_scan(params, x, state_0, scan=fade, negative=negative)


# --8<-- [end:forward]


# --8<-- [start:backward]
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

    Source: docs/ssm-gradient.md, equations 10 to 20.
    """
    params, n_a, _, n_s = check_ssm(params)
    a_T, h_T = tape.states[-1]
    check("tape.states[-1].a", a_T, n_a, "m")
    check("tape.states[-1].h", h_T, n_a, n_s, a_T.shape[1])
    check("da", da, len(tape.states) - 1, *a_T.shape)
    d_state = check_ssm_state("d_state_T", d_state_T, n_a, n_s, a_T)
    matrices = params.W_c, params.W_delta, params.W_write, params.W_read
    x, c_tilde, delta, f, slope, B, C = tape.values
    h = np.array([state.h for state in tape.states])  # from step 0 on
    da_total = np.concatenate((np.zeros_like(a_T)[None], da))  # from 0 on
    da_total[-1] += d_state.a
    # --8<-- [start:backward-body]
    # --8<-- [start:memory-slopes-body]
    dh, dh_next = np.empty_like(h[1:]), d_state.h
    for t in reversed(range(len(dh))):
        dh[t] = dh_next + C[t] * da_total[t + 1][:, None]  # eq. 10
        dh_next = f[t] * dh[t]
    df = dh * h[:-1]  # eq. 11
    # --8<-- [end:memory-slopes-body]
    # --8<-- [start:shared-slopes-body]
    dB = (dh * (delta * c_tilde)[:, :, None]).sum(axis=1)  # eq. 12
    dC = (da_total[1:, :, None] * h[1:]).sum(axis=1)  # eq. 13
    # --8<-- [end:shared-slopes-body]
    # --8<-- [start:unit-slopes-body]
    written = (dh * B[:, None]).sum(axis=2)
    dc_tilde = delta * written + params.D * da_total[1:]  # eq. 14
    A, d_exp = -np.exp(params.A_log), df * slope  # of what is inside of exp
    d_delta = c_tilde * written + (d_exp * A[..., None]).sum(axis=2)  # eq. 15
    dz_delta = d_delta * -np.expm1(-delta)  # eq. 16
    # --8<-- [end:unit-slopes-body]
    # --8<-- [start:down-body]
    dz = (dc_tilde, dz_delta, dB, dC)
    dx = sum(W.T @ it for W, it in zip(matrices, dz))  # eq. 17
    # --8<-- [end:down-body]
    # --8<-- [start:weights-body]
    dW = [np.tensordot(it, x, ((0, 2), (0, 2))) for it in dz]  # eq. 18
    dW_c, dW_delta, dW_write, dW_read = dW
    db_c, db_delta = (it.sum(axis=(0, 2))[:, None] for it in dz[:2])
    dD = (da_total[1:] * c_tilde).sum(axis=(0, 2))[:, None]  # eq. 19
    dA_log = (d_exp * delta[:, :, None]).sum(axis=(0, 3)) * A  # eq. 20
    # --8<-- [end:weights-body]
    # --8<-- [end:backward-body]
    d_params = (dW_c, db_c, dW_delta, db_delta, dA_log, dW_write, dW_read, dD)
    return SSMParams(*d_params), dx, SSMState(da_total[0], dh_next.copy())


# --8<-- [end:backward]
