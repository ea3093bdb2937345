# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Nested parameters: a flat list of the arrays of any network, and back.

NumPy only. Explained in docs/nested.md, proven in tests/test_nested.py.
"""

# --8<-- [start:imports]
from collections.abc import Iterator, Sequence
from functools import partial
from types import FunctionType, MethodType
from typing import Any

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


def check(name: str, array: np.ndarray, *shape: int | str) -> None:
    """Raise a ValueError unless this is an array of floats of this shape.

    A size that is given as a letter may have any value. Masked arrays and
    matrices are refused, because `*` and `sum` mean something else to them.
    """
    plain = type(array) in (np.ndarray, np.memmap)
    sizes = array.shape if plain else ()
    fits = len(sizes) == len(shape) and all(
        isinstance(expected, str) or size == expected
        for size, expected in zip(sizes, shape)
    )
    if not fits or array.dtype.kind != "f":
        got = f" {sizes} of {array.dtype}" if plain else ", not ndarray"
        raise ValueError(
            f"expected {name} ({', '.join(map(str, shape))}) of floats, "
            f"got {type(array).__name__}{got}"
        )


# --8<-- [end:check]


# --8<-- [start:flatten]
FUNCTIONS = (FunctionType, MethodType, partial)  # what a layer carries


def flatten(nested: Any) -> list[np.ndarray]:
    """List the arrays in any nesting of layers, tuples, lists and dicts.

    The arrays come in the order of the fields, those of a dict in the
    order of its sorted keys. The functions of a layer are left out. So
    the weights of layers come in the same order as the gradients that
    their backward pass returns. Nothing is copied.

    Raises
    ------
    ValueError
        If there is anything in it but plain NumPy arrays.

    Source: docs/nested.md.
    """
    if isinstance(nested, FUNCTIONS):
        return []
    if isinstance(nested, dict):
        nested = [nested[key] for key in sorted(nested)]
    if isinstance(nested, tuple | list):
        return [array for part in nested for array in flatten(part)]
    check_plain("each part of the nesting", nested)
    return [nested]


# --8<-- [end:flatten]


# --8<-- [start:unflatten]
def unflatten(like: Any, arrays: Sequence[np.ndarray]) -> Any:
    """Put a flat list of arrays into a nesting: the inverse of `flatten`.

    Parameters
    ----------
    like : any nesting of layers, tuples, lists and dicts
        The nesting to rebuild. It is not changed, and the functions of
        its layers are kept.
    arrays : sequence of ndarray
        The arrays that replace those of `flatten(like)`, in that order.

    Returns
    -------
    nested : the same nesting as `like`
        It holds the given arrays, not copies of them.

    Raises
    ------
    ValueError
        If the number of arrays or the shape of one of them differs, or
        if one of them is not of floats.

    Source: docs/nested.md.
    """
    replaced = flatten(like)
    if len(arrays) != len(replaced):
        raise ValueError(
            f"expected {len(replaced)} arrays, as many as there are in "
            f"like, got {len(arrays)}"
        )
    for i, (array, old) in enumerate(zip(arrays, replaced)):
        check(f"arrays[{i}]", array, *old.shape)
    return fill(like, iter(arrays))


def fill(like: Any, arrays: Iterator[np.ndarray]) -> Any:
    """Rebuild a nesting in which the next arrays replace its own."""
    if isinstance(like, FUNCTIONS):
        return like
    if isinstance(like, dict):
        return {key: fill(like[key], arrays) for key in sorted(like)}
    if isinstance(like, tuple | list):
        parts = [fill(part, arrays) for part in like]
        make = getattr(like, "_make", type(like))
        return make(parts)
    return next(arrays)


# --8<-- [end:unflatten]
