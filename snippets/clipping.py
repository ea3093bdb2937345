# SPDX-License-Identifier: MIT-0
"""Gradient clipping: by value, by norm, by global norm.

NumPy only. Explained in docs/clipping.md, proven in tests/test_clipping.py.
"""

# --8<-- [start:imports]
from collections.abc import Sequence

import numpy as np

# --8<-- [end:imports]


# --8<-- [start:check]
def check_clip(gradients: Sequence[np.ndarray], threshold: float) -> float:
    """Refuse what cannot be clipped; return the threshold as a float.

    Raises
    ------
    ValueError
        If there is no gradient, one is not an array of floats, one holds
        NaN or infinity, or the threshold is not above 0 (NaN is not).
    """
    if len(gradients) == 0:
        raise ValueError("expected at least one gradient, got none")
    for i, g in enumerate(gradients):
        if not isinstance(g, np.ndarray) or g.dtype.kind != "f":
            kind = getattr(g, "dtype", type(g).__name__)
            raise ValueError(
                f"expected gradients[{i}] to be an array of floats, "
                f"got {kind}"
            )
        if not np.isfinite(g).all():
            raise ValueError(
                f"expected gradients[{i}] to be finite, got NaN or infinity"
            )
    if not threshold > 0:
        raise ValueError(f"expected threshold above 0, got {threshold}")
    return float(threshold)


# --8<-- [end:check]


# --8<-- [start:norm]
def global_norm(gradients: Sequence[np.ndarray]) -> float:
    """Measure the length of all gradients, laid end to end.

    Parameters
    ----------
    gradients : sequence of ndarray
        Any shapes.

    Returns
    -------
    norm : float
        Square root of the sum of all squares, 0 or above. Squares of
        very large or very small entries neither overflow nor vanish.

    Source: docs/clipping.md, equation 1.
    """
    # --8<-- [start:norm-body]
    largest = max(float(abs(g).max(initial=0)) for g in gradients)
    scale = largest or 1.0  # all zero: avoid 0 / 0
    kind = np.result_type(*gradients)  # in which no element is too large
    shares = (np.divide(g, scale, dtype=kind) for g in gradients)
    squares = sum(np.square(share, dtype=float).sum() for share in shares)
    norm = scale * float(np.sqrt(squares))  # eq. 1
    # --8<-- [end:norm-body]
    return norm


# --8<-- [end:norm]


# --8<-- [start:factor]
def shrink_factor(norm: float, threshold: float) -> float:
    """Return what a length above the threshold is multiplied by, or 1.

    Raises
    ------
    ValueError
        If the length is beyond the largest float.
    """
    if norm == np.inf:
        raise ValueError("expected gradients of finite length, got infinity")
    return threshold / norm if norm > threshold else 1.0


# --8<-- [end:factor]


# --8<-- [start:by-value]
def clip_by_value(
    gradients: Sequence[np.ndarray], threshold: float
) -> tuple[list[np.ndarray], float]:
    """Cut every element to the range from -threshold to threshold.

    This may turn the direction of the step.

    Parameters
    ----------
    gradients : sequence of ndarray
        Any shapes; not changed.
    threshold : float
        Largest size of an element, above 0. Infinity clips nothing.

    Returns
    -------
    clipped : list of ndarray
        New arrays of the same shapes and types.
    norm : float
        Global norm before clipping.

    Raises
    ------
    ValueError
        As `check_clip`.

    Source: docs/clipping.md, equation 2.
    """
    threshold = check_clip(gradients, threshold)
    # --8<-- [start:by-value-body]
    clipped = [np.clip(g, -threshold, threshold) for g in gradients]  # eq. 2
    # --8<-- [end:by-value-body]
    return clipped, global_norm(gradients)


# --8<-- [end:by-value]


# --8<-- [start:by-norm]
def clip_by_norm(
    gradients: Sequence[np.ndarray], threshold: float
) -> tuple[list[np.ndarray], float]:
    """Shorten each array that is longer than threshold, on its own.

    Each array keeps its direction, all of them together may not.

    Parameters, returns, errors: as `clip_by_value`, with the threshold
    as the largest norm of one array.

    Source: docs/clipping.md, equation 3.
    """
    threshold = check_clip(gradients, threshold)
    # --8<-- [start:by-norm-body]
    norms = [global_norm([g]) for g in gradients]
    factors = [shrink_factor(norm, threshold) for norm in norms]
    clipped = [f * g for f, g in zip(factors, gradients)]  # eq. 3
    # --8<-- [end:by-norm-body]
    return clipped, global_norm(gradients)


# --8<-- [end:by-norm]


# --8<-- [start:by-global-norm]
def clip_by_global_norm(
    gradients: Sequence[np.ndarray], threshold: float
) -> tuple[list[np.ndarray], float]:
    """Shorten all arrays by one factor if together they are too long.

    The direction of the step stays what it was.

    Parameters, returns, errors: as `clip_by_value`, with the threshold
    as the largest global norm.

    Source: Pascanu et al. (2013); docs/clipping.md, equation 4.
    """
    threshold = check_clip(gradients, threshold)
    # --8<-- [start:by-global-norm-body]
    norm = global_norm(gradients)
    factor = shrink_factor(norm, threshold)
    clipped = [factor * g for g in gradients]  # eq. 4
    # --8<-- [end:by-global-norm-body]
    return clipped, norm


# --8<-- [end:by-global-norm]


# --8<-- [start:in-place]
def clip_in_place(gradients: Sequence[np.ndarray], threshold: float) -> float:
    """Clip by global norm, writing into the arrays that are passed.

    Parameters
    ----------
    gradients : sequence of ndarray
        Changed, all of them or, on an error, none.
    threshold : float
        Largest global norm, above 0.

    Returns
    -------
    norm : float
        Global norm before clipping.

    Raises
    ------
    ValueError
        As `check_clip`, and if an array is read-only.
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
