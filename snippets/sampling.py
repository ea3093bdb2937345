# SPDX-License-Identifier: MIT-0
"""Sampling: draw from predictions, and let a cell write a sequence.

NumPy only. Explained in docs/sampling.md, proven in tests/test_sampling.py.
"""

# --8<-- [start:imports]
from collections.abc import Callable, Sequence

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:check]
def check_logits(z_t: np.ndarray) -> None:
    """Refuse logits that no probabilities can be made of.

    Raises
    ------
    ValueError
        If z_t is not (n_y, m) of floats with n_y of at least 1, holds NaN
        or plus infinity, or has a column without a finite logit.
    """
    got, kind = np.shape(z_t), getattr(z_t, "dtype", np.dtype(object))
    if len(got) != 2 or got[0] < 1 or kind.kind != "f":
        raise ValueError(
            f"expected z_t (n_y, m) of floats, got {got} of {kind}"
        )
    if not np.isfinite(z_t.max(axis=0)).all():
        raise ValueError(
            "expected a finite largest logit in each column of z_t, "
            f"got {z_t.max(axis=0)}"
        )


# --8<-- [end:check]


# --8<-- [start:softmax]
def softmax(z: np.ndarray) -> np.ndarray:
    """Turn logits into probabilities, without overflow.

    Parameters
    ----------
    z : ndarray of shape (..., n_y, m)
        Logits. Minus infinity is a class that cannot happen. A column
        with NaN or plus infinity, or without a finite logit, gives NaN.

    Returns
    -------
    y_hat : ndarray of shape (..., n_y, m)
        Probabilities; each column sums to 1.

    Source: docs/readout.md, equation 2.
    """
    with np.errstate(invalid="ignore"):
        e = np.exp(z - z.max(axis=-2, keepdims=True))
        y_hat = e / e.sum(axis=-2, keepdims=True)
    return y_hat


# --8<-- [end:softmax]


# --8<-- [start:temperature]
def heat(z_t: np.ndarray, temperature: float) -> np.ndarray:
    """Divide logits by a temperature: below 1 is surer, above 1 wilder.

    Parameters
    ----------
    z_t : ndarray of shape (n_y, m)
    temperature : float
        Above 0 and finite.

    Returns
    -------
    z_t : ndarray of shape (n_y, m)

    Raises
    ------
    ValueError
        If the temperature is 0 or below, NaN or infinite.

    Source: docs/sampling.md, equation 2.
    """
    if not 0 < temperature < np.inf:
        raise ValueError(
            f"expected temperature above 0 and finite, got {temperature} "
            "(for temperature 0 use greedy)"
        )
    with np.errstate(over="ignore"):  # a tiny temperature: minus infinity
        # --8<-- [start:temperature-body]
        z_t = (z_t - z_t.max(axis=0)) / temperature  # eq. 2
        # --8<-- [end:temperature-body]
    return z_t


# --8<-- [end:temperature]


# --8<-- [start:top-k]
def keep_top_k(z_t: np.ndarray, top_k: int) -> np.ndarray:
    """Rule out all but the k likeliest classes of each column.

    Parameters
    ----------
    z_t : ndarray of shape (n_y, m)
    top_k : int
        From 1 to n_y. Of equal logits the first ones are kept.

    Returns
    -------
    z_t : ndarray of shape (n_y, m)
        Minus infinity for what is ruled out.

    Raises
    ------
    ValueError
        If top_k is not an integer from 1 to n_y.

    Source: Fan et al. (2018).
    """
    if top_k not in range(1, len(z_t) + 1):
        raise ValueError(f"expected top_k from 1 to {len(z_t)}, got {top_k}")
    # --8<-- [start:top-k-body]
    order = np.argsort(-z_t, axis=0, kind="stable")  # likeliest first
    rank = np.argsort(order, axis=0)
    z_t = np.where(rank < top_k, z_t, -np.inf)
    # --8<-- [end:top-k-body]
    return z_t


# --8<-- [end:top-k]


