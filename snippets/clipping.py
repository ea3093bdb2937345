# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Gradient clipping: by value, by norm, by global norm.

NumPy only. Explained in docs/clipping.md, proven in tests/test_clipping.py.
"""

# --8<-- [start:imports]
from collections.abc import Sequence

import numpy as np

# --8<-- [end:imports]


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


def check_gradients(gradients: Sequence[np.ndarray]) -> None:
    """Raise a ValueError unless these are arrays of finite floats."""
    check_floats("gradients", gradients)
    if len(gradients) == 0:
        raise ValueError("expected at least one gradient, got none")
    for i, g in enumerate(gradients):
        if not np.isfinite(g).all():
            raise ValueError(
                f"expected gradients[{i}] to be finite, got NaN or infinity"
            )


def check_threshold(threshold: float) -> float:
    """Return a threshold above 0 as a float, or raise a ValueError."""
    if not threshold > 0:  # also catches NaN
        raise ValueError(f"expected threshold above 0, got {threshold}")
    return float(threshold)


# --8<-- [end:check]


# --8<-- [start:norm]
def widen(array: np.ndarray) -> np.ndarray:
    """Return an array in double precision, or as it is if that is wider.

    NumPy rounds a number to the type of the array that it meets: 1e-8
    becomes 0 where it meets float16. After widening it stays what it is.
    """
    return array.astype(np.result_type(array, np.float64), copy=False)


def global_norm(gradients: Sequence[np.ndarray]) -> float:
    """Compute the length of all gradients, taken as one long vector.

    Parameters
    ----------
    gradients : sequence of ndarray
        At least one array of floats. Shapes and dtypes may differ.

    Returns
    -------
    norm : float
        The square root of the sum of all squares, computed at least in
        double precision. Very large and very small elements neither
        overflow nor underflow when they are squared. The norm is infinite
        if it exceeds the largest float. It is an np.longdouble if one of
        the gradients has that dtype.

    Raises
    ------
    ValueError
        If there is no gradient, or if one is not a plain array of floats
        or contains NaN or infinity.

    Source: docs/clipping.md, equation 1.
    """
    check_gradients(gradients)
    # --8<-- [start:norm-body]
    largest = max(abs(widen(g)).max(initial=0) for g in gradients)
    scale = largest or 1.0  # avoids 0 / 0 if all are zero
    squares = sum(np.square(widen(g) / scale).sum() for g in gradients)
    with np.errstate(over="ignore"):
        norm = scale * np.sqrt(squares)  # eq. 1
    # --8<-- [end:norm-body]
    return norm.item()


# --8<-- [end:norm]


# --8<-- [start:shorten]
def shorten(g: np.ndarray, norm: float, threshold: float) -> np.ndarray:
    """Return a copy of an array, scaled down if the norm is too large.

    Dividing by the norm first gives numbers of at most 1, so no step of
    the computation can overflow. The result is rounded once, to the dtype
    of the array.

    Raises
    ------
    ValueError
        If g is not a plain array, or the norm is infinite.
    """
    check_plain("g", g)
    if norm == np.inf:
        raise ValueError("expected gradients of finite length, got infinity")
    if norm <= threshold:
        return np.array(g)
    # --8<-- [start:shorten-body]
    direction = widen(g) / norm
    shortened = threshold * direction
    # --8<-- [end:shorten-body]
    return np.asarray(shortened, g.dtype)


# --8<-- [end:shorten]


# --8<-- [start:by-value]
def clip_by_value(
    gradients: Sequence[np.ndarray], threshold: float
) -> tuple[list[np.ndarray], float]:
    """Limit every element to the range from -threshold to threshold.

    This can change the direction of the step.

    Parameters
    ----------
    gradients : sequence of ndarray
        At least one array of floats, of any shape; they stay unchanged.
    threshold : float
        Largest absolute value of an element, above 0. Infinity clips
        nothing.

    Returns
    -------
    clipped : list of ndarray
        New arrays of the same shapes and dtypes. They are computed at
        least in double precision and rounded once, to the nearest number
        of their dtype: in float16, a threshold of 0.3 gives 0.3000488.
    norm : float
        Global norm before clipping, as `global_norm` returns it.

    Raises
    ------
    ValueError
        As for `global_norm`, and if the threshold is not above 0.

    Source: docs/clipping.md, equation 2.
    """
    threshold = check_threshold(threshold)
    norm = global_norm(gradients)
    clipped = []
    for g in gradients:
        # --8<-- [start:by-value-body]
        within = np.clip(widen(g), -threshold, threshold)  # eq. 2
        # --8<-- [end:by-value-body]
        clipped.append(np.asarray(within, g.dtype))
    return clipped, norm


# --8<-- [end:by-value]


# --8<-- [start:by-norm]
def clip_by_norm(
    gradients: Sequence[np.ndarray], threshold: float
) -> tuple[list[np.ndarray], float]:
    """Shorten each array separately if it is longer than the threshold.

    Each array keeps its direction, but the direction of the whole step can
    change. Parameters, results and errors are those of
    `clip_by_global_norm`, except that the threshold is the largest norm of
    a single array.

    Source: docs/clipping.md, equation 3.
    """
    threshold = check_threshold(threshold)
    norm = global_norm(gradients)
    # --8<-- [start:by-norm-body]
    norms = [global_norm([g]) for g in gradients]
    pairs = zip(gradients, norms)
    clipped = [shorten(g, own, threshold) for g, own in pairs]  # eq. 3
    # --8<-- [end:by-norm-body]
    return clipped, norm


# --8<-- [end:by-norm]


# --8<-- [start:by-global-norm]
def clip_by_global_norm(
    gradients: Sequence[np.ndarray], threshold: float
) -> tuple[list[np.ndarray], float]:
    """Shorten all arrays by one common factor if their global norm is large.

    This keeps the direction of the step.

    Parameters
    ----------
    gradients : sequence of ndarray
        At least one array of floats, of any shape; they stay unchanged.
    threshold : float
        Largest global norm, above 0. Infinity clips nothing.

    Returns
    -------
    clipped : list of ndarray
        New arrays of the same shapes and dtypes. Each element is computed
        at least in double precision and rounded once, to the nearest
        number of its dtype. This rounding can lift the new norm above the
        threshold, by at most 0.05 % in float16 and 6e-8 in float32. It can
        be more only if elements are below the smallest normal number of
        their dtype (6e-5 in float16).
    norm : float
        Global norm before clipping, as `global_norm` returns it.

    Raises
    ------
    ValueError
        As for `global_norm`, and if the threshold is not above 0 or the
        norm exceeds the largest float.

    Source: Pascanu et al. (2013); docs/clipping.md, equation 4.
    """
    threshold = check_threshold(threshold)
    # --8<-- [start:by-global-norm-body]
    norm = global_norm(gradients)
    clipped = [shorten(g, norm, threshold) for g in gradients]  # eq. 4
    # --8<-- [end:by-global-norm-body]
    return clipped, norm


# --8<-- [end:by-global-norm]


# --8<-- [start:in-place]
def clip_in_place(gradients: Sequence[np.ndarray], threshold: float) -> float:
    """Clip by global norm, and overwrite the arrays that are passed.

    Parameters
    ----------
    gradients : sequence of ndarray
        If there is an error, none of them is changed.
    threshold : float
        Largest global norm, above 0. Infinity clips nothing.

    Returns
    -------
    norm : float
        Global norm before clipping, as `global_norm` returns it.

    Raises
    ------
    ValueError
        As for `clip_by_global_norm`, and if an array is read-only.
    """
    clipped, norm = clip_by_global_norm(gradients, threshold)
    for i, g in enumerate(gradients):
        if not g.flags.writeable:
            raise ValueError(
                f"expected gradients[{i}] to be writeable, got read-only"
            )
    for g, new in zip(gradients, clipped):
        g[...] = new
    return norm


# --8<-- [end:in-place]
