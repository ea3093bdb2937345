# SPDX-License-Identifier: MIT-0
# Version 1. What later versions change: docs/changes.md
"""New thing: what it does, in one line.

NumPy only. Explained in docs/new-thing.md,
proven in tests/test_new_thing.py.
"""

# --8<-- [start:imports]
import numpy as np

# --8<-- [end:imports]


# --8<-- [start:new-thing]
def new_thing(a_t: np.ndarray) -> np.ndarray:
    """Take each unit's share of the sum.

    Parameters
    ----------
    a_t : ndarray of shape (n_a, m)
        Activations, one example per column.

    Returns
    -------
    shares : ndarray of shape (n_a, m)

    Raises
    ------
    ValueError
        If a_t has another rank, is not of floats, or is a masked array
        or a matrix.

    Source: docs/new-thing.md, equation 1.
    """
    is_plain = type(a_t) in (np.ndarray, np.memmap)
    if not is_plain or a_t.ndim != 2 or a_t.dtype.kind != "f":
        raise ValueError(
            "expected a_t (n_a, m) of floats, got "
            f"{type(a_t).__name__} {np.shape(a_t)} of {np.result_type(a_t)}"
        )
    # --8<-- [start:body]
    sums = a_t.sum(axis=0, keepdims=True)  # (1, m)
    shares = a_t / sums  # (n_a, m), eq. 1
    # --8<-- [end:body]
    return shares


# --8<-- [end:new-thing]
