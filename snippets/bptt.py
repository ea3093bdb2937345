# SPDX-License-Identifier: MIT-0
"""Backpropagation through time: check a gradient, and see how far it reaches.

NumPy only. Explained in docs/bptt.md, proven in tests/test_bptt.py.
"""

# --8<-- [start:imports]
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:slope]
def slope(
    loss: Callable[[], float], array: np.ndarray, h: float = 5e-4
) -> np.ndarray:
    """Measure how a loss changes with each element of an array.

    Parameters
    ----------
    loss : function
        Without arguments; it reads the array.
    array : ndarray of float64
        Nudged in place, one element at a time, and restored.
    h : float
        Size of a nudge, above 0. With four points the error is of the
        order h**4, and rounding costs about 1e-16 / h.

    Returns
    -------
    numeric : ndarray
        Same shape as the array.

    Raises
    ------
    ValueError
        If the array is not of float64 or read-only, or h not above 0.

    Source: docs/bptt.md, equation 1.
    """
    kind = getattr(array, "dtype", type(array))
    if kind != np.float64 or not array.flags.writeable or not h > 0:
        raise ValueError(
            "expected a writeable array of float64 and h above 0, "
            f"got {kind} and {h}"
        )
    numeric = np.empty_like(array)
    for i in np.ndindex(array.shape):
        kept, values = array[i], []
        try:
            # --8<-- [start:slope-body]
            for steps in (-2, -1, 1, 2):
                array[i] = kept + steps * h
                values.append(loss())
            far, near = values[3] - values[0], values[2] - values[1]
            numeric[i] = (8 * near - far) / (12 * h)  # eq. 1
            # --8<-- [end:slope-body]
        finally:
            array[i] = kept
    return numeric


# --8<-- [end:slope]


# --8<-- [start:check]
class Verdict(NamedTuple):
    """What a check found in one array."""

    error: float  # largest difference, relative to the largest element
    where: tuple[int, ...]  # index of that difference
    analytic: float  # what backward says there
    numeric: float  # what was measured there


def compare(analytic: np.ndarray, numeric: np.ndarray) -> Verdict:
    """Find the element in which two gradients differ most.

    NaN or infinity in either of them is an infinite error.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    if np.shape(analytic) != np.shape(numeric):
        raise ValueError(
            f"expected a gradient of shape {np.shape(numeric)}, "
            f"got {np.shape(analytic)}"
        )
    if np.size(numeric) == 0:
        return Verdict(0.0, (), 0.0, 0.0)
    with np.errstate(invalid="ignore"):
        # --8<-- [start:compare-body]
        difference = abs(analytic - numeric)
        scale = max(abs(analytic).max(), abs(numeric).max(), 1e-8)
        where = np.unravel_index(difference.argmax(), difference.shape)
        error = difference[where] / scale  # eq. 2
        # --8<-- [end:compare-body]
    found = (error, analytic[where], numeric[where])
    error, there, measured = (float(number) for number in found)
    if not np.isfinite(error):
        error = float("inf")  # max() and > pass over a NaN
    return Verdict(error, tuple(int(i) for i in where), there, measured)


def check_cell(
    forward: Callable, backward: Callable, params, x, state_0, rng
) -> dict[str, Verdict]:
    """Hold the backward of any cell against slopes of its forward.

    Parameters
    ----------
    forward, backward : function
        Of a cell, as in docs/contributing.md.
    params : CELLParams
    x : ndarray of shape (T, n_x, m)
    state_0 : CELLState
        As all arrays nudged in place and restored, so no two of them may
        be the same array.
    rng : numpy.random.Generator
        Draws how the loss weighs each activation and the last state.

    Returns
    -------
    verdicts : dict
        One for each weight, for `x` and for each field of `state_0`; an
        error below 1e-6 is as good as none.

    Source: docs/bptt.md, equations 1 and 2.
    """
    a, state_T, tape = forward(params, x, state_0)
    da = rng.normal(size=a.shape)
    d_state_T = state_T._make(rng.normal(size=s.shape) for s in state_T)
    d_params, dx, d_state_0 = backward(params, tape, da, d_state_T)

    def loss():
        a, state_T, _ = forward(params, x, state_0)
        pairs = zip((da, *d_state_T), (a, *state_T))
        return sum((d * s).sum() for d, s in pairs)

    names = [*params._fields, "x", *(f"state_0.{f}" for f in state_0._fields)]
    arrays, analytic = (*params, x, *state_0), (*d_params, dx, *d_state_0)
    return {
        name: compare(gradient, slope(loss, array))
        for name, array, gradient in zip(names, arrays, analytic)
    }


# --8<-- [end:check]


# --8<-- [start:reach]
def reach(
    forward: Callable, backward: Callable, params, x, state_0, da_T
) -> np.ndarray:
    """Measure what is left of a gradient that starts at the last step.

    Parameters
    ----------
    forward, backward : function
        Of a cell.
    params : CELLParams
    x : ndarray of shape (T, n_x, m)
        T at least 1.
    state_0 : CELLState
    da_T : ndarray of shape (n_a, m)
        Gradient for the last activation.

    Returns
    -------
    norms : ndarray of shape (T,)
        Norm of the gradient for the input, by lag: norms[0] belongs to the
        last step, norms[k] to the one k steps before.

    Raises
    ------
    ValueError
        If there is no step, or `da_T` has another shape.

    Source: docs/bptt.md, equation 3.
    """
    if len(x) == 0:
        raise ValueError(f"expected x of at least one step, got {x.shape}")
    if np.shape(da_T) != state_0.a.shape:
        raise ValueError(
            f"expected da_T of shape {state_0.a.shape}, got {np.shape(da_T)}"
        )
    # --8<-- [start:reach-body]
    a, _, tape = forward(params, x, state_0)
    da = np.zeros_like(a)
    da[-1] = da_T
    _, dx, _ = backward(params, tape, da)
    norms = np.sqrt((dx**2).sum(axis=(1, 2)))[::-1]  # (T,), eq. 3
    # --8<-- [end:reach-body]
    return norms


# --8<-- [end:reach]
