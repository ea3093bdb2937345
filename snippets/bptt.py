# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Backpropagation through time: check a gradient, and see how far it reaches.

NumPy only. Explained in docs/bptt.md, proven in tests/test_bptt.py.
"""

# --8<-- [start:imports]
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:plain]
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


# --8<-- [end:plain]


# --8<-- [start:slope]
def slope(
    loss: Callable[[], float], array: np.ndarray, h: float = 5e-4
) -> np.ndarray:
    """Measure how a loss changes with each element of an array.

    Parameters
    ----------
    loss : function
        Takes no arguments; it reads the array.
    array : ndarray of float64
        Its elements are changed in place, one at a time, and restored.
    h : float, optional
        Size of a change, above 0. With four points the error of the
        formula is of the order h**4; rounding adds about 1e-16 / h times
        the size of the loss.

    Returns
    -------
    numeric : ndarray
        Same shape as the array.

    Raises
    ------
    ValueError
        If the array is not a plain array of float64, or is read-only, or h
        is not above 0.

    Source: docs/bptt.md, equation 1.
    """
    check_plain("array", array)
    dtype = array.dtype
    if dtype != np.float64 or not array.flags.writeable or not h > 0:
        raise ValueError(
            "expected a writeable array of float64 and h above 0, "
            f"got {dtype} and {h}"
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


# --8<-- [start:compare]
class Verdict(NamedTuple):
    """What a check found in one array."""

    error: float  # largest difference, relative to the largest element
    where: tuple[int, ...]  # index of that difference
    analytic: float  # the gradient there, from the backward pass
    numeric: float  # the slope there, measured by finite differences


def compare(
    analytic: np.ndarray, numeric: np.ndarray, *, floor: float = 1e-8
) -> Verdict:
    """Find the element in which two gradients differ most.

    NaN or infinity in either of them is an infinite error.

    Parameters
    ----------
    analytic, numeric : ndarray
        The gradient from a backward pass, and the measured one.
    floor : float, optional
        The difference is divided by the largest element of the two arrays,
        but by no less than this.

    Raises
    ------
    ValueError
        If one of them is not a plain array, or the shapes differ.

    Source: docs/bptt.md, equation 2.
    """
    check_plain("analytic", analytic)
    check_plain("numeric", numeric)
    if analytic.shape != numeric.shape:
        raise ValueError(
            f"expected a gradient of shape {numeric.shape}, "
            f"got {analytic.shape}"
        )
    if numeric.size == 0:
        return Verdict(0.0, (), 0.0, 0.0)
    with np.errstate(invalid="ignore"):
        # --8<-- [start:compare-body]
        difference = abs(analytic - numeric)
        scale = max(abs(analytic).max(), abs(numeric).max(), floor)
        where = np.unravel_index(difference.argmax(), difference.shape)
        error = difference[where] / scale  # eq. 2
        # --8<-- [end:compare-body]
    found = (error, analytic[where], numeric[where])
    error, there, measured = (float(number) for number in found)
    if not np.isfinite(error):
        error = float("inf")  # max() and > would miss a NaN
    return Verdict(error, tuple(int(i) for i in where), there, measured)


# --8<-- [end:compare]


# --8<-- [start:check]
TOLERANCE = 1e-6  # a smaller error is taken for rounding
SIZES_OF_CHANGE = (5e-4, 5e-5)  # the second for a loss that bends strongly


def check_cell(
    forward: Callable, backward: Callable, params, x, state_0, rng
) -> dict[str, Verdict]:
    """Compare the backward pass of any cell with finite differences.

    Parameters
    ----------
    forward, backward : function
        Of a cell, as in docs/house-rules.md.
    params : CELLParams
    x : ndarray of shape (T, n_x, m)
    state_0 : CELLState or None
        None means zeros. All arrays of params, x and state_0 are changed
        in place and restored, so no two of them may share memory.
    rng : numpy.random.Generator
        Draws how much the loss depends on each hidden state and on the
        last state.

    Returns
    -------
    verdicts : dict
        One for each weight, for `x` and for each field of `state_0`. An
        error below 1e-6 is rounding. Gradients that are smaller than the
        rounding error of the measurement count as right.

    Raises
    ------
    ValueError
        If an array cannot be changed, or is not of float64, or a gradient
        has another shape than its array.

    Source: docs/bptt.md, equations 1 to 3.
    """
    if state_0 is None:
        _, state_0, _ = forward(params, x[:0], None)
    a, state_T, tape = forward(params, x, state_0)
    outputs = [a, *state_T]
    # Large outputs count less: their rounding must not hide the others.
    d_outputs = [
        rng.normal(size=output.shape) / np.maximum(1, abs(output))
        for output in outputs
    ]
    da, *d_state_T = d_outputs
    d_state_T = type(state_T)(*d_state_T)
    d_params, dx, d_state_0 = backward(params, tape, da, d_state_T)

    def loss() -> float:
        a, state_T, _ = forward(params, x, state_0)
        return sum(
            (d * (now - before)).sum()
            for d, now, before in zip(d_outputs, [a, *state_T], outputs)
        )

    n_outputs = sum(output.size for output in outputs)

    def judge(gradient: np.ndarray, array: np.ndarray) -> Verdict:
        verdicts = []
        for h in SIZES_OF_CHANGE:
            # --8<-- [start:floor-body]
            rounding = 10 * np.finfo(float).eps * n_outputs**0.5
            floor = max(1e-8, rounding / h / TOLERANCE)  # eq. 3
            # --8<-- [end:floor-body]
            numeric = slope(loss, array, h)
            verdicts.append(compare(gradient, numeric, floor=floor))
            if verdicts[-1].error < TOLERANCE:
                break
        return min(verdicts, key=lambda verdict: verdict.error)

    states = [f"state_0.{field}" for field in d_state_0._fields]
    names = [*d_params._fields, "x", *states]
    arrays, analytic = (*params, x, *state_0), (*d_params, dx, *d_state_0)
    return {
        name: judge(gradient, array)
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
    state_0 : CELLState or None
        None means zeros.
    da_T : ndarray of shape (n_a, m)
        Gradient with respect to the last hidden state.

    Returns
    -------
    norms : ndarray of shape (T,)
        Norm of the gradient with respect to the input, by lag: norms[0]
        belongs to the last step, norms[k] to the one k steps before. They
        are in float64, because squares of small numbers vanish in float32.

    Raises
    ------
    ValueError
        If there is no step, or `da_T` is not a plain array of the shape of
        a hidden state.

    Source: docs/bptt.md, equation 4.
    """
    check_plain("x", x)
    check_plain("da_T", da_T)
    if len(x) == 0:
        raise ValueError(f"expected x of at least one step, got {x.shape}")
    a, _, tape = forward(params, x, state_0)
    if da_T.shape != a[-1].shape:
        raise ValueError(
            f"expected da_T of shape {a[-1].shape}, got {da_T.shape}"
        )
    # --8<-- [start:reach-body]
    da = np.zeros_like(a)
    da[-1] = da_T
    _, dx, _ = backward(params, tape, da)
    squares = np.square(dx, dtype=np.result_type(dx, float))
    norms = np.sqrt(squares.sum(axis=(1, 2)))[::-1]  # (T,), eq. 4
    # --8<-- [end:reach-body]
    return norms


# --8<-- [end:reach]
