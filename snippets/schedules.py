# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Schedules: learning rates that rise and fall over a run.

NumPy only. Explained in docs/schedules.md, proven in
tests/test_schedules.py.
"""

# --8<-- [start:imports]
from collections.abc import Callable, Sequence
from math import cos, pi
from typing import Any, NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:types]
class ScheduledState(NamedTuple):
    """The memory of a rule whose learning rate follows a schedule."""

    step: int
    memory: Any  # the memory of the rule itself


# --8<-- [end:types]


# --8<-- [start:check]
def check_positive(**numbers: float) -> None:
    """Refuse numbers that are not above 0 and finite, by name."""
    for name, number in numbers.items():
        if not 0 < number < np.inf:
            raise ValueError(
                f"expected {name} above 0 and finite, got {number}"
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


# --8<-- [start:ramp]
def ramp(
    step: int, peak: float, steps: int, warm_up: int, final: float
) -> tuple[float, float]:
    """Return how much of the warm-up and of the decay is done.

    Returns
    -------
    rise : float
        Share of the warm-up that is done, above 0, at most 1.
    share : float
        Share of the decay that is done, from 0 to below 1.

    Raises
    ------
    ValueError
        If a number is out of its range, such as a step after the last.

    Source: docs/schedules.md, equation 1.
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
    step, steps, warm_up = int(step), int(steps), int(warm_up)
    # --8<-- [start:ramp-body]
    rise = min(1.0, step / max(warm_up, 1))
    share = max(0, step - 1 - warm_up) / (steps - warm_up)  # eq. 1
    # --8<-- [end:ramp-body]
    return rise, share


# --8<-- [end:ramp]


# --8<-- [start:schedules]
def linear_decay(
    step: int, *, peak: float, steps: int, warm_up: int = 0, final: float = 0
) -> float:
    """Return the learning rate of one step: warm-up, then linear decay.

    Parameters
    ----------
    step : int
        Which training step, from 1 to `steps`.
    peak : float
        Highest learning rate, above 0.
    steps : int
        All training steps of the run.
    warm_up : int, optional
        Steps in which the learning rate rises; below `steps`.
    final : float, optional
        What the learning rate would be one step after the last, from 0
        to `peak`.

    Returns
    -------
    learning_rate : float
        Above 0.

    Raises
    ------
    ValueError
        As `ramp`.

    Source: docs/schedules.md, equation 2.
    """
    rise, share = ramp(step, peak, steps, warm_up, final)
    peak, final = float(peak), float(final)  # NumPy's may be narrow
    # --8<-- [start:linear-body]
    rate = rise * (final + (peak - final) * (1 - share))  # eq. 2
    # --8<-- [end:linear-body]
    return rate


def cosine_decay(
    step: int, *, peak: float, steps: int, warm_up: int = 0, final: float = 0
) -> float:
    """Return the learning rate of one step: warm-up, then cosine decay.

    Parameters, returns, errors: as `linear_decay`.

    Source: Loshchilov and Hutter (2017), without restarts;
    docs/schedules.md, equation 3.
    """
    rise, share = ramp(step, peak, steps, warm_up, final)
    peak, final = float(peak), float(final)  # NumPy's may be narrow
    # --8<-- [start:cosine-body]
    wave = (1 + cos(pi * share)) / 2
    rate = rise * (final + (peak - final) * wave)  # eq. 3
    # --8<-- [end:cosine-body]
    return rate


# --8<-- [end:schedules]


# --8<-- [start:scheduled]
def init_scheduled(memory: Any = None) -> ScheduledState:
    """Start the count of steps; `memory` is what the rule starts with."""
    return ScheduledState(0, memory)


def scheduled(
    params: Sequence[np.ndarray],
    gradients: Sequence[np.ndarray],
    memory: ScheduledState,
    *,
    rule: Callable[..., tuple[list[np.ndarray], Any]],
    schedule: Callable[[int], float],
) -> tuple[list[np.ndarray], ScheduledState]:
    """Step by any rule, with the learning rate of the schedule.

    Parameters
    ----------
    params, gradients : sequence of ndarray
        As `rule` wants them.
    memory : ScheduledState
        From `init_scheduled`, then from the step before. It holds the
        count, so a run can be stopped and resumed. A tuple or list of
        its two parts works too.
    rule : function
        `descend`, `momentum` or `adam` of docs/optimizers.md.
    schedule : function
        From the number of the step, from 1, to its learning rate.

    Returns
    -------
    params : list of ndarray
    memory : ScheduledState
        For the next step.

    Raises
    ------
    ValueError
        If memory is no ScheduledState, and as `rule` and `schedule`.
    """
    step, inner = as_named("memory", ScheduledState, memory)
    # --8<-- [start:scheduled-body]
    step = int(step) + 1
    rate = schedule(step)
    params, inner = rule(params, gradients, inner, learning_rate=rate)
    # --8<-- [end:scheduled-body]
    return params, ScheduledState(step, inner)


# --8<-- [end:scheduled]
