"""Chooses a learning rate in the open: every network by the same rule, every trial in the record.

    trial = search(lambda rate, seed: loss(name, rate, seed), seeds=[100, 101])
    trial["chosen"]

`search` tries the same three rates for every network, and keeps the one with the lowest score.
While that one is the smallest or the largest that was tried, it tries the next one beyond. So no
winner is on the edge of what was tried. The seeds of the trials are not those that are reported.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

FIRST = (0.001, 0.003, 0.01)
MOST = 8


def neighbour(rate: float, up: bool) -> float:
    """Return the next rate of 1, 3, 10, 30 ...: up or down."""
    exponent = int(np.floor(np.log10(rate) + 1e-9))
    is_one = round(rate / 10.0**exponent) == 1
    if up:
        return float(f"3e{exponent}") if is_one else float(f"1e{exponent + 1}")
    return float(f"3e{exponent - 1}") if is_one else float(f"1e{exponent}")


def search(
    score: Callable[[float, int], float],
    seeds: Sequence[int],
    rates: Sequence[float] = FIRST,
) -> dict[str, Any]:
    """Find the learning rate with the lowest mean score.

    Parameters
    ----------
    score : function
        From a rate and a seed to what is to be low, such as the loss on validation data. A network
        that has diverged has a score of NaN or infinity, and counts as the worst.
    seeds : sequence of int
        The mean over these is compared. They are not the seeds that are reported.
    rates : sequence of float
        Where to start, each next to the other: 1, 3, 10 ...

    Returns
    -------
    trial : dict
        "chosen", the rate; "seeds"; and "tried", a row for each rate with its scores, None where a
        network has diverged.

    Raises
    ------
    ValueError
        If the best of eight rates is still on the edge: then the score does not depend on the rate
        as expected.
    """
    scores = {rate: [float(score(rate, seed)) for seed in seeds] for rate in rates}
    while True:
        means = {rate: mean(scores[rate]) for rate in sorted(scores)}
        chosen = min(means, key=means.get)
        lowest, highest = min(means), max(means)
        if lowest < chosen < highest:
            tried = [
                {"rate": rate, "scores": [round(s, 5) if np.isfinite(s) else None for s in row]}
                for rate, row in sorted(scores.items())
            ]
            return {"chosen": chosen, "seeds": list(seeds), "tried": tried}
        if len(scores) == MOST:
            raise ValueError(f"expected a best rate between others, got the edge of {[*means]}")
        rate = neighbour(chosen, up=chosen == highest)
        scores[rate] = [float(score(rate, seed)) for seed in seeds]


def mean(scores: Sequence[float]) -> float:
    """Return the mean; infinity if a network has diverged."""
    return float(np.mean(scores)) if np.isfinite(scores).all() else float("inf")
