"""Draws bidirectional.svg: one cell reads from the first step, another from the last."""

from pathlib import Path

from docs.figures.drawing import (
    box,
    closed_cell,
    copy,
    dots,
    figure,
    node,
    separator,
    step,
    symbol,
    wire,
)

PLACES = ["stacking.md#both-directions"]
TITLE = "Two directions"
DESC = (
    "Two rows of cells at the steps 1, 2 and T. Each input x goes to both rows. In the lower row "
    "the state a_past travels from step 1 to step T. In the upper row another cell with a state "
    "a_future travels from step T back to step 1. At each step the two hidden states are stacked "
    "into one, a, with a_past first."
)
X = 84, 258, 486
TIMES = "1", "2", "T"
TOP, JOIN, FUTURE, PAST, INPUT = 20, 74, 164, 280, 398  # heights of the rows
LEFT, RIGHT = -34, 34  # of a step's two cells


def column(x: float, time: str) -> list[str]:
    """Draw a step: the input goes to both cells, and what they say is stacked."""
    left, right, fork = x + LEFT, x + RIGHT, PAST + 56
    return [
        wire("input", (x, fork), (right, fork), (right, FUTURE + 30), bridge=True),
        wire("input", (x, INPUT - 22), (x, fork), (left, fork), (left, PAST + 30)),
        copy("input", x, fork),
        wire("state", (left, PAST - 30), (left, JOIN + 4), bridge=True),
        wire("state", (right, FUTURE - 30), (right, JOIN + 4)),
        box("bar drawn", x, JOIN, 100, 6, 2),
        wire("state", (x, JOIN - 3), (x, TOP + 18)),
        closed_cell(left, PAST),
        closed_cell(right, FUTURE),
        node("x_t", x, INPUT, time),
        symbol("a_t", x + 4, TOP, time),
        step(f"t = {time}", x, 446),
    ]


def draw() -> str:
    """Return the figure as SVG text."""
    first, second, last = X
    before, after = 388, 348  # of the dots between step 2 and step T
    return figure(
        "bidirectional",
        TITLE,
        DESC,
        462,
        wire("state", (first + LEFT + 30, PAST), (second + LEFT - 30, PAST)),
        wire("state", (second + LEFT + 30, PAST), (after, PAST), arrow=False),
        wire("state", (before, PAST), (last + LEFT - 30, PAST)),
        wire("state", (last + RIGHT - 30, FUTURE), (before, FUTURE), arrow=False),
        wire("state", (after, FUTURE), (second + RIGHT + 30, FUTURE)),
        wire("state", (second + RIGHT - 30, FUTURE), (first + RIGHT + 30, FUTURE)),
        *(dots(368, y) for y in (PAST, FUTURE)),
        *(part for x, time in zip(X, TIMES, strict=True) for part in column(x, time)),
        symbol("a_past", 158, PAST - 24, "1"),
        symbol("a_past", 332, PAST - 24, "2"),
        symbol("a_future", 186, FUTURE - 24, "2"),
        symbol("a_future", 408, FUTURE - 24, "T"),
        *(separator(x, PAST + 40, 456) for x in (172, 368)),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
