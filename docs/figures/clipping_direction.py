"""Draws clipping_direction.svg: clipping by value turns a gradient, by global norm does not."""

from pathlib import Path

import numpy as np

from docs.figures.drawing import box, circle, figure, symbol, wire, words
from snippets.clipping import clip_by_global_norm, clip_by_value

PLACES = ["clipping.md#what-each-does-to-the-direction"]
TITLE = "Clipping by value turns the gradient, clipping by global norm shortens it"
DESC = (
    "The same gradient g twice, an arrow that points to the right and a little upwards, with the "
    "threshold N. Clipping by value cuts it to a square that reaches from minus N to N: the "
    "clipped arrow ends at its right side, near the corner, and points elsewhere. Clipping by "
    "global norm cuts it to a circle of radius N: the clipped arrow is shorter and points the same "
    "way."
)
N = 72  # the threshold, in pixels
GRADIENT = np.array([164.0, 68.0])
Y = 92  # height of the origins


def arrow(kind: str, x: float, g: np.ndarray) -> str:
    """Draw a gradient from its origin; the second element counts upwards."""
    return wire(kind, (x, Y), (x + g[0], Y - g[1]))


def panel(name: str, x: float, limit: str, clipped: np.ndarray) -> list[str]:
    """Draw the gradient before and after clipping, and the limit that it is clipped to."""
    return [
        limit,
        wire("axis", (x - 84, Y), (x + 176, Y), arrow=False),
        wire("axis", (x, Y - 84), (x, Y + 84), arrow=False),
        arrow("gradient", x, GRADIENT),
        arrow("gradient clipped", x, clipped),
        symbol("g", x + 178, Y - 74),
        symbol("threshold", x + N + 14, Y + 16),
        words(name, x + 46, Y + 108),
    ]


def draw() -> str:
    """Return the figure as SVG text."""
    (by_value,), _ = clip_by_value([GRADIENT], N)
    (by_norm,), _ = clip_by_global_norm([GRADIENT], N)
    return figure(
        "clipping_direction",
        TITLE,
        DESC,
        216,
        *panel("by value: turned", 90, box("limit", 90, Y, 2 * N, 2 * N, 0), by_value),
        *panel("by global norm: only shorter", 370, circle("limit", 370, Y, N), by_norm),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
