# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Peephole LSTM: an LSTM whose gates also see the cell state.

NumPy only. Explained in docs/peephole.md, proven in tests/test_peephole.py.
"""

# --8<-- [start:imports]
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:types]
class PeepholeParams(NamedTuple):
    """Weights of the gates and the candidate, then the peepholes."""

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
    """What one step passes on to the next: hidden state and cell state."""

    a: np.ndarray  # (n_a, m)
    c: np.ndarray  # (n_a, m)


class PeepholeValues(NamedTuple):
    """Intermediate values of one step that the backward pass reuses."""

    a_x: np.ndarray  # (n_a + n_x, m)
    gamma_f: np.ndarray  # (n_a, m)
    gamma_u: np.ndarray  # (n_a, m)
    c_tilde: np.ndarray  # (n_a, m)
    gamma_o: np.ndarray  # (n_a, m)
    tanh_c: np.ndarray  # (n_a, m)


class PeepholeTape(NamedTuple):
    """Copies of all that the backward pass needs of a sequence."""

    states: list[PeepholeState]  # before the first step and after each
    values: list[PeepholeValues]  # of each step


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


def check_peephole(params) -> tuple[PeepholeParams, int, int]:
    """Check the weights; return them by name, with n_a and n_x."""
    params = as_named("params", PeepholeParams, params)
    check("b_f", params.b_f, "n_a", 1)
    n_a = len(params.b_f)
    check("W_f", params.W_f, n_a, "n_a + n_x")
    n_x = max(params.W_f.shape[1] - n_a, 1)
    columns = {"W": n_a + n_x, "b": 1, "p": 1}
    for name, array in zip(params._fields, params):
        check(name, array, n_a, columns[name[0]])
    return params, n_a, n_x


# --8<-- [end:check]


# --8<-- [start:init]
def init_peephole(
    rng: np.random.Generator,
    n_x: int,
    n_a: int,
    *,
    input_scale: float | None = None,
    forget_bias: float = 1.0,
    dtype=np.float64,
) -> PeepholeParams:
    """Draw weights so that input and hidden state count about alike.

    The other biases and the peepholes start at zero.

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
    forget_bias : float, optional
        What b_f starts with. At 1.0 the forget gate starts at 0.73, so the
        untrained cell keeps most of its cell state from step to step.
    dtype : float type, optional

    Returns
    -------
    params : PeepholeParams

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
    scale = np.repeat([n_a**-0.5, input_scale], [n_a, n_x])
    W_f, W_u, W_c, W_o = scale * rng.normal(size=(4, n_a, n_a + n_x))
    b = p = np.zeros((n_a, 1))
    weights = (W_f, b + forget_bias, W_u, b, W_c, b, W_o, b, p, p, p)
    return PeepholeParams(*(w.astype(dtype) for w in weights))


# --8<-- [end:init]


# --8<-- [start:sigmoid]
def sigmoid(z: np.ndarray) -> np.ndarray:
    """Squeeze to (0, 1) by way of tanh, which never overflows."""
    return 0.5 + 0.5 * np.tanh(0.5 * z)


# --8<-- [end:sigmoid]


# --8<-- [start:step]
def peephole_step(
    params: PeepholeParams, x_t: np.ndarray, state=None
) -> tuple[PeepholeState, PeepholeValues]:
    """Compute one step in time.

    Parameters
    ----------
    params : PeepholeParams
        Or a tuple or list of the same arrays in the same order.
    x_t : ndarray of shape (n_x, m)
        Input of this step, one example in each column.
    state : PeepholeState, optional
        Hidden state and cell state before the step, each (n_a, m);
        zeros if it is not given. A plain tuple or list is fine, too.

    Returns
    -------
    state : PeepholeState
        Hidden state and cell state after the step, each (n_a, m).
    values : PeepholeValues
        Intermediate values that the backward pass reuses.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: Gers et al. (2002); docs/peephole.md, equations 1 to 6.
    """
    params, n_a, n_x = check_peephole(params)
    check("x_t", x_t, n_x, "m")
    state = check_state("state", PeepholeState, state, n_a, x_t)
    return _peephole_step(params, x_t, state)


def _peephole_step(params, x_t, state):
    """Compute a step whose arguments were checked by the caller."""
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
    params: PeepholeParams, x: np.ndarray, state_0=None
) -> tuple[np.ndarray, PeepholeState, PeepholeTape]:
    """Run the cell over a whole sequence.

    Parameters
    ----------
    params : PeepholeParams
        Or a tuple or list of the same arrays in the same order.
    x : ndarray of shape (T, n_x, m)
        The sequence, time first. T may be 0.
    state_0 : PeepholeState, optional
        Hidden state and cell state before the first step, each (n_a, m);
        zeros if it is not given. A plain tuple or list is fine, too.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Hidden state after each step.
    state_T : PeepholeState
        State after the last step.
    tape : PeepholeTape
        What `peephole_backward` needs.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/peephole.md, equations 1 to 6.
    """
    params, n_a, n_x = check_peephole(params)
    check("x", x, "T", n_x, "m")
    state = check_state("state", PeepholeState, state_0, n_a, x)
    dtype = np.result_type(x, *params, *state)
    a = np.empty((len(x), *state.a.shape), dtype)
    tape = PeepholeTape([PeepholeState(*(s.copy() for s in state))], [])
    # --8<-- [start:forward-body]
    for t, x_t in enumerate(x):
        state, values = _peephole_step(params, x_t, state)
        tape.states.append(state)
        tape.values.append(values)
        a[t] = state.a
    # --8<-- [end:forward-body]
    return a, PeepholeState(*(s.copy() for s in state)), tape


