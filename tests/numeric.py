"""Slopes measured by central differences, to hold analytic gradients against."""

from collections.abc import Callable

import numpy as np


def slope(loss: Callable[[], float], array: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """Measure how `loss` changes with each element of `array`, in float64.

    `h` is near the cube root of the machine epsilon, where truncation and rounding balance.
    """
    numeric = np.empty_like(array)
    for i in np.ndindex(array.shape):
        kept = array[i]
        array[i] = kept + h
        up = loss()
        array[i] = kept - h
        numeric[i] = (up - loss()) / (2 * h)
        array[i] = kept
    return numeric


def error(analytic: np.ndarray, numeric: np.ndarray) -> float:
    """Return the largest difference, relative to the largest element."""
    assert analytic.shape == numeric.shape
    if analytic.size == 0:
        return 0.0
    scale = max(abs(analytic).max(), abs(numeric).max(), 1e-8)
    return abs(analytic - numeric).max() / scale
