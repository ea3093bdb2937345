"""Draws unrolled.svg: a recurrent cell rolled up, and unrolled in time.

And assets/readme.svg, the same with its own colours, for README.md.
"""

from pathlib import Path

from docs.figures.drawing import (
    ASSETS,
    closed_cell,
    dots,
    figure,
    node,
    separator,
    sign,
    standalone,
    step,
    symbol,
    wire,
    words,
)

PLACES = ["index.md", "rnn.md (2)"]
TITLE = "A recurrent network, rolled up and unrolled"
DESC = (
    "On the left one cell, whose state leads back into itself. On the right the same cell, once "
    "for each time step from 1 to T: it takes the input of the step and the state of the step "
    "before, beginning with a_0, predicts an output and hands its state to the next step. The "
    "weights are the same at every step."
)
X, CELL, Y_HAT = 212, 124, 22  # heights of the rows
LOOP = (95, CELL), (122, CELL), (122, 64), (6, 64), (6, CELL), (34, CELL)


def column(x: float, time: str) -> list[str]:
    """Draw a cell with its input below and its prediction above."""
    return [
        wire("input", (x, X - 22), (x, CELL + 30)),
        wire("output", (x, CELL - 30), (x, Y_HAT + 20)),
        closed_cell(x, CELL),
        node("x_t", x, X, time),
        node("y_hat_t", x, Y_HAT, time),
    ]


def draw() -> str:
    """Return the figure as SVG text."""
    return figure(
        "unrolled",
        TITLE,
        DESC,
        304,
        *column(64, "t"),
        wire("state", *LOOP, bridge=True, radius=18),
        symbol("a_t", 144, 72),
        sign("=", 150, CELL),
        *column(246, "1"),
        *column(356, "2"),
        *column(488, "T"),
        symbol("a_0", 190, CELL - 20),
        wire("state", (172, CELL), (216, CELL)),
        symbol("a_t", 301, CELL - 20, "1"),
        wire("state", (276, CELL), (326, CELL)),
        symbol("a_t", 404, CELL - 20, "2"),
        wire("state", (386, CELL), (406, CELL), arrow=False),
        dots(424, CELL),
        wire("state", (442, CELL), (458, CELL)),
        symbol("a_t", 538, CELL - 20, "T"),
        wire("state", (518, CELL), (558, CELL)),
        *(separator(x, CELL + 24, 262) for x in (301, 424)),
        *map(step, ("t = 1", "t = 2", "t = T"), (246, 356, 488), (254, 254, 254)),
        words("one cell", 64, 288),
        words("the same cell and weights at every step", 367, 288),
    )


if __name__ == "__main__":
    ASSETS.joinpath("readme.svg").write_text(standalone(draw()), encoding="utf-8")
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