# --8<-- [end:forward]


# --8<-- [start:backward]
OVER_TIME = ((1, 2), (1, 2))  # a sum over steps and examples


def peephole_backward(
    params: PeepholeParams, tape: PeepholeTape, da: np.ndarray, d_state_T=None
) -> tuple[PeepholeParams, np.ndarray, PeepholeState]:
    """Compute the gradient with respect to weights, input and initial state.

    Parameters
    ----------
    params : PeepholeParams
        The same weights that `peephole_forward` used.
    tape : PeepholeTape
        From `peephole_forward`.
    da : ndarray of shape (T, n_a, m)
        Gradient that reaches each hidden state directly from the loss.
    d_state_T : PeepholeState, optional
        Gradients that reach the last state from elsewhere, each (n_a, m);
        zeros if it is not given.

    Returns
    -------
    d_params : PeepholeParams
        Gradient with respect to each weight, same shapes as `params`.
    dx : ndarray of shape (T, n_x, m)
        Gradient with respect to the input.
    d_state_0 : PeepholeState
        Gradients for the initial state, each (n_a, m).

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/peephole.md, equations 7 to 14.
    """
    params, n_a, n_x = check_peephole(params)
    a_T = tape.states[-1].a
    check("tape.states[-1].a", a_T, n_a, "m")
    T, m, dtype = len(tape.values), a_T.shape[1], a_T.dtype
    check("da", da, T, n_a, m)
    d_state = check_state("d_state_T", PeepholeState, d_state_T, n_a, a_T)
    da_next, dc_next = d_state
    p_f, p_u, p_o = params.p_f, params.p_u, params.p_o
    W = np.concatenate((params.W_f, params.W_u, params.W_c, params.W_o))
    dz = np.empty((4 * n_a, T, m), dtype)
    a_x = np.empty((n_a + n_x, T, m), dtype)
    dx = np.empty((T, n_x, m), dtype)
    # --8<-- [start:backward-body]
    for t in reversed(range(T)):
        a_x[:, t], gamma_f, gamma_u, c_tilde, gamma_o, tanh_c = tape.values[t]
        c_prev = tape.states[t].c
        da_t = da[t] + da_next  # total, eq. 7
        dz_o = da_t * tanh_c * gamma_o * (1 - gamma_o)  # eq. 8
        through_a = da_t * gamma_o * (1 - tanh_c**2)
        dc_t = dc_next + through_a + p_o * dz_o  # total, eq. 9
        dz_f = dc_t * c_prev * gamma_f * (1 - gamma_f)  # eq. 10
        dz_u = dc_t * c_tilde * gamma_u * (1 - gamma_u)  # eq. 11
        dz_c = dc_t * gamma_u * (1 - c_tilde**2)  # eq. 12
        dc_next = gamma_f * dc_t + p_f * dz_f + p_u * dz_u  # eq. 13
        dz_t = np.concatenate((dz_f, dz_u, dz_c, dz_o))
        da_x = W.T @ dz_t  # (n_a + n_x, m)
        da_next, dx[t] = da_x[:n_a], da_x[n_a:]
        dz[:, t] = dz_t
    c = np.stack([state.c for state in tape.states], axis=1)
    all_f, all_u, _, all_o = np.split(dz, 4)
    dp_f = (all_f * c[:, :-1]).sum(axis=(1, 2))[:, None]  # eq. 14
    dp_u = (all_u * c[:, :-1]).sum(axis=(1, 2))[:, None]
    dp_o = (all_o * c[:, 1:]).sum(axis=(1, 2))[:, None]
    dW = np.tensordot(dz, a_x, axes=OVER_TIME)
    # --8<-- [end:backward-body]
    dW_f, dW_u, dW_c, dW_o = np.split(dW, 4)
    db_f, db_u, db_c, db_o = np.split(dz.sum(axis=(1, 2))[:, None], 4)
    d_params = PeepholeParams(
        *(dW_f, db_f, dW_u, db_u, dW_c, db_c, dW_o, db_o, dp_f, dp_u, dp_o)
    )
    return d_params, dx, PeepholeState(da_next.copy(), dc_next.copy())


# --8<-- [end:backward]
