# SPDX-License-Identifier: MIT-0
"""Optimizers: descent, momentum, Adam, and learning rates that change.

NumPy only. Explained in docs/optimizers.md, proven in
tests/test_optimizers.py.
"""

# --8<-- [start:imports]
from collections.abc import Callable, Sequence
from math import cos, pi
from typing import Any, NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:types]
class AdamState(NamedTuple):
    """What Adam remembers from one update to the next."""

    step: int
    mean: list[np.ndarray]  # running mean of each gradient
    square: list[np.ndarray]  # running mean of its square


class ScheduledState(NamedTuple):
    """What a rule remembers whose learning rate follows a schedule."""

    step: int
    memory: Any  # what the rule itself remembers


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


def check_pairs(
    params: Sequence[np.ndarray], **arrays: Sequence[np.ndarray]
) -> None:
    """Refuse arrays that are not one for each parameter, same shapes."""
    for name, each in {"params": params, **arrays}.items():
        if iter(each) is each:  # it would come only once
            raise ValueError(
                f"expected {name} as a sequence, got {type(each).__name__}"
            )
    want = [w.shape for w in params]
    for name, each in arrays.items():
        if (got := [getattr(g, "shape", type(g)) for g in each]) != want:
            raise ValueError(f"expected {name} of shapes {want}, got {got}")


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
        New arrays of the same shapes, and of the same types if the
        gradients have these too.
    memory : None

    Raises
    ------
    ValueError
        If the learning rate is not above 0 and finite, or the gradients
        do not fit the parameters.

    Source: docs/optimizers.md, equation 1.
    """
    check_positive(learning_rate=learning_rate)
    check_pairs(params, gradients=gradients)
    rate = float(learning_rate)
    # --8<-- [start:descent-body]
    params = [w - rate * g for w, g in zip(params, gradients)]  # eq. 1
    # --8<-- [end:descent-body]
    return params, memory


# --8<-- [end:descent]


# --8<-- [start:momentum]
def init_momentum(params: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Start at rest: a velocity of zero for each parameter."""
    return [np.zeros_like(w) for w in params]


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
        Above 0. It is not part of the velocity: a new one counts at once.
    beta : float
        Share of the velocity that is kept, from 0 to below 1.

    Returns
    -------
    params, memory : list of ndarray
        New arrays of the same shapes, and of the same types if the
        gradients have these too.

    Raises
    ------
    ValueError
        If a number is out of its range, or gradients or velocities do
        not fit the parameters.

    Source: Sutskever et al. (2013), section 2, with the learning rate
    outside; docs/optimizers.md, equation 2.
    """
    check_positive(learning_rate=learning_rate)
    check_shares(beta=beta)
    check_pairs(params, gradients=gradients, memory=memory)
    rate, beta = float(learning_rate), float(beta)
    # --8<-- [start:momentum-body]
    velocity = [beta * r + g for r, g in zip(memory, gradients)]
    params = [w - rate * r for w, r in zip(params, velocity)]  # eq. 2
    # --8<-- [end:momentum-body]
    return params, velocity


# --8<-- [end:momentum]


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
        New arrays of the same shapes, and of the same types if the
        gradients have these too.
    memory : AdamState
        For the next step.

    Raises
    ------
    ValueError
        If a number is out of its range, or gradients or memory do not
        fit the parameters.

    Source: Kingma and Ba (2015), algorithm 1; docs/optimizers.md,
    equation 3.
    """
    check_positive(learning_rate=learning_rate, epsilon=epsilon)
    check_shares(beta_1=beta_1, beta_2=beta_2)
    step, means, squares = memory
    check_pairs(params, gradients=gradients, mean=means, square=squares)
    rate, step, new = float(learning_rate), step + 1, []
    beta_1, beta_2, epsilon = map(float, (beta_1, beta_2, epsilon))
    for w, g, mean, square in zip(params, gradients, means, squares):
        # --8<-- [start:adam-body]
        mean = beta_1 * mean + (1 - beta_1) * g
        square = beta_2 * square + (1 - beta_2) * g**2  # eq. 3
        fair_mean = mean / (1 - beta_1**step)
        fair_square = square / (1 - beta_2**step)
        w = w - rate * fair_mean / (np.sqrt(fair_square) + epsilon)
        # --8<-- [end:adam-body]
        new.append((w, mean, square))
    params, means, squares = ([row[i] for row in new] for i in range(3))
    return params, AdamState(step, means, squares)