# --8<-- [start:top-p]
def keep_top_p(z_t: np.ndarray, top_p: float) -> np.ndarray:
    """Keep the fewest likeliest classes whose probabilities reach p.

    Parameters
    ----------
    z_t : ndarray of shape (n_y, m)
    top_p : float
        Above 0, at most 1.

    Returns
    -------
    z_t : ndarray of shape (n_y, m)
        Minus infinity for what is ruled out.

    Raises
    ------
    ValueError
        If top_p is not above 0 and at most 1.

    Source: Holtzman et al. (2020).
    """
    if not 0 < top_p <= 1:
        raise ValueError(f"expected top_p above 0 and at most 1, got {top_p}")
    # --8<-- [start:top-p-body]
    order = np.argsort(-z_t, axis=0, kind="stable")  # likeliest first
    likely = np.take_along_axis(softmax(z_t), order, axis=0)
    before = np.cumsum(likely, axis=0) - likely  # what likelier ones reach
    rank = np.argsort(order, axis=0)
    short = before < top_p * (1 - 1e-12)  # sums are rounded
    kept = np.take_along_axis(short, rank, axis=0)
    z_t = np.where(kept, z_t, -np.inf)
    # --8<-- [end:top-p-body]
    return z_t


# --8<-- [end:top-p]


# --8<-- [start:draw]
def draw(
    z_t: np.ndarray,
    rng: np.random.Generator,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> np.ndarray:
    """Draw one class for each column, as likely as the softmax says.

    Parameters
    ----------
    z_t : ndarray of shape (n_y, m)
        Logits.
    rng : numpy.random.Generator
        The same seed draws the same classes.
    temperature, top_k, top_p
        See `heat`, `keep_top_k`, `keep_top_p`; applied in this order.

    Returns
    -------
    drawn : ndarray of int, shape (m,)

    Raises
    ------
    ValueError
        As `check_logits` and the three filters.

    Source: docs/sampling.md, equation 1.
    """
    check_logits(z_t)
    z_t = heat(z_t.astype(float), temperature)
    if top_k is not None:
        z_t = keep_top_k(z_t, top_k)
    if top_p is not None:
        z_t = keep_top_p(z_t, top_p)
    # --8<-- [start:draw-body]
    y_hat_t = softmax(z_t)  # (n_y, m), eq. 1
    drawn = np.array([rng.choice(len(p), p=p) for p in y_hat_t.T], dtype=int)
    # --8<-- [end:draw-body]
    return drawn


def greedy(z_t: np.ndarray) -> np.ndarray:
    """Choose the likeliest class of each column: no chance at all.

    Shapes and errors as `draw`; of equal logits the first one wins.
    """
    check_logits(z_t)
    return z_t.argmax(axis=0)


# --8<-- [end:draw]


# --8<-- [start:generate]
def generate(
    predict: Callable[[int, tuple], tuple[np.ndarray, tuple]],
    state: tuple,
    prompt: Sequence[int],
    length: int,
    choose: Callable[[np.ndarray], np.ndarray],
    *,
    stop: int | None = None,
) -> list[int]:
    """Let a cell write: what is chosen becomes the next input.

    Parameters
    ----------
    predict : function
        From a class and a state to logits (n_y, 1) and the next state:
        any cell with any readout.
    state : CELLState
        Where the cell starts.
    prompt : sequence of int
        What the cell reads first; at least one, such as a start token.
    length : int
        How many classes to choose at most, 0 or more.
    choose : function
        From logits (n_y, 1) to one class in an array: `greedy`, or
        `draw` with its generator filled in.
    stop : int, optional
        The class that ends the sequence; it is not returned.

    Returns
    -------
    chosen : list of int
        Without the prompt.

    Raises
    ------
    ValueError
        If the prompt is empty or the length negative.

    Source: docs/sampling.md, equation 3.
    """
    if len(prompt) == 0 or length < 0:
        raise ValueError(
            "expected a prompt of at least one class and a length of 0 "
            f"or more, got {list(prompt)} and {length}"
        )
    # --8<-- [start:generate-body]
    for token in prompt:
        z_t, state = predict(token, state)
    chosen = []
    while len(chosen) < length:
        token = int(choose(z_t)[0])
        if token == stop:
            break
        chosen.append(token)
        z_t, state = predict(token, state)  # eq. 3
    # --8<-- [end:generate-body]
    return chosen


# --8<-- [end:generate]
