# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Optimizers: gradient descent, momentum and Adam.

NumPy only. Explained in docs/optimizers.md, proven in
tests/test_optimizers.py.
"""

# --8<-- [start:imports]
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:types]
class AdamState(NamedTuple):
    """What Adam remembers from one update to the next."""

    step: int
    mean: list[np.ndarray]  # moving average of each gradient
    square: list[np.ndarray]  # moving average of its square


# --8<-- [end:types]


# --8<-- [start:check]
def check_positive(**numbers: float) -> None:
    """Refuse numbers that are not above 0 and finite, by name."""
    for name, number in numbers.items():
        if not 0 < number < np.inf:
            raise ValueError(
                f"expected {name} above 0 and finite, got {number}"
            )


def check_shares(**numbers: float) -> None:
    """Refuse shares that are not from 0 to below 1, by name."""
    for name, number in numbers.items():
        if not 0 <= number < 1:
            raise ValueError(
                f"expected {name} from 0 to below 1, got {number}"
            )


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


def check_floats(name: str, arrays: Sequence[np.ndarray]) -> None:
    """Raise a ValueError unless this is a sequence of arrays of floats."""
    if not isinstance(arrays, Sequence):
        raise ValueError(
            f"expected {name} to be a list or tuple of arrays, "
            f"got {type(arrays).__name__}"
        )
    for i, array in enumerate(arrays):
        check_plain(f"{name}[{i}]", array)
        if array.dtype.kind != "f":
            raise ValueError(
                f"expected {name}[{i}] to be an array of floats, "
                f"got {array.dtype}"
            )


def check_pairs(
    params: Sequence[np.ndarray], **arrays: Sequence[np.ndarray]
) -> None:
    """Refuse arrays that are not one for each parameter, same shapes."""
    check_floats("params", params)
    expected = [w.shape for w in params]
    for name, each in arrays.items():
        check_floats(name, each)
        shapes = [array.shape for array in each]
        if shapes != expected:
            raise ValueError(
                f"expected {name} of shapes {expected}, got {shapes}"
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


# --8<-- [end:check]


# --8<-- [start:precision]
def widen(array: np.ndarray) -> np.ndarray:
    """Return an array in double precision, or as it is if that is wider.

    NumPy rounds a number to the type of the array that it meets: 1e-8
    becomes 0 where it meets float16. After widening it stays what it is.
    """
    return array.astype(np.result_type(array, np.float64), copy=False)


def as_types(
    arrays: Sequence[np.ndarray], models: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """Return each array in the type of its model."""
    return [np.asarray(a, model.dtype) for a, model in zip(arrays, models)]


def zeros_for(params: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return zeros to remember something about each parameter.

    They have the dtype of the parameter, or float32 if that is float16,
    because the square of a gradient of 300 is too large for float16.
    """
    check_floats("params", params)
    dtypes = [np.result_type(w, np.float32) for w in params]
    return [np.zeros(w.shape, dtype) for w, dtype in zip(params, dtypes)]


# --8<-- [end:precision]


# --8<-- [start:descent]
def descend(
    params: Sequence[np.ndarray],
    gradients: Sequence[np.ndarray],
    memory: None = None,
    *,
    learning_rate: float,
) -> tuple[list[np.ndarray], None]:
    """Step against the gradient: plain gradient descent.

    Parameters
    ----------
    params, gradients : sequence of ndarray
        One gradient of the same shape for each parameter; not changed.
    memory : None
        Plain descent remembers nothing.
    learning_rate : float
        Above 0.

    Returns
    -------
    params : list of ndarray
        New arrays of the same shapes and types as the parameters. They
        are computed at least in double precision, and rounded once.
    memory : None

    Raises
    ------
    ValueError
        If the learning rate is not above 0 and finite, or an array is not
        a plain array of floats or does not fit its parameter.

    Source: docs/optimizers.md, equation 1.
    """
    check_positive(learning_rate=learning_rate)
    check_pairs(params, gradients=gradients)
    rate, new_params = float(learning_rate), []
    for w, g in zip(map(widen, params), map(widen, gradients)):
        # --8<-- [start:descent-body]
        w = w - rate * g  # eq. 1
        # --8<-- [end:descent-body]
        new_params.append(w)
    return as_types(new_params, params), memory


# --8<-- [end:descent]


