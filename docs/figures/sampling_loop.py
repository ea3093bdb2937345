"""Draws sampling_loop.svg: what was drawn at one step is the input of the next."""

from pathlib import Path

from docs.figures.drawing import (
    closed_cell,
    dots,
    figure,
    node,
    operation,
    separator,
    step,
    symbol,
    wire,
    words,
)

PLACES = ["sampling.md"]
TITLE = "Sampling: each draw is the next input"
DESC = (
    "One input is given, x at step 1. The cell predicts a distribution, y hat at step 1. One draw "
    "from it becomes x at step 2, together with the state of step 1; the draw from the second "
    "prediction becomes x at step 3, and so on."
)
DRAW, Y_HAT, CELL, X = 24, 92, 184, 280  # heights of the rows
COLUMNS = {"1": 96, "2": 248, "3": 400}


def column(time: str, x: float) -> list[str]:
    """Draw a step: input, cell, prediction, and the draw that leaves to the right."""
    right = x + 76
    return [
        wire("input", (x, X - 22), (x, CELL + 30)),
        wire("output", (x, CELL - 30), (x, Y_HAT + 20)),
        wire("output", (x, Y_HAT - 20), (x, DRAW + 16)),
        wire("output", (x + 16, DRAW), (right, DRAW), (right, X), (right + 54, X)),
        wire("state", (x + 31, CELL), (x + 122, CELL), bridge=True),
        symbol("a_t", x + 54, CELL - 20, time),
        closed_cell(x, CELL),
        node("x_t", x, X, time),
        node("y_hat_t", x, Y_HAT, time),
        operation("∼", x, DRAW),
        symbol("y_t", right + 22, 58, time),
        separator(right, X + 24, 340),
        step(f"t = {time}", x, 324),
    ]


def draw() -> str:
    """Return the figure as SVG text."""
    return figure(
        "sampling_loop",
        TITLE,
        DESC,
        340,
        wire("state", (20, CELL), (66, CELL)),
        symbol("a_0", 38, CELL - 20),
        *(part for time, x in COLUMNS.items() for part in column(time, x)),
        dots(540, CELL),
        words("given", 66, X, align="end"),
        words("draw", 72, DRAW, align="end"),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
