"""Draws stacked.svg: two layers, the upper one reads the hidden states of the lower one."""

from pathlib import Path

from docs.figures.drawing import (
    closed_cell,
    dots,
    figure,
    node,
    separator,
    step,
    symbol,
    wire,
    words,
)

PLACES = ["stacking.md#deep-layer-upon-layer"]
TITLE = "Two layers, unrolled"
DESC = (
    "Two rows of cells at the steps 1, 2 and T. Each cell of the lower row, layer 1, reads the "
    "input x of its step and the state of layer 1 at the step before. Its hidden state goes on to "
    "the next step, and up to the cell of layer 2, whose input it is. Layer 2 has a state of its "
    "own, and its hidden state makes the prediction y hat."
)
X = 150, 310, 490
TIMES = "1", "2", "T"
Y_HAT, UPPER, LOWER, INPUT = 24, 130, 250, 352  # heights of the rows


def column(x: float, time: str) -> list[str]:
    """Draw the two cells of a step, the input and the prediction."""
    return [
        wire("input", (x, INPUT - 22), (x, LOWER + 30)),
        wire("state", (x, LOWER - 30), (x, UPPER + 30)),
        wire("output", (x, UPPER - 30), (x, Y_HAT + 20)),
        closed_cell(x, LOWER),
        closed_cell(x, UPPER),
        node("x_t", x, INPUT, time),
        node("y_hat_t", x, Y_HAT, time),
        symbol("a_t", x + 32, 190, time, layer="1"),
        step(f"t = {time}", x, 400),
    ]


def row(y: float, layer: str) -> list[str]:
    """Draw the states of a layer, from step to step."""
    return [
        words(f"layer {layer}", 2, y, align="start"),
        wire("state", (72, y), (120, y)),
        symbol("a_0", 92, y - 20, layer=layer),
        wire("state", (180, y), (280, y)),
        symbol("a_t", 226, y - 20, "1", layer=layer),
        wire("state", (340, y), (374, y), arrow=False),
        dots(392, y),
        wire("state", (410, y), (460, y)),
        symbol("a_t", 386, y - 20, "2", layer=layer),
    ]


def draw() -> str:
    """Return the figure as SVG text."""
    parts = [part for x, time in zip(X, TIMES, strict=True) for part in column(x, time)]
    parts += [*row(UPPER, "2"), *row(LOWER, "1")]
    parts += [separator(x, LOWER + 24, 410) for x in (230, 400)]
    return figure("stacked", TITLE, DESC, 416, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
