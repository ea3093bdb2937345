# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Gated delta rule: a memory of keys and values that can be overwritten.

NumPy only. Explained in docs/delta.md, proven in tests/test_delta.py.
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


class DeltaValues(NamedTuple):
    """Intermediate values of one step that the backward pass reuses."""

    x_t: np.ndarray  # (n_x, m)
    k_t: np.ndarray  # (n_k, m)
    q_t: np.ndarray  # (n_k, m)
    gamma_u: np.ndarray  # (1, m)
    gamma_f: np.ndarray  # (1, m)
    missing: np.ndarray  # (n_a, m)


class DeltaTape(NamedTuple):
    """What the backward pass needs; it owns its arrays."""

    states: list[DeltaState]  # before the first step and after each
    values: list[DeltaValues]  # of each step
    highest: int  # how far the update gate goes, 1 or 2


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


# --8<-- [start:init]
def init_delta(
    rng: np.random.Generator,
    n_x: int,
    n_a: int,
    *,
    n_k: int = 8,
    input_scale: float | None = None,
    forget_bias: float = 4.0,
    dtype=np.float64,
) -> DeltaParams:
    """Draw weights so that a value has about the variance of the input.

    The other bias starts at zero.

    Parameters
    ----------
    rng : numpy.random.Generator
        The same seed draws the same weights.
    n_x, n_a : int
        Number of inputs, and of units, which is the length of a value; at
        least 1.
    n_k : int, optional
        Length of keys and queries: how many values the memory can keep
        apart. At least 1, but a key of length 1 is only a sign.
    input_scale : float, optional
        Standard deviation of the weights: 1 / sqrt(n_x) if it is not
        given, which suits inputs of unit variance. For one-hot input take
        1, because just one of its columns is read at a time.
    forget_bias : float, optional
        What b_f starts with. At 4.0 the forget gate starts at 0.98, so the
        untrained cell has lost half of its memory after 38 steps.
    dtype : float type, optional

    Returns
    -------
    params : DeltaParams

    Raises
    ------
    ValueError
        If a size is below 1, the scale is not a number from 0 on, or
        dtype is not a float type.

    Source: docs/initialisation.md, this book's rule.
    """
    if min(n_x, n_a, n_k) < 1 or np.dtype(dtype).kind != "f":
        raise ValueError(
            "expected n_x and n_a and n_k of at least 1 and a float dtype, "
            f"got {n_x}, {n_a} and {n_k} and {np.dtype(dtype)}"
        )
    input_scale = n_x**-0.5 if input_scale is None else input_scale
    if not 0 <= input_scale < np.inf:
        raise ValueError(f"expected input_scale from 0 on, got {input_scale}")
    W = rng.normal(scale=input_scale, size=(2 * n_k + n_a + 2, n_x))
    W_k, W_q, W_c, W_u, W_f = np.split(W, (n_k, 2 * n_k, -2, -1))
    b = np.zeros((1, 1))
    weights = (W_k, W_q, W_c, W_u, b, W_f, b + forget_bias)
    return DeltaParams(*(w.astype(dtype) for w in weights))


# --8<-- [end:init]


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


# --8<-- [start:step]
def delta_step(
    params: DeltaParams, x_t: np.ndarray, state=None, *, negative=False
) -> tuple[DeltaState, DeltaValues]:
    """Compute one step in time.

    Parameters
    ----------
    params : DeltaParams
        Or a tuple or list of the same arrays in the same order.
    x_t : ndarray of shape (n_x, m)
        Input of this step, one example in each column.
    state : DeltaState, optional
        Hidden state, (n_a, m), and memory, (n_a, n_k, m), before the step;
        zeros if it is not given. A plain tuple or list is fine, too.
    negative : bool, optional
        Let the update gate go up to 2, so that a write can turn the sign
        of what the key finds.

    Returns
    -------
    state : DeltaState
        Hidden state and memory after the step.
    values : DeltaValues
        Intermediate values that the backward pass reuses.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: Yang et al. (2025); docs/delta.md, equations 1 to 6.
    """
    params, sizes, n_x = check_delta(params)
    check("x_t", x_t, n_x, "m")
    state = check_memory("state", state, sizes, x_t)
    return _delta_step(params, x_t.copy(), state.S, 1 + negative)


