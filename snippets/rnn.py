# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""RNN: the plain recurrent cell, forward and backward through time.

NumPy only. Explained in docs/rnn.md, proven in tests/test_rnn.py.
"""

# --8<-- [start:imports]
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:types]
class RNNParams(NamedTuple):
    """The weights of the cell, in the order of equation 1."""

    W_ax: np.ndarray  # (n_a, n_x)
    W_aa: np.ndarray  # (n_a, n_a)
    b_a: np.ndarray  # (n_a, 1)


class RNNState(NamedTuple):
    """The hidden state, which each step passes on to the next."""

    a: np.ndarray  # (n_a, m)


class RNNValues(NamedTuple):
    """Intermediate values of one step that the backward pass reuses."""

    x_t: np.ndarray  # (n_x, m)


class RNNTape(NamedTuple):
    """The record of a run for the backward pass; it owns its arrays."""

    states: list[RNNState]  # before the first step and after each
    values: list[RNNValues]  # of each step


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


def check_rnn(params) -> tuple[RNNParams, int, int]:
    """Check the weights; return them by name, with n_a and n_x."""
    params = as_named("params", RNNParams, params)
    check("W_ax", params.W_ax, "n_a", "n_x")
    n_a, n_x = params.W_ax.shape
    check("W_aa", params.W_aa, n_a, n_a)
    check("b_a", params.b_a, n_a, 1)
    return params, n_a, n_x


# --8<-- [end:check]


# --8<-- [start:init]
def init_rnn(
    rng: np.random.Generator,
    n_x: int,
    n_a: int,
    *,
    input_scale: float | None = None,
    dtype=np.float64,
) -> RNNParams:
    """Draw weights so that input and hidden state count about alike.

    The bias starts at zero.

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
    dtype : float type, optional

    Returns
    -------
    params : RNNParams

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
    W_ax = rng.normal(scale=input_scale, size=(n_a, n_x))
    W_aa = rng.normal(scale=n_a**-0.5, size=(n_a, n_a))
    weights = (W_ax, W_aa, np.zeros((n_a, 1)))
    return RNNParams(*(w.astype(dtype) for w in weights))


# --8<-- [end:init]


# --8<-- [start:step]
def rnn_step(
    params: RNNParams, x_t: np.ndarray, state=None
) -> tuple[RNNState, RNNValues]:
    """Compute one step in time.

    Parameters
    ----------
    params : RNNParams
        Or a tuple or list of the same arrays in the same order.
    x_t : ndarray of shape (n_x, m)
        Input of this step, one example in each column.
    state : RNNState, optional
        Hidden state before the step, (n_a, m);
        zeros if it is not given. A plain tuple or list is fine, too.

    Returns
    -------
    state : RNNState
        Hidden state after the step, (n_a, m).
    values : RNNValues
        Intermediate values that the backward pass reuses.

    Raises
    ------
    ValueError
        If an array has the wrong shape or type.

    Source: Elman (1990), with tanh; docs/rnn.md, equation 1.
    """
    params, n_a, n_x = check_rnn(params)
    check("x_t", x_t, n_x, "m")
    state = check_state("state", RNNState, state, n_a, x_t)
    return _rnn_step(params, x_t.copy(), state)


def _rnn_step(params, x_t, state):
    """Compute a step whose arguments were checked by the caller."""
    W_ax, W_aa, b_a = params
    a_prev = state.a
    # --8<-- [start:step-body]
    a_t = np.tanh(W_ax @ x_t + W_aa @ a_prev + b_a)  # (n_a, m), eq. 1
    # --8<-- [end:step-body]
    return RNNState(a_t), RNNValues(x_t)


# --8<-- [end:step]


