# SPDX-License-Identifier: MIT-0
"""Training: the loop over any model, large batches, and when to stop.

NumPy only. Explained in docs/training.md, proven in tests/test_training.py.
"""

# --8<-- [start:imports]
from collections.abc import Callable, Iterable, Iterator, Sequence
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
    """The parameters that did best on what was held out."""

    loss: float  # the lowest so far
    params: list[np.ndarray]
    waited: int  # looks since then that found nothing lower


class DivergedError(ArithmeticError):
    """The loss is no longer a number; `params` are the last that had one."""

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
        Where to start; not changed.
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
        report(Progress(step, loss, norm, params, memory, state))
    # --8<-- [end:train-body]
    return params, memory, state


# --8<-- [end:train]


# --8<-- [start:accumulate]
def accumulate(
    params: list[np.ndarray],
    parts: Sequence,
    states: Sequence | None,
    *,
    model: Callable[[list, Any, Any], tuple[float, list, Any]],
    size: Callable[[Any], float] = lambda part: 1,
) -> tuple[float, list[np.ndarray], list]:
    """Be the model of one large batch, given in parts that fit in memory.

    Parameters
    ----------
    params : list of ndarray
    parts : sequence
        What `model` takes for a batch, several times over.
    states : sequence, optional
        The state of each part; none means that `model` gets None.
    model : function
        As `train` takes it; its loss is a mean over what it predicts.
    size : function, optional
        From a part to how many predictions it makes. By default all
        parts count alike.

    Returns
    -------
    loss : float
        Mean over all predictions of all parts.
    gradients : list of ndarray
        Of that loss.
    states : list
        One for each part.

    Raises
    ------
    ValueError
        If parts are an iterator, there is none, one has no predictions,
        or there is not one state for each.

    Source: docs/training.md, equation 1.
    """
    if iter(parts) is parts:  # sizes first: an iterator would then be empty
        raise ValueError(
            f"expected parts as a sequence, got {type(parts).__name__}"
        )
    sizes = [float(size(part)) for part in parts]
    if not sizes or min(sizes) <= 0:
        raise ValueError(f"expected parts of sizes above 0, got {sizes}")
    states = [None] * len(sizes) if states is None else states
    if len(states) != len(sizes):
        raise ValueError(f"expected {len(sizes)} states, got {len(states)}")
    loss, gradients, after = 0.0, [0.0] * len(params), []
    for part, state, count in zip(parts, states, sizes):
        # --8<-- [start:accumulate-body]
        share = count / sum(sizes)
        part_loss, part_gradients, state = model(params, part, state)
        loss += share * part_loss
        pairs = zip(gradients, part_gradients, strict=True)
        gradients = [g + share * more for g, more in pairs]  # eq. 1
        # --8<-- [end:accumulate-body]
        after.append(state)
    return loss, gradients, after


# --8<-- [end:accumulate]


# --8<-- [start:keep-best]
def keep_best(best: Best | None, params: Sequence, loss: float) -> Best:
    """Keep the parameters with the lowest loss on what was held out.

    Parameters
    ----------
    best : Best, optional
        From the look before; none at the first.
    params : sequence of ndarray
        As they are now.
    loss : float
        Of these parameters, on text that no update has seen. NaN is
        never the lowest.

    Returns
    -------
    best : Best
        With copies. Stop when its `waited` is as long as your patience.
    """
    # --8<-- [start:keep-best-body]
    if best is None:
        best = Best(np.inf, [np.copy(w) for w in params], 0)
    if loss < best.loss:
        return Best(loss, [np.copy(w) for w in params], 0)
    return best._replace(waited=best.waited + 1)
    # --8<-- [end:keep-best-body]


# --8<-- [end:keep-best]


# --8<-- [start:nested]
def flatten(nested: Any) -> list[np.ndarray]:
    """List the arrays in any nesting of layers, tuples, lists and dicts.

    The arrays come in the order of the fields, those of a dict in the
    order of its sorted keys. The functions of a layer are left out. So
    the weights of layers come in the same order as the gradients that
    their backward pass returns. Nothing is copied.

    Raises
    ------
    ValueError
        If there is anything in it but plain NumPy arrays.

    Source: docs/training.md.
    """
    if callable(nested):
        return []
    if isinstance(nested, dict):
        nested = [nested[key] for key in sorted(nested)]
    if isinstance(nested, tuple | list):
        return [array for part in nested for array in flatten(part)]
    check_plain("each part of the nesting", nested)
    return [nested]


def unflatten(like: Any, arrays: Sequence[np.ndarray]) -> Any:
    """Put a flat list of arrays into a nesting: the inverse of `flatten`.

    Parameters
    ----------
    like : any nesting of layers, tuples, lists and dicts
        The nesting to rebuild. It is not changed, and the functions of
        its layers are kept.
    arrays : sequence of ndarray
        The arrays that replace those of `flatten(like)`, in that order.

    Returns
    -------
    nested : the same nesting as `like`
        It holds the given arrays, not copies of them.

    Raises
    ------
    ValueError
        If the number of arrays or the shape of one of them differs, or
        if one of them is not of floats.

    Source: docs/training.md.
    """
    replaced = flatten(like)
    if len(arrays) != len(replaced):
        raise ValueError(
            f"expected {len(replaced)} arrays, as many as there are in "
            f"like, got {len(arrays)}"
        )
    for i, (array, old) in enumerate(zip(arrays, replaced)):
        check(f"arrays[{i}]", array, *old.shape)
    return fill(like, iter(arrays))


def fill(like: Any, arrays: Iterator[np.ndarray]) -> Any:
    """Rebuild a nesting in which the next arrays replace its own."""
    if callable(like):
        return like
    if isinstance(like, dict):
        return {key: fill(like[key], arrays) for key in sorted(like)}
    if isinstance(like, tuple | list):
        parts = [fill(part, arrays) for part in like]
        make = getattr(like, "_make", type(like))
        return make(parts)
    return next(arrays)


# --8<-- [end:nested]
