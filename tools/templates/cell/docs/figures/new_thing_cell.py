"""Draws new_thing_cell.svg: one step of the new thing, as in equation 1 of its page."""

from pathlib import Path

from docs.figures.drawing import cell, figure, node, operation, separator, step, symbol, wire

PLACES = ["new-thing.md"]
TITLE = "New thing, one step"
DESC = (
    "Three terms meet in a sum: the activation of the step before, W_ax times the input of this "
    "step, and the bias b_a. The sum is the new activation."
)


def draw() -> str:
    """Return the figure as SVG text."""
    return figure(
        "new_thing_cell",
        TITLE,
        DESC,
        330,
        cell(280, 142, 260, 220, "cell"),
        *(separator(x, 16, 330) for x in (90, 470)),
        *map(step, ("t − 1", "t", "t + 1"), (46, 400, 516), (302, 302, 302)),
        wire("state", (80, 124), (264, 124)),
        wire("state", (296, 124), (480, 124)),
        wire("ink", (280, 79), (280, 108)),
        wire("input", (280, 280), (280, 223)),
        wire("input", (280, 189), (280, 140)),
        symbol("a_prev", 50, 124),
        node("b_a", 280, 62),
        node("x_t", 280, 302),
        node("W_ax", 280, 206),
        operation("+", 280, 124),
        symbol("a_t", 508, 124),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
