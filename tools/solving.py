"""Trains a network until it has solved a task, for experiments that count training steps.

    layers, run = train_until_solved(model, layers, draw, accuracy, ...)
    run["steps"], run["solved"]

Each training step gets a new batch. After every few steps the network is asked about new sequences,
and training stops when it is right on all but one in a hundred.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from snippets.clipping import clip_by_global_norm
from snippets.nested import flatten, unflatten
from snippets.optimizers import adam, init_adam
from snippets.training import DivergedError, train

ENOUGH = 0.99


def train_until_solved(
    model: Callable,
    layers: Any,
    draw: Callable[[], Any],
    accuracy: Callable[[Any], float],
    *,
    rate: float,
    budget: int,
    every: int,
) -> tuple[Any, dict[str, Any]]:
    """Train with Adam and clipping until 99 % are right, or the budget is spent.

    Parameters
    ----------
    model : function
        The loss, as `train` calls it, which also takes the layers as `like`.
    layers : nested tuples of arrays
        The network as it starts.
    draw : function
        Returns a new batch.
    accuracy : function
        From layers to their accuracy on new sequences.
    rate : float
        The learning rate.
    budget, every : int
        Training steps: at most, and between two looks at the accuracy.

    Returns
    -------
    layers : nested tuples of arrays
        The network after training. If the loss or the gradient has become infinite, it is the
        network before the last `every` steps, and has not solved the task.
    run : dict
        "steps", the training steps until the task was solved, or the budget if it was not, and
        "solved".
    """
    memory, steps, solved = init_adam(flatten(layers)), 0, False
    while steps < budget and not solved:
        try:
            params, memory, _ = train(
                partial(model, like=layers),
                flatten(layers),
                (draw() for _ in range(every)),
                partial(adam, learning_rate=rate),
                memory=memory,
                clip=partial(clip_by_global_norm, threshold=1.0),
            )
        except (DivergedError, ValueError):  # infinite loss or gradient
            break
        layers, steps = unflatten(layers, params), steps + every
        solved = accuracy(layers) >= ENOUGH
    return layers, {"steps": steps if solved else budget, "solved": solved}
