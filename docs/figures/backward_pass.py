"""Draws backward_pass.svg: the way of the gradient back through an unrolled network."""

from itertools import pairwise
from pathlib import Path

from docs.figures.drawing import closed_cell, figure, node, step, wire, words

PLACES = ["bptt.md#the-rule-for-any-cell"]
TITLE = "Backpropagation through time"
DESC = (
    "An unrolled network with four steps. The states run to the right, from each step to the "
    "next. The gradient runs to the left, along the same way. It begins at the loss of the last "
    "step, and on its way from each step to the one before it is multiplied by one Jacobian. At "
    "each step the gradient of that step's own loss is added."
)
X, Y, LOSS = (62, 207, 352, 497), 122, 22
UP, DOWN = Y - 14, Y + 14  # the states above, the gradient below


def column(x: float, time: str) -> list[str]:
    """Draw a cell with its loss above and its input below."""
    return [
        wire("ink", (x - 10, Y - 30), (x - 10, LOSS + 12)),
        wire("gradient", (x + 10, LOSS + 12), (x + 10, Y - 30)),
        wire("input", (x, Y + 66), (x, Y + 30)),
        closed_cell(x, Y),
        words("loss", x, LOSS),
        node("x_t", x, Y + 88, time),
        step(f"t = {time}", x, Y + 132),
    ]


def between(left: float, right: float) -> list[str]:
    """Draw the state that goes right and the gradient that comes back."""
    return [
        wire("state", (left + 30, UP), (right - 30, UP)),
        wire("gradient", (right - 30, DOWN), (left + 30, DOWN)),
        words("Jacobian", (left + right) / 2, DOWN + 18, "gradient"),
    ]


def draw() -> str:
    """Return the figure as SVG text."""
    columns = [part for x, time in zip(X, "1234", strict=True) for part in column(x, time)]
    ways = [part for ends in pairwise(X) for part in between(*ends)]
    return figure("backward_pass", TITLE, DESC, Y + 150, *columns, *ways)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
