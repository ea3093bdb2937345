# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Training: the loop over any model, large batches, and when to stop.

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
    params: list[np.ndarray]  # after the update, as is all that follows
    memory: Any  # of the update rule
    state: Any  # to start the next batch from


class Best(NamedTuple):
    """The parameters with the lowest validation loss so far."""

    loss: float  # the lowest so far
    params: list[np.ndarray]
    waited: int  # validations since then, none of them lower


class DivergedError(ArithmeticError):
    """The loss is not finite; `params` are the last with a finite loss."""

    def __init__(self, step: int, loss: float, params: list[np.ndarray]):
        super().__init__(step, loss, params)  # all, to cross processes
        self.step, self.loss, self.params = step, loss, params

    def __str__(self) -> str:
        return (
            f"expected a finite loss, got {self.loss} at step {self.step}: "
            "try a smaller learning rate, or clip the gradients; the last "
            "parameters with a finite loss are in this error's params"
        )


# --8<-- [end:types]


# --8<-- [start:check]
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
        The initial weights; not changed.
    batches : iterable
        Training ends when it does.
    update : function
        From parameters, gradients and memory to new parameters and
        memory, such as `adam` of docs/optimizers.md. It leaves the
        arrays that it gets as they are.
    memory : optional
        What `update` remembers, such as `init_adam(params)`.
    state : optional
        What `model` gets with the first batch.
    clip : function
        From gradients to clipped gradients and their norm before.
    report : function, optional
        Called after each update with its Progress. The loss of the
        parameters in it is known one call later.

    Returns
    -------
    params : list of ndarray
    memory, state
        To continue from here.

    Raises
    ------
    DivergedError
        If the loss is NaN or infinite. It holds the last parameters
        with a finite loss, or the first ones if there are none.
    ValueError
        If a parameter is not a plain array of floats.

    Source: docs/training.md.
    """
    check_floats("params", params)
    params = good = list(params)
    # --8<-- [start:train-body]
    for step, batch in enumerate(batches, start=1):
        loss, gradients, state = model(params, batch, state)
        if not np.isfinite(loss):
            raise DivergedError(step, loss, good)
        gradients, norm = clip(gradients)
        good = params
        params, memory = update(params, gradients, memory)
        report(Progress(step, loss, norm, params, memory, state))
    # --8<-- [end:train-body]
    return params, memory, state


# --8<-- [end:train]


# --8<-- [start:accumulate]
def widen(array: np.ndarray) -> np.ndarray:
    """Return an array in double precision, or as it is if that is wider.

    NumPy rounds a number to the type of the array that it meets: 1e-8
    becomes 0 where it meets float16. After widening it stays what it is.
    """
    return array.astype(np.result_type(array, np.float64), copy=False)


def accumulate(
    params: Sequence[np.ndarray],
    parts: Sequence,
    states: Sequence | None,
    *,
    model: Callable[[list, Any, Any], tuple[float, list, Any]],
    size: Callable[[Any], float],
) -> tuple[float, list[np.ndarray], list]:
    """Run a model on a large batch, in parts that fit in memory.

    Parameters
    ----------
    params : sequence of ndarray
    parts : sequence
        Micro-batches, each of which `model` takes for a batch.
    states : sequence or None
        The state of each part; none means that `model` gets None.
    model : function
        As `train` takes it; its loss is a mean over what it predicts.
    size : function
        From a part to how many predictions it makes. Larger parts count
        for more, so `lambda part: 1` is right only for equal parts.

    Returns
    -------
    loss : float
        Mean over all predictions of all parts.
    gradients : list of ndarray
        Of that loss, in the types of the model's own gradients. They are
        summed at least in double precision, and rounded once.
    states : list
        One for each part.

    Raises
    ------
    ValueError
        If parts or states are no sequence, there is no part, one has no
        predictions, there is not one state for each, or the gradients of
        the model are not plain arrays of floats that fit the parameters.

    Source: docs/training.md, equation 1.
    """
    if not isinstance(parts, Sequence):
        raise ValueError(
            "expected parts to be a list or tuple, "
            f"got {type(parts).__name__}"
        )
    sizes = [float(size(part)) for part in parts]
    if not sizes or not all(0 < count < np.inf for count in sizes):
        raise ValueError(f"expected parts of sizes above 0, got {sizes}")
    states = [None] * len(sizes) if states is None else states
    if not isinstance(states, Sequence):
        raise ValueError(
            "expected states to be a list or tuple, "
            f"got {type(states).__name__}"
        )
    if len(states) != len(sizes):
        raise ValueError(f"expected {len(sizes)} states, got {len(states)}")
    loss, gradients, after = 0.0, [0.0] * len(params), []
    for part, state, count in zip(parts, states, sizes):
        part_loss, part_gradients, state = model(params, part, state)
        check_pairs(params, gradients=part_gradients)
        # --8<-- [start:accumulate-body]
        share = count / sum(sizes)
        loss += share * float(part_loss)
        pairs = zip(gradients, part_gradients)
        gradients = [g + share * widen(more) for g, more in pairs]  # eq. 1
        # --8<-- [end:accumulate-body]
        after.append(state)
    pairs = zip(gradients, part_gradients)
    gradients = [np.asarray(g, more.dtype) for g, more in pairs]
    return loss, gradients, after


# --8<-- [end:accumulate]


# --8<-- [start:keep-best]
def keep_best(best: Best | None, params: Sequence, loss: float) -> Best:
    """Keep the parameters with the lowest validation loss.

    Parameters
    ----------
    best : Best or None
        From the previous validation; none at the first.
    params : sequence of ndarray
        As they are now.
    loss : float
        Validation loss of these parameters, on text that the network is
        never trained on. NaN is never the lowest.

    Returns
    -------
    best : Best
        It holds copies. Stop when its `waited` reaches your patience.

    Raises
    ------
    ValueError
        If best is no Best, or a parameter is not a plain array of floats.
    """
    check_floats("params", params)
    best = None if best is None else as_named("best", Best, best)
    # --8<-- [start:keep-best-body]
    if best is None:
        best = Best(np.inf, [np.copy(w) for w in params], 0)
    if loss < best.loss:
        return Best(float(loss), [np.copy(w) for w in params], 0)
    return best._replace(waited=best.waited + 1)
    # --8<-- [end:keep-best-body]


# --8<-- [end:keep-best]
