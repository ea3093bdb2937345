# SPDX-License-Identifier: MIT-0
# Version 2. What later versions change: docs/changes.md
"""Parameter count: how many weights a network has.

Standard library only. Explained in docs/parameter-count.md, proven in
tests/test_parameter_count.py.
"""

# --8<-- [start:imports]
from math import isqrt
from numbers import Integral

# --8<-- [end:imports]


# --8<-- [start:tables]
# How many blocks a cell has: gates and candidates, each with a matrix of
# its own for the input and another one for the hidden state.
BLOCKS = {
    "rnn": 1,
    "lstm": 4,
    "peephole": 4,
    "gru": 3,
    "gru_reset_after": 3,
    "slstm": 4,
}

# How many more weights each unit has, by library: biases and peepholes.
EXTRAS = {
    "this book": {
        "rnn": 1,
        "lstm": 4,
        "peephole": 4 + 3,
        "gru": 3,
        "gru_reset_after": 3 + 1,
        "slstm": 4,
    },
    "PyTorch": {"rnn": 2, "lstm": 8, "gru_reset_after": 6},
    "Keras": {"rnn": 1, "lstm": 4, "gru": 3, "gru_reset_after": 6},
}


# --8<-- [end:tables]


# --8<-- [start:check]
def check_sizes(**sizes: int) -> None:
    """Refuse sizes that are not whole numbers of at least 1, by name."""
    for name, size in sizes.items():
        whole = isinstance(size, Integral) and not isinstance(size, bool)
        if not whole or size < 1:
            raise ValueError(
                f"expected {name} a whole number of at least 1, got {size!r}"
            )


def look_up(cell: str, library: str) -> tuple[int, int]:
    """Return the blocks and extras that a cell has in a library."""
    if library not in EXTRAS or cell not in EXTRAS[library]:
        known = ", ".join(
            f"{cell} in {library}"
            for library, cells in EXTRAS.items()
            for cell in cells
        )
        raise ValueError(
            f"expected one of {known}; got {cell!r} in {library!r}"
        )
    return BLOCKS[cell], EXTRAS[library][cell]


# --8<-- [end:check]


# --8<-- [start:cell]
def count_cell(
    cell: str, n_x: int, n_a: int, *, library: str = "this book"
) -> int:
    """Count the weights of one cell, biases and peepholes included.

    Parameters
    ----------
    cell : str
        A name in BLOCKS.
    n_x, n_a : int
        Features of the input, units of the cell.
    library : str, optional
        A name in EXTRAS: some have more biases than others.

    Returns
    -------
    weights : int

    Raises
    ------
    ValueError
        If the library has no such cell, or a size is not a whole number
        of at least 1.

    Source: docs/parameter-count.md, equation 1.
    """
    check_sizes(n_x=n_x, n_a=n_a)
    blocks, extras = look_up(cell, library)
    n_x, n_a = int(n_x), int(n_a)  # NumPy's small integers overflow
    # --8<-- [start:cell-body]
    weights = n_a * (blocks * (n_x + n_a) + extras)  # eq. 1
    # --8<-- [end:cell-body]
    return weights


# --8<-- [end:cell]


# --8<-- [start:stack]
def count_stack(
    cell: str,
    n_x: int,
    n_a: int,
    *,
    layers: int,
    directions: int = 1,
    library: str = "this book",
) -> int:
    """Count the weights of layers on top of each other.

    Parameters
    ----------
    cell, n_x, n_a
        As for `count_cell`.
    layers : int
    directions : int, optional
        2 if each layer reads in both directions, and hands both hidden
        states to the next layer.
    library : str, optional
        As for `count_cell`.

    Returns
    -------
    weights : int

    Raises
    ------
    ValueError
        As for `count_cell`, or if `directions` is neither 1 nor 2.

    Source: docs/parameter-count.md, equation 2.
    """
    check_sizes(n_x=n_x, n_a=n_a, layers=layers)
    if directions not in (1, 2):
        raise ValueError(f"expected directions 1 or 2, got {directions!r}")
    n_a, layers, directions = int(n_a), int(layers), int(directions)
    # --8<-- [start:stack-body]
    first = count_cell(cell, n_x, n_a, library=library)
    other = count_cell(cell, directions * n_a, n_a, library=library)
    weights = directions * (first + (layers - 1) * other)  # eq. 2
    # --8<-- [end:stack-body]
    return weights


# --8<-- [end:stack]


# --8<-- [start:budget]
def units_for(
    budget: int, cell: str, n_x: int, *, library: str = "this book"
) -> int:
    """Find the largest number of units that a budget of weights allows.

    Parameters
    ----------
    budget : int
        How many weights the cell may have.
    cell, n_x, library
        As for `count_cell`.

    Returns
    -------
    n_a : int

    Raises
    ------
    ValueError
        As for `count_cell`, or if the budget is too small for one unit.

    Source: docs/parameter-count.md, equation 3.
    """
    check_sizes(budget=budget)
    blocks, extras = look_up(cell, library)
    if budget < (least := count_cell(cell, n_x, 1, library=library)):
        raise ValueError(
            f"expected a budget of at least {least}, got {budget}"
        )
    n_x, budget = int(n_x), int(budget)
    # --8<-- [start:budget-body]
    half = blocks * n_x + extras
    root = isqrt(half**2 + 4 * blocks * budget)
    n_a = (root - half) // (2 * blocks)  # eq. 3
    # --8<-- [end:budget-body]
    return n_a


# --8<-- [end:budget]
