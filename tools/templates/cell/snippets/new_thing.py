# SPDX-License-Identifier: MIT-0
# Version 1. What later versions change: docs/changes.md
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
    """What one step passes on to the next."""

    a: np.ndarray  # (n_a, m)


class NewThingValues(NamedTuple):
    """Intermediate values of one step that the backward pass reuses."""

    x_t: np.ndarray  # (n_x, m)


class NewThingTape(NamedTuple):
    """What the backward pass needs; it owns its arrays."""

    states: list[NewThingState]  # before the first step and after each
    values: list[NewThingValues]  # of each step


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


def check_new_thing(params) -> tuple[NewThingParams, int, int]:
    """Check the weights; return them by name, with n_a and n_x."""
    params = as_named("params", NewThingParams, params)
    check("W_ax", params.W_ax, "n_a", "n_x")
    n_a, n_x = params.W_ax.shape
    check("b_a", params.b_a, n_a, 1)
    return params, n_a, n_x


# --8<-- [end:check]


# --8<-- [start:init]
def init_new_thing(
    rng: np.random.Generator,
    n_x: int,
    n_a: int,
    *,
    input_scale: float | None = None,
    dtype=np.float64,
) -> NewThingParams:
    """Draw weights that keep the scale of the input.

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
    dtype : float type, optional

    Returns
    -------
    params : NewThingParams

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
    weights = (W_ax, np.zeros((n_a, 1)))
    return NewThingParams(*(w.astype(dtype) for w in weights))


# --8<-- [end:init]


# --8<-- [start:step]
def new_thing_step(
    params: NewThingParams, x_t: np.ndarray, state=None
) -> tuple[NewThingState, NewThingValues]:
    """Compute one step in time.

    Parameters
    ----------
    params : NewThingParams
        Or a tuple or list of the same arrays in the same order.
    x_t : ndarray of shape (n_x, m)
        Input of this step, one example in each column.
    state : NewThingState, optional
        Hidden state before the step, (n_a, m);
        zeros if it is not given. A plain tuple or list is fine, too.

    Returns
    -------
    state : NewThingState
        Hidden state after the step, (n_a, m).
    values : NewThingValues
        Intermediate values that the backward pass reuses.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/new-thing.md, equation 1.
    """
    params, n_a, n_x = check_new_thing(params)
    check("x_t", x_t, n_x, "m")
    state = check_state("state", NewThingState, state, n_a, x_t)
    return _new_thing_step(params, x_t.copy(), state)


def _new_thing_step(params, x_t, state):
    """Compute a step whose arguments were checked by the caller."""
    W_ax, b_a = params
    a_prev = state.a
    # --8<-- [start:step-body]
    a_t = a_prev + W_ax @ x_t + b_a  # (n_a, m), eq. 1
    # --8<-- [end:step-body]
    return NewThingState(a_t), NewThingValues(x_t)


# --8<-- [end:step]


# --8<-- [start:forward]
def new_thing_forward(
    params: NewThingParams, x: np.ndarray, state_0=None
) -> tuple[np.ndarray, NewThingState, NewThingTape]:
    """Run the cell over a whole sequence.

    Parameters
    ----------
    params : NewThingParams
        Or a tuple or list of the same arrays in the same order.
    x : ndarray of shape (T, n_x, m)
        The sequence, time first. T may be 0.
    state_0 : NewThingState, optional
        Hidden state before the first step, (n_a, m);
        zeros if it is not given. A plain tuple or list is fine, too.

    Returns
    -------
    a : ndarray of shape (T, n_a, m)
        Hidden state after each step.
    state_T : NewThingState
        State after the last step.
    tape : NewThingTape
        What `new_thing_backward` needs.

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/new-thing.md, equation 1.
    """
    params, n_a, n_x = check_new_thing(params)
    check("x", x, "T", n_x, "m")
    state = check_state("state", NewThingState, state_0, n_a, x)
    dtype = np.result_type(x, *params, *state)
    a = np.empty((len(x), *state.a.shape), dtype)
    tape = NewThingTape([NewThingState(*(s.copy() for s in state))], [])
    x = x.copy()  # the tape keeps it
    # --8<-- [start:forward-body]
    for t, x_t in enumerate(x):
        state, values = _new_thing_step(params, x_t, state)
        tape.states.append(state)
        tape.values.append(values)
        a[t] = state.a
    # --8<-- [end:forward-body]
    return a, NewThingState(*(s.copy() for s in state)), tape


# --8<-- [end:forward]


# --8<-- [start:backward]
OVER_TIME = ((1, 2), (1, 2))  # a sum over steps and examples


def new_thing_backward(
    params: NewThingParams,
    tape: NewThingTape,
    da: np.ndarray,
    d_state_T=None,
) -> tuple[NewThingParams, np.ndarray, NewThingState]:
    """Send the gradient back through time.

    Parameters
    ----------
    params : NewThingParams
        Those that `new_thing_forward` was given.
    tape : NewThingTape
        From `new_thing_forward`.
    da : ndarray of shape (T, n_a, m)
        Gradient that reaches each a_t directly from the loss.
    d_state_T : NewThingState, optional
        Gradient that reaches the last state from elsewhere, (n_a, m);
        zeros if it is not given.

    Returns
    -------
    d_params : NewThingParams
        Gradient for each weight, same shapes as `params`.
    dx : ndarray of shape (T, n_x, m)
        Gradient for the input.
    d_state_0 : NewThingState
        Gradient for the initial state, (n_a, m).

    Raises
    ------
    ValueError
        If an array has another shape or type than it should.

    Source: docs/new-thing.md, equations 2 to 4.
    """
    params, n_a, n_x = check_new_thing(params)
    a_T = tape.states[-1].a
    check("tape.states[-1].a", a_T, n_a, "m")
    T, m, dtype = len(tape.values), a_T.shape[1], a_T.dtype
    check("da", da, T, n_a, m)
    d_state = check_state("d_state_T", NewThingState, d_state_T, n_a, a_T)
    da_next = d_state.a
    W_ax = params.W_ax
    d_total = np.empty((n_a, T, m), dtype)
    x = np.empty((n_x, T, m), dtype)
    dx = np.empty((T, n_x, m), dtype)
    # --8<-- [start:backward-body]
    for t in reversed(range(T)):
        da_t = da[t] + da_next  # total: direct, and through the future, eq. 2
        dx[t] = W_ax.T @ da_t  # eq. 4
        da_next = da_t
        d_total[:, t], x[:, t] = da_t, tape.values[t].x_t
    dW_ax = np.tensordot(d_total, x, axes=OVER_TIME)  # eq. 3
    db_a = d_total.sum(axis=(1, 2))[:, None]
    # --8<-- [end:backward-body]
    d_params = NewThingParams(dW_ax, db_a)
    return d_params, dx, NewThingState(da_next.copy())


# --8<-- [end:backward]
