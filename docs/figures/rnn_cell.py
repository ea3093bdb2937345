"""Draws rnn_cell.svg: one step of the plain recurrent cell, and the prediction made of it."""

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
    value,
    wire,
)

PLACES = ["rnn.md#one-step"]
TITLE = "One step of the recurrent cell"
DESC = (
    "Three terms meet in a sum: W_aa times the state before, W_ax times the input, and the bias "
    "b_a. The hyperbolic tangent of the sum is the new state. It goes on to the next step, and "
    "also up to the readout: W_ya times the state, plus the bias b_y, through a softmax, is the "
    "prediction."
)


def draw() -> str:
    """Return the figure as SVG text."""
    return figure(
        "rnn_cell",
        TITLE,
        DESC,
        400,
        cell(210, 242, 236, 172, "cell"),
        cell(418, 134, 160, 164, "readout"),
        *(separator(x, 152, 400) for x in (76, 510)),
        *map(step, ("t − 1", "t", "t + 1"), (38, 392, 536), (376, 376, 376)),
        wire("state", (58, 242), (108, 242), flow="a_prev"),
        wire("state", (156, 242), (188, 242), flow="past"),
        wire("input", (204, 354), (204, 313)),
        wire("input", (204, 279), (204, 258), flow="now"),
        wire("ink", (204, 205), (204, 226)),
        wire("ink", (220, 242), (253, 242), flow="z"),
        wire("state", (307, 242), (518, 242), flow="a"),
        wire("state", (392, 242), (392, 205), flow="a"),
        wire("state", (392, 171), (392, 150)),
        wire("ink", (436, 134), (408, 134)),
        wire("ink", (392, 118), (392, 98)),
        wire("output", (392, 62), (392, 42)),
        copy("state", 392, 242),
        symbol("a_prev", 30, 242),
        node("W_aa", 132, 242),
        node("x_t", 204, 376),
        node("W_ax", 204, 296),
        node("b_a", 204, 188),
        operation("+", 204, 242),
        operation("tanh", 280, 242),
        symbol("a_t", 538, 242),
        node("W_ya", 392, 188),
        node("b_y", 460, 134),
        operation("+", 392, 134),
        operation("softmax", 392, 80),
        node("y_hat_t", 392, 22),
        value("a_prev", "state", 30, 266),
        value("past", "state", 168, 270),
        value("now", "input", 222, 266, align="start"),
        value("z", "ink", 238, 222),
        value("a", "state", 534, 266),
        value("x_t", "input", 232, 376, align="start"),
        value("said", "output", 352, 22, align="end"),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