def _delta_step(params, x_t, S_prev, highest):
    """Compute a step whose arguments were checked by the caller."""
    W_k, W_q, W_c, W_u, b_u, W_f, b_f = params
    # --8<-- [start:key-body]
    k_t = unit(W_k @ x_t)  # (n_k, m), eq. 1
    q_t = unit(W_q @ x_t)  # (n_k, m), eq. 1
    c_tilde = W_c @ x_t  # (n_a, m), eq. 2
    # --8<-- [end:key-body]
    # --8<-- [start:gates-body]
    gamma_u = highest * sigmoid(W_u @ x_t + b_u)  # (1, m), eq. 3
    gamma_f = sigmoid(W_f @ x_t + b_f)  # (1, m), eq. 3
    # --8<-- [end:gates-body]
    # --8<-- [start:recall-body]
    S_faded = gamma_f * S_prev  # (n_a, n_k, m)
    r_t = (S_faded * k_t).sum(axis=1)  # (n_a, m), eq. 4
    # --8<-- [end:recall-body]
    # --8<-- [start:write-body]
    missing = c_tilde - r_t  # (n_a, m)
    S_t = S_faded + (gamma_u * missing)[:, None] * k_t  # eq. 5
    # --8<-- [end:write-body]
    # --8<-- [start:read-body]
    a_t = (S_t * q_t).sum(axis=1)  # (n_a, m), eq. 6
    # --8<-- [end:read-body]
    values = DeltaValues(x_t, k_t, q_t, gamma_u, gamma_f, missing)
    return DeltaState(a_t, S_t), values


# --8<-- [end:step]


# --8<-- [start:forward]
def delta_forward(
    params: DeltaParams, x: np.ndarray, state_0=None, *, negative=False
) -> tuple[np.ndarray, DeltaState, DeltaTape]:
    """Run the cell over a whole sequence.

    Parameters
    ----------
    params : DeltaParams
        Or a tuple or list of the same arrays in the same order.
    x : ndarray of shape (T, n_x, m)
        The sequence, time first. T may be 0.
    state_0 : DeltaState, optional
        Hidden state, (n_a, m), and memory, (n_a, n_k, m), before the first
        step; zeros if it is not given. A plain tuple or list is fine, too.
    negative : bool, optional
        As in `delta_step`.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Hidden state after each step.
    state_T : DeltaState
        State after the last step.
    tape : DeltaTape
        What `delta_backward` needs.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/delta.md, equations 1 to 6.
    """
    params, sizes, n_x = check_delta(params)
    check("x", x, "T", n_x, "m")
    state = check_memory("state", state_0, sizes, x)
    dtype = np.result_type(x, *params, *state)
    a = np.empty((len(x), *state.a.shape), dtype)
    tape = DeltaTape([DeltaState(*map(np.copy, state))], [], 1 + negative)
    # --8<-- [start:forward-body]
    for t, x_t in enumerate(x.copy()):  # the tape keeps it
        state, values = _delta_step(params, x_t, state.S, tape.highest)
        tape.states.append(state)
        tape.values.append(values)
        a[t] = state.a
    # --8<-- [end:forward-body]
    return a, DeltaState(*(s.copy() for s in state)), tape


# --8<-- [end:forward]