# --8<-- [start:momentum]
def init_momentum(params: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Start at rest: a velocity of zero for each parameter.

    Parameters
    ----------
    params : sequence of ndarray

    Returns
    -------
    memory : list of ndarray
        Arrays of the same shapes and types; float32 for float16.

    Raises
    ------
    ValueError
        If a parameter is not a plain array of floats.
    """
    return zeros_for(params)


def momentum(
    params: Sequence[np.ndarray],
    gradients: Sequence[np.ndarray],
    memory: Sequence[np.ndarray],
    *,
    learning_rate: float,
    beta: float = 0.9,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Step along a running sum of gradients: the heavy ball.

    Parameters
    ----------
    params, gradients : sequence of ndarray
        One gradient of the same shape for each parameter; not changed.
    memory : sequence of ndarray
        The velocities: from `init_momentum`, then from the step before.
    learning_rate : float
        Above 0. It is outside the velocity, so a new one takes effect at
        once.
    beta : float, optional
        Share of the velocity that is kept, from 0 to below 1.

    Returns
    -------
    params, memory : list of ndarray
        New arrays of the same shapes and types as those passed. They are
        computed at least in double precision, and rounded once.

    Raises
    ------
    ValueError
        If a number is out of its range, or an array is not a plain array
        of floats or does not fit its parameter.

    Source: Sutskever et al. (2013), section 2, with the learning rate
    outside; docs/optimizers.md, equation 2.
    """
    check_positive(learning_rate=learning_rate)
    check_shares(beta=beta)
    check_pairs(params, gradients=gradients, memory=memory)
    rate, beta = float(learning_rate), float(beta)
    new_params, velocity = [], []
    for w, g, r in zip(params, gradients, memory):
        w, g, r = widen(w), widen(g), widen(r)
        # --8<-- [start:momentum-body]
        r = beta * r + g
        w = w - rate * r  # eq. 2
        # --8<-- [end:momentum-body]
        new_params.append(w)
        velocity.append(r)
    return as_types(new_params, params), as_types(velocity, memory)


# --8<-- [end:momentum]


# --8<-- [start:adam]
def init_adam(params: Sequence[np.ndarray]) -> AdamState:
    """Start with both moving averages at zero.

    Parameters
    ----------
    params : sequence of ndarray

    Returns
    -------
    memory : AdamState
        Its arrays have the shapes and types of the parameters; float32
        for float16.

    Raises
    ------
    ValueError
        If a parameter is not a plain array of floats.
    """
    return AdamState(0, zeros_for(params), zeros_for(params))


def adam(
    params: Sequence[np.ndarray],
    gradients: Sequence[np.ndarray],
    memory: AdamState,
    *,
    learning_rate: float = 1e-3,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[list[np.ndarray], AdamState]:
    """Step by the average gradient, divided by its usual size.

    Parameters
    ----------
    params, gradients : sequence of ndarray
        One gradient of the same shape for each parameter; not changed.
    memory : AdamState
        From `init_adam`, then from the step before. A tuple or list of
        its three parts works too.
    learning_rate : float, optional
        Above 0.
    beta_1, beta_2 : float, optional
        Share of the old average that is kept, from 0 to below 1.
    epsilon : float, optional
        Above 0.

    Returns
    -------
    params : list of ndarray
    memory : AdamState
        For the next step. All arrays are new and have the shapes and
        types of those passed. They are computed at least in double
        precision, and rounded once.

    Raises
    ------
    ValueError
        If a number is out of its range, memory is no AdamState, or an
        array is not a plain array of floats or does not fit its parameter.

    Source: Kingma and Ba (2015), algorithm 1; docs/optimizers.md,
    equation 3.
    """
    step, means, squares = as_named("memory", AdamState, memory)
    step = int(step) + 1
    check_positive(learning_rate=learning_rate, epsilon=epsilon, step=step)
    check_shares(beta_1=beta_1, beta_2=beta_2)
    check_pairs(params, gradients=gradients, mean=means, square=squares)
    rate, epsilon = float(learning_rate), float(epsilon)
    beta_1, beta_2 = float(beta_1), float(beta_2)
    new_params, new_means, new_squares = [], [], []
    for w, g, mean, square in zip(params, gradients, means, squares):
        w, g, mean, square = widen(w), widen(g), widen(mean), widen(square)
        # --8<-- [start:adam-body]
        mean = beta_1 * mean + (1 - beta_1) * g
        square = beta_2 * square + (1 - beta_2) * g**2  # eq. 3
        fair_mean = mean / (1 - beta_1**step)
        fair_square = square / (1 - beta_2**step)
        w = w - rate * fair_mean / (np.sqrt(fair_square) + epsilon)
        # --8<-- [end:adam-body]
        new_params.append(w)
        new_means.append(mean)
        new_squares.append(square)
    new_means = as_types(new_means, means)
    new_squares = as_types(new_squares, squares)
    new_memory = AdamState(step, new_means, new_squares)
    return as_types(new_params, params), new_memory


# --8<-- [end:adam]
