# SPDX-License-Identifier: MIT-0
"""Training: forward, loss, backward, clip, update, over any model.

NumPy only. Explained in docs/training.md, proven in tests/test_training.py.
"""

# --8<-- [start:imports]
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:types]
class Progress(NamedTuple):
    """What is known after one update."""

    step: int  # counts from 1
    loss: float  # of the batch, before the update
    norm: float  # global norm of the gradients before clipping
    params: list[np.ndarray]  # after the update


class AdamState(NamedTuple):
    """What Adam remembers from one update to the next."""

    step: int
    mean: list[np.ndarray]  # running mean of each gradient
    square: list[np.ndarray]  # running mean of its square


class DivergedError(ArithmeticError):
    """The loss is no longer a number; `params` are the last that had one."""

    def __init__(self, step: int, loss: float, params: list[np.ndarray]):
        super().__init__(
            f"expected a finite loss, got {loss} at step {step}: try a "
            "smaller learning rate, or clip the gradients; the last "
            "parameters with a finite loss are in this error's params"
        )
        self.params = params


# --8<-- [end:types]


# --8<-- [start:check]
def check_positive(**numbers: float) -> None:
    """Refuse numbers that are not above 0 and finite, by name."""
    for name, number in numbers.items():
        if not 0 < number < np.inf:
            raise ValueError(
                f"expected {name} above 0 and finite, got {number}"
            )


def check_pairs(
    params: Sequence[np.ndarray], gradients: Sequence[np.ndarray]
) -> None:
    """Refuse gradients that are not one for each parameter, same shapes."""
    want, got = [w.shape for w in params], [g.shape for g in gradients]
    if want != got:
        raise ValueError(f"expected gradients of shapes {want}, got {got}")


# --8<-- [end:check]


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
        New arrays of the same shapes and types.
    memory : None

    Raises
    ------
    ValueError
        If the learning rate is not above 0 and finite, or the gradients
        do not fit the parameters.

    Source: docs/training.md, equation 1.
    """
    check_positive(learning_rate=learning_rate)
    check_pairs(params, gradients)
    rate = float(learning_rate)
    # --8<-- [start:descent-body]
    params = [w - rate * g for w, g in zip(params, gradients)]  # eq. 1
    # --8<-- [end:descent-body]
    return params, memory


# --8<-- [end:descent]


# --8<-- [start:adam]
def init_adam(params: Sequence[np.ndarray]) -> AdamState:
    """Start with both running means at zero."""
    zeros = [np.zeros_like(w) for w in params]
    return AdamState(0, zeros, zeros)


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
    """Step by the mean gradient, divided by its typical size.

    Parameters
    ----------
    params, gradients : sequence of ndarray
        One gradient of the same shape for each parameter; not changed.
    memory : AdamState
        From `init_adam`, then from the step before.
    learning_rate, epsilon : float
        Above 0.
    beta_1, beta_2 : float
        Share of the old mean that is kept, from 0 to below 1.

    Returns
    -------
    params : list of ndarray
        New arrays of the same shapes and types.
    memory : AdamState
        For the next step.

    Raises
    ------
    ValueError
        If a number is out of its range, or the gradients do not fit the
        parameters.

    Source: Kingma and Ba (2015), algorithm 1; docs/training.md, equation 2.
    """
    check_positive(learning_rate=learning_rate, epsilon=epsilon)
    if not (0 <= beta_1 < 1 and 0 <= beta_2 < 1):
        raise ValueError(
            f"expected beta_1 and beta_2 from 0 to below 1, "
            f"got {beta_1} and {beta_2}"
        )
    check_pairs(params, gradients)
    rate, step, new = float(learning_rate), memory.step + 1, []
    for w, g, mean, square in zip(
        params, gradients, memory.mean, memory.square
    ):
        # --8<-- [start:adam-body]
        mean = beta_1 * mean + (1 - beta_1) * g
        square = beta_2 * square + (1 - beta_2) * g**2  # eq. 2
        fair_mean = mean / (1 - beta_1**step)
        fair_square = square / (1 - beta_2**step)
        w = w - rate * fair_mean / (np.sqrt(fair_square) + epsilon)
        # --8<-- [end:adam-body]
        new.append((w, mean, square))
    params, mean, square = (list(arrays) for arrays in zip(*new))
    return params, AdamState(step, mean, square)


# --8<-- [end:adam]


# --8<-- [start:train]
def train(
    model: Callable[[list, Any, Any], tuple[float, list, Any]],
    params: Sequence[np.ndarray],
    batches: Iterable,
    update: Callable[[list, list, Any], tuple[list, Any]],
    *,
    memory: Any = None,
    state: Any = None,
    clip: Callable[[list], tuple[list, float]],
    report: Callable[[Progress], None] = lambda progress: None,
) -> tuple[list[np.ndarray], Any, Any]:
    """Run the loop: forward, loss, backward, clip, update.

    Parameters
    ----------
    model : function
        From parameters, a batch and a state to the loss, one gradient for
        each parameter, and the state to start the next batch from.
    params : sequence of ndarray
        Where to start; not changed.
    batches : iterable
        Training ends when it does.
    update : function
        `descend` or `adam` with its numbers filled in.
    memory : optional
        What `update` remembers, such as `init_adam(params)`.
    state : optional
        What `model` gets with the first batch.
    clip : function
        From gradients to clipped gradients and their norm before.
    report : function, optional
        Called after each update with its Progress.

    Returns
    -------
    params : list of ndarray
    memory, state
        To go on from here.

    Raises
    ------
    DivergedError
        If the loss is NaN or infinite; it holds the last parameters
        that had a finite one, or those to start from.

    Source: docs/training.md.
    """
    params = good = list(params)
    # --8<-- [start:train-body]
    for step, batch in enumerate(batches, start=1):
        loss, gradients, state = model(params, batch, state)
        if not np.isfinite(loss):
            raise DivergedError(step, loss, good)
        gradients, norm = clip(gradients)
        good = params
        params, memory = update(params, gradients, memory)
        report(Progress(step, loss, norm, params))
    # --8<-- [end:train-body]
    return params, memory, state


# --8<-- [end:train]