# --8<-- [end:adam]


# --8<-- [start:ramp]
def ramp(
    step: int, peak: float, steps: int, warm_up: int, final: float
) -> tuple[float, float]:
    """Say how far a schedule has risen, and how far it has fallen.

    Returns
    -------
    rise : float
        Share of the warm-up that is done, above 0, at most 1.
    share : float
        Share of the decay that is done, from 0 to below 1.

    Raises
    ------
    ValueError
        If a number is out of its range: past its end a schedule says
        nothing.

    Source: docs/optimizers.md, equation 4.
    """
    check_positive(peak=peak)
    for name, number, low, high in (
        ("final", final, 0, peak),
        ("warm_up", warm_up, 0, steps - 1),
        ("step", step, 1, steps),
    ):
        if not low <= number <= high:
            raise ValueError(
                f"expected {name} from {low} to {high}, got {number}"
            )
    # --8<-- [start:ramp-body]
    rise = min(1.0, step / max(warm_up, 1))
    share = max(0, step - 1 - warm_up) / (steps - warm_up)  # eq. 4
    # --8<-- [end:ramp-body]
    return rise, share


# --8<-- [end:ramp]


# --8<-- [start:schedules]
def linear_decay(
    step: int, *, peak: float, steps: int, warm_up: int = 0, final: float = 0
) -> float:
    """Return the learning rate of one update: up in a line, then down.

    Parameters
    ----------
    step : int
        Which update, from 1 to `steps`.
    peak : float
        Highest learning rate, above 0.
    steps : int
        All updates of the run.
    warm_up : int, optional
        The first updates, in which the rate rises; below `steps`.
    final : float, optional
        Where the rate would be one update after the last, from 0 to
        `peak`.

    Returns
    -------
    learning_rate : float
        Above 0.

    Raises
    ------
    ValueError
        As `ramp`.

    Source: docs/optimizers.md, equation 5.
    """
    rise, share = ramp(step, peak, steps, warm_up, final)
    # --8<-- [start:linear-body]
    rate = rise * (final + (peak - final) * (1 - share))  # eq. 5
    # --8<-- [end:linear-body]
    return rate


def cosine_decay(
    step: int, *, peak: float, steps: int, warm_up: int = 0, final: float = 0
) -> float:
    """Return the learning rate of one update: up in a line, down in a wave.

    Parameters, returns, errors: as `linear_decay`.

    Source: Loshchilov and Hutter (2017), without restarts;
    docs/optimizers.md, equation 6.
    """
    rise, share = ramp(step, peak, steps, warm_up, final)
    # --8<-- [start:cosine-body]
    wave = (1 + cos(pi * share)) / 2
    rate = rise * (final + (peak - final) * wave)  # eq. 6
    # --8<-- [end:cosine-body]
    return rate


# --8<-- [end:schedules]


# --8<-- [start:scheduled]
def init_scheduled(memory: Any = None) -> ScheduledState:
    """Start the count of updates; `memory` is what the rule starts with."""
    return ScheduledState(0, memory)


def scheduled(
    params: Sequence[np.ndarray],
    gradients: Sequence[np.ndarray],
    memory: ScheduledState,
    *,
    rule: Callable[..., tuple[list[np.ndarray], Any]],
    schedule: Callable[[int], float],
) -> tuple[list[np.ndarray], ScheduledState]:
    """Step by any rule, with the learning rate that is due.

    Parameters
    ----------
    params, gradients : sequence of ndarray
        As `rule` wants them.
    memory : ScheduledState
        From `init_scheduled`, then from the step before. The count is
        in here, so that a run can be stopped and resumed.
    rule : function
        `descend`, `momentum` or `adam`.
    schedule : function
        From the number of the update, from 1, to its learning rate.

    Returns
    -------
    params : list of ndarray
    memory : ScheduledState
        For the next step.
    """
    # --8<-- [start:scheduled-body]
    step = memory.step + 1
    rate = schedule(step)
    params, inner = rule(params, gradients, memory.memory, learning_rate=rate)
    # --8<-- [end:scheduled-body]
    return params, ScheduledState(step, inner)


# --8<-- [end:scheduled]
