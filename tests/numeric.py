"""Slopes measured by central differences, to hold analytic gradients against."""

import tracemalloc
from collections.abc import Callable

import numpy as np


def slope(loss: Callable[[], float], array: np.ndarray, h: float = 5e-4) -> np.ndarray:
    """Measure how `loss` changes with each element of `array`, in float64.

    Four points cancel the error in h**2, so that h may be large and rounding small: both
    errors are then of the order 1e-12, where two points leave 1e-10.
    """
    numeric = np.empty_like(array)
    for i in np.ndindex(array.shape):
        kept, values = array[i], []
        for steps in (1, -1, 2, -2):
            array[i] = kept + steps * h
            values.append(loss())
        array[i] = kept
        near, far = values[0] - values[1], values[2] - values[3]
        numeric[i] = (8 * near - far) / (12 * h)
    return numeric


def error(analytic: np.ndarray, numeric: np.ndarray, least: float = 1e-8) -> float:
    """Return the largest difference, relative to the largest element or to `least`."""
    assert analytic.shape == numeric.shape
    if analytic.size == 0:
        return 0.0
    scale = max(abs(analytic).max(), abs(numeric).max(), least)
    return abs(analytic - numeric).max() / scale


def peak_bytes(run: Callable[[], object]) -> int:
    """Return how many bytes a call needs at most, beside those that were in use before."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        run()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
