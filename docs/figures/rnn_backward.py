"""Draws rnn_backward.svg: the way of the gradient back through one step of the plain cell."""

from pathlib import Path

from docs.figures.drawing import (
    cell,
    copy,
    figure,
    node,
    operation,
    separator,
    step,
    symbol,
    wire,
    words,
)

PLACES = ["rnn-gradient.md#the-way-back"]
TITLE = "The backward pass of the recurrent cell"
DESC = (
    "The same cell as in the forward pass, with every arrow turned round. Two gradients arrive at "
    "the new state and are added: one from the loss at this step, one from the next step. Their "
    "sum, da_t, is multiplied by the slope of the hyperbolic tangent, which gives dz_t. A copy of "
    "dz_t goes to the bias b_a, one through the matrix W_ax to the input, and one through the "
    "matrix W_aa to the step before."
)
Y = 182  # height of the row from state to state


def draw() -> str:
    """Return the figure as SVG text."""
    return figure(
        "rnn_backward",
        TITLE,
        DESC,
        360,
        cell(216, Y, 260, 180, "cell"),
        *(separator(x, 102, 360) for x in (66, 506)),
        *map(step, ("t − 1", "t", "t + 1"), (34, 430, 534), (336, 336, 336)),
        wire("gradient", (430, 68), (430, Y - 16)),
        wire("gradient", (546, Y), (446, Y)),
        wire("gradient", (414, Y), (317, Y)),
        wire("gradient", (263, Y), (152, Y)),
        wire("gradient", (104, Y), (20, Y)),
        wire("gradient", (200, Y), (200, Y - 37)),
        wire("gradient", (200, Y), (200, Y + 37)),
        wire("gradient", (200, Y + 71), (200, 314)),
        copy("gradient", 200, Y),
        words("from the loss", 430, 34),
        words("at this step", 430, 52),
        symbol("da_t", 380, Y - 22),
        symbol("dz_t", 237, Y - 22),
        words("slope of", 294, Y - 30),
        node("W_aa", 128, Y),
        node("W_ax", 200, Y + 54),
        node("b_a", 200, Y - 54),
        node("x_t", 200, 336),
        operation("tanh", 290, Y),
        operation("+", 430, Y),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
