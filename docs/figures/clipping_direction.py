"""Draws clipping_direction.svg: what three ways of clipping do to two gradient arrays."""

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


def panel(name: str, says: str, x: float, limit: str, clipped: list[np.ndarray]) -> list[str]:
    """Draw the arrays before and after clipping, and the limit that each is clipped to."""
    return [
        limit,
        wire("axis", (x - 56, Y), (x + 112, Y), arrow=False),
        wire("axis", (x, Y - 56), (x, Y + 56), arrow=False),
        *(arrow("gradient", x, g) for g in ARRAYS),
        *(arrow("gradient clipped", x, g) for g in clipped),
        words("1", x + 112, Y - 44, "gradient"),
        words("2", x - 9, Y - 34, "gradient"),
        symbol("threshold", x + N + 12, Y + 14),
        words(name, x + 26, Y + 78),
        words(says, x + 26, Y + 100, "gradient"),
    ]


def draw() -> str:
    """Return the figure as SVG text."""
    by_value, _ = clip_by_value(ARRAYS, N)
    by_norm, _ = clip_by_norm(ARRAYS, N)
    by_all, _ = clip_by_global_norm(ARRAYS, N)
    left, middle, right = 62, 252, 442
    return figure(
        "clipping_direction",
        TITLE,
        DESC,
        192,
        *panel("by value", "1 turns", left, box("limit", left, Y, 2 * N, 2 * N, 0), by_value),
        *panel("by norm", "only 1 shrinks", middle, circle("limit", middle, Y, N), by_norm),
        *panel("by global norm", "both shrink", right, circle("limit", right, Y, N), by_all),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
