"""Draws clipping_direction.svg: what three ways of clipping do to two gradient arrays.

A script of the page draws it again when a reader drags an arrow: docs/assets/moving/clipping.js has
the same functions.
"""

from pathlib import Path

import numpy as np

from docs.figures.drawing import box, circle, figure, symbol, wire, words
from snippets.clipping import clip_by_global_norm, clip_by_norm, clip_by_value

PLACES = ["clipping.md#what-each-does-to-the-direction"]
TITLE = "Three ways to clip the same two gradient arrays"
DESC = (
    "Two gradient arrays of two elements each, drawn as dashed arrows from one origin: array 1 is "
    "long and points to the right and a little upwards, array 2 is short and points to the left "
    "and upwards. Solid arrows show them after clipping to the threshold N. By value, within a "
    "square that reaches from minus N to N: array 1 ends at the right side of the square and now "
    "points more steeply, array 2 is unchanged. By norm, each array alone, within a circle of "
    "radius N: array 1 is shortened to the circle in its own direction, array 2 is unchanged. By "
    "global norm: both arrays are shortened by the same factor, and keep their directions and "
    "their proportion."
)
N = 50  # the threshold, in pixels
ARRAYS = [np.array([104.0, 40.0]), np.array([-24.0, 34.0])]
Y = 76  # height of the origins


def arrow(kind: str, x: float, g: np.ndarray) -> str:
    """Draw a gradient from its origin; the second element counts upwards."""
    return wire(kind, (x, Y), (x + g[0], Y - g[1]))


def panel(
    name: str, x: float, limit: str, arrays: list[np.ndarray], clipped: list[np.ndarray]
) -> list[str]:
    """Draw the arrays before and after clipping, and the limit that each is clipped to."""
    return [
        limit,
        wire("axis", (x - 56, Y), (x + 112, Y), arrow=False),
        wire("axis", (x, Y - 56), (x, Y + 56), arrow=False),
        *(arrow("gradient", x, g) for g in arrays),
        *(arrow("gradient clipped", x, g) for g in clipped),
        *(number_of(array, x, g) for array, g in enumerate(arrays, 1)),
        words(name, x + 26, Y + 84),
        words(effect(arrays, clipped), x + 26, Y + 104, "gradient"),
    ]


def number_of(array: int, x: float, g: np.ndarray) -> str:
    """Write the number of an array beyond the tip of its arrow."""
    return words(str(array), x + g[0], Y - g[1] + (-17 if g[1] >= 0 else 17), "gradient")


def effect(arrays: list[np.ndarray], clipped: list[np.ndarray]) -> str:
    """Say what clipping did to the two arrays."""
    one, two = (change(*pair) for pair in zip(arrays, clipped, strict=True))
    if one == two:
        return f"both {one}" if one else "no change"
    if one and two:
        return f"1 {one}s, 2 {two}s"
    return f"only 1 {one}s" if one else f"only 2 {two}s"


def change(g: np.ndarray, after: np.ndarray) -> str:
    """Say what happened to an array: whether it turned by more than a degree, or shrank."""
    long, short = np.hypot(*g), np.hypot(*after)
    across = abs(g[0] * after[1] - g[1] * after[0]) / (long * short)
    if across > np.sin(np.pi / 180):
        return "turn"
    return "shrink" if short < long * (1 - 1e-9) else ""


def draw(arrays: list[np.ndarray] = ARRAYS, n: float = N) -> str:
    """Return the figure as SVG text."""
    square = box("limit", 62, Y, 2 * n, 2 * n, 0)
    middle, right = 252, 442
    panels = [
        *panel("by value", 62, square, arrays, clip_by_value(arrays, n)[0]),
        *panel(
            "by norm", middle, circle("limit", middle, Y, n), arrays, clip_by_norm(arrays, n)[0]
        ),
        *panel(
            "by global norm",
            right,
            circle("limit", right, Y, n),
            arrays,
            clip_by_global_norm(arrays, n)[0],
        ),
    ]
    limits = [symbol("threshold", x + n + 12, Y + 14) for x in (62, middle, right)]
    return figure("clipping_direction", TITLE, DESC, 192, *panels, *limits)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