# --8<-- [start:backward]
def unit_backward(d_unit: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Send a gradient back through `unit`."""
    return (d_unit - unit(z) * (d_unit * unit(z)).sum(axis=0)) / length(z)


def delta_backward(
    params: DeltaParams, tape: DeltaTape, da: np.ndarray, d_state_T=None
) -> tuple[DeltaParams, np.ndarray, DeltaState]:
    """Send the gradient back through time.

    Parameters
    ----------
    params : DeltaParams
        Those that the forward pass was given.
    tape : DeltaTape
        From `delta_forward`.
    da : ndarray of shape (T, n_a, m)
        Gradient that reaches each hidden state directly from the loss.
    d_state_T : DeltaState, optional
        Gradients that reach the last state from elsewhere, (n_a, m) and
        (n_a, n_k, m); zeros if it is not given.

    Returns
    -------
    d_params : DeltaParams
        Gradient with respect to each weight, same shapes as `params`.
    dx : ndarray of shape (T, n_x, m)
        Gradient with respect to the input.
    d_state_0 : DeltaState
        Gradient with respect to the initial state.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/delta-gradient.md, equations 7 to 15.
    """
    params, (n_a, n_k), n_x = check_delta(params)
    a_T = tape.states[-1].a
    check("tape.states[-1].a", a_T, n_a, "m")
    T, m, dtype = len(tape.values), a_T.shape[1], a_T.dtype
    check("da", da, T, n_a, m)
    da_next, dS_next = check_memory("d_state_T", d_state_T, (n_a, n_k), a_T)
    W = np.concatenate((*params[:4], params.W_f))
    dz = np.empty((len(W), T, m), dtype)
    x = np.empty((n_x, T, m), dtype)
    # --8<-- [start:backward-body]
    for t in reversed(range(T)):
        x[:, t], k_t, q_t, gamma_u, gamma_f, missing = tape.values[t]
        S_prev, S_t = tape.states[t].S, tape.states[t + 1].S
        # --8<-- [start:read-slopes-body]
        da_t = da[t] + da_next  # da_next: after the last step only
        dS_t = dS_next + da_t[:, None] * q_t  # total, eq. 7
        dq_t = (da_t[:, None] * S_t).sum(axis=0)  # eq. 8
        # --8<-- [end:read-slopes-body]
        # --8<-- [start:write-slopes-body]
        dc_tilde = gamma_u * (dS_t * k_t).sum(axis=1)  # eq. 9
        dS_faded = dS_t - dc_tilde[:, None] * k_t  # (n_a, n_k, m), eq. 10
        raised = (gamma_u * missing)[:, None] * dS_t
        lowered = dc_tilde[:, None] * gamma_f * S_prev
        dk_t = (raised - lowered).sum(axis=0)  # eq. 11
        # --8<-- [end:write-slopes-body]
        # --8<-- [start:gate-slopes-body]
        through_u = (dc_tilde * missing).sum(axis=0)
        dz_u = (1 - gamma_u / tape.highest) * through_u  # (1, m), eq. 12
        through_f = (dS_faded * S_prev).sum(axis=(0, 1))
        dz_f = gamma_f * (1 - gamma_f) * through_f  # (1, m), eq. 13
        # --8<-- [end:gate-slopes-body]
        # --8<-- [start:unit-backward-body]
        z_k, z_q = params.W_k @ x[:, t], params.W_q @ x[:, t]
        dz_k = unit_backward(dk_t, z_k)  # eq. 14
        dz_q = unit_backward(dq_t, z_q)
        # --8<-- [end:unit-backward-body]
        # --8<-- [start:down-body]
        dz[:, t] = np.concatenate((dz_k, dz_q, dc_tilde, dz_u, dz_f))
        dS_next, da_next = gamma_f * dS_faded, np.zeros_like(da_next)
        # --8<-- [end:down-body]
    # --8<-- [start:weights-body]
    dW = np.tensordot(dz, x, axes=((1, 2), (1, 2)))  # eq. 15
    db = dz.sum(axis=(1, 2))[:, None]
    dx = np.tensordot(dz, W, axes=(0, 0)).transpose(0, 2, 1).copy()
    # --8<-- [end:weights-body]
    # --8<-- [end:backward-body]
    dW_k, dW_q, dW_c, dW_u, dW_f = np.split(dW, (n_k, 2 * n_k, -2, -1))
    d_params = DeltaParams(dW_k, dW_q, dW_c, dW_u, db[-2:-1], dW_f, db[-1:])
    return d_params, dx, DeltaState(da_next.copy(), dS_next.copy())


# --8<-- [end:backward]