# --8<-- [start:forward]
def rnn_forward(
    params: RNNParams, x: np.ndarray, state_0=None
) -> tuple[np.ndarray, RNNState, RNNTape]:
    """Run the cell over a whole sequence.

    Parameters
    ----------
    params : RNNParams
        Or a tuple or list of the same arrays in the same order.
    x : ndarray of shape (T, n_x, m)
        The sequence, time first. T may be 0.
    state_0 : RNNState, optional
        Hidden state before the first step, (n_a, m);
        zeros if it is not given. A plain tuple or list is fine, too.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Hidden state after each step.
    state_T : RNNState
        State after the last step.
    tape : RNNTape
        The record of this run that `rnn_backward` needs.

    Raises
    ------
    ValueError
        If an array has the wrong shape or type.

    Source: docs/rnn.md, equation 1.
    """
    params, n_a, n_x = check_rnn(params)
    check("x", x, "T", n_x, "m")
    state = check_state("state", RNNState, state_0, n_a, x)
    dtype = np.result_type(x, *params, *state)
    a = np.empty((len(x), *state.a.shape), dtype)
    tape = RNNTape([RNNState(*(s.copy() for s in state))], [])
    x = x.copy()  # the tape keeps it
    # --8<-- [start:forward-body]
    for t, x_t in enumerate(x):
        state, values = _rnn_step(params, x_t, state)
        tape.states.append(state)
        tape.values.append(values)
        a[t] = state.a
    # --8<-- [end:forward-body]
    return a, RNNState(*(s.copy() for s in state)), tape


# --8<-- [end:forward]


# --8<-- [start:backward]
OVER_TIME = ((1, 2), (1, 2))  # a sum over steps and examples


def rnn_backward(
    params: RNNParams, tape: RNNTape, da: np.ndarray, d_state_T=None
) -> tuple[RNNParams, np.ndarray, RNNState]:
    """Send the gradient back through time.

    Parameters
    ----------
    params : RNNParams
        The same weights that `rnn_forward` was given.
    tape : RNNTape
        From `rnn_forward`.
    da : ndarray of shape (T, n_a, m)
        Gradient that reaches each a_t directly from the loss.
    d_state_T : RNNState, optional
        Gradient that reaches the last state from elsewhere, such as a
        decoder, (n_a, m); zeros if it is not given.

    Returns
    -------
    d_params : RNNParams
        Gradient with respect to each weight, same shapes as `params`.
    dx : ndarray of shape (T, n_x, m)
        Gradient with respect to the input.
    d_state_0 : RNNState
        Gradient with respect to the initial state, (n_a, m).

    Raises
    ------
    ValueError
        If an array has the wrong shape or type.

    Source: docs/rnn-gradient.md, equations 2 to 6.
    """
    params, n_a, n_x = check_rnn(params)
    a_T = tape.states[-1].a
    check("tape.states[-1].a", a_T, n_a, "m")
    T, m, dtype = len(tape.values), a_T.shape[1], a_T.dtype
    check("da", da, T, n_a, m)
    d_state = check_state("d_state_T", RNNState, d_state_T, n_a, a_T)
    da_next = d_state.a
    W_ax, W_aa, _ = params
    dz, a_prev = np.empty((2, n_a, T, m), dtype)
    x = np.empty((n_x, T, m), dtype)
    dx = np.empty((T, n_x, m), dtype)
    # --8<-- [start:backward-body]
    for t in reversed(range(T)):
        a_t = tape.states[t + 1].a
        da_t = da[t] + da_next  # total, eq. 2
        dz_t = (1 - a_t**2) * da_t  # (n_a, m), eq. 3
        dx[t] = W_ax.T @ dz_t  # eq. 5
        da_next = W_aa.T @ dz_t  # eq. 6
        dz[:, t] = dz_t
        a_prev[:, t], x[:, t] = tape.states[t].a, tape.values[t].x_t
    dW_ax = np.tensordot(dz, x, axes=OVER_TIME)  # eq. 4
    dW_aa = np.tensordot(dz, a_prev, axes=OVER_TIME)
    db_a = dz.sum(axis=(1, 2))[:, None]
    # --8<-- [end:backward-body]
    d_params = RNNParams(dW_ax, dW_aa, db_a)
    return d_params, dx, RNNState(da_next.copy())


# --8<-- [end:backward]
