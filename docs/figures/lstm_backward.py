"""Draws lstm_backward.svg: the step of lstm_cell.svg with every arrow turned round."""

from pathlib import Path

from docs.figures.drawing import (
    concatenation,
    copy,
    figure,
    node,
    operation,
    symbol,
    upright_valve,
    wire,
    words,
)
from docs.figures.lstm_cell import (
    COLUMNS,
    HEIGHT,
    JOIN,
    OUT,
    OUTPUT,
    SQUASH,
    SUM,
    UPDATE,
    WEIGHT,
    A,
    C,
    X,
    frame,
    smaller,
)

PLACES = ["lstm-gradient.md"]
TITLE = "The backward pass through one step of the LSTM"
DESC = (
    "The LSTM's step with gradients running from right to left. Along the top the gradient for c "
    "at step t comes in from step t plus 1, and what comes up from the hidden state is added. It "
    "passes the forget gate and nothing else, and leaves for c at step t minus 1. "
    "At the lower right the gradients from the loss and from step t plus 1 add up to that for a. "
    "It goes up through the output gate and a hyperbolic tangent to the memory line. "
    "From each gate a branch goes down to its weighted sum, and from the update gate "
    "another to the candidate. The four gradients, for z_f, z_u, z_c and z_o, go through "
    "their matrices, are added, and leave for a at step t minus 1 and for the input x at step t."
)


def draw() -> str:
    """Return the figure as SVG text."""
    f, u, c, o = COLUMNS.values()
    bus = A + 12
    svg = figure(
        "lstm_backward",
        TITLE,
        DESC,
        HEIGHT,
        *frame(),
        # the memory line
        wire("gradient", (522, C), (OUT + 16, C)),
        wire("gradient", (OUT - 16, C), (f + 30, C)),
        wire("gradient", (f - 30, C), (60, C)),
        wire("gradient", (f, C + 17), (f, SQUASH - 16)),
        wire("gradient", (c, C), (c, UPDATE - 24)),
        wire("gradient", (c, UPDATE + 24), (c, SQUASH - 18)),
        wire("gradient", (c - 22, UPDATE), (u, UPDATE), (u, SQUASH - 16)),
        # from the hidden state up to the memory
        wire("gradient", (522, A), (OUT + 16, A)),
        wire("gradient", (OUT, X - 16), (OUT, A + 16)),
        wire("gradient", (OUT, A - 16), (OUT, OUTPUT + 24)),
        wire("gradient", (OUT, OUTPUT - 24), (OUT, C + 72)),
        wire("gradient", (OUT, C + 36), (OUT, C + 16)),
        wire("gradient", (OUT - 22, OUTPUT), (o, OUTPUT), (o, SQUASH - 16)),
        # down through the matrices to what they read
        *(wire("gradient", (x, SQUASH + 18), (x, WEIGHT - 17)) for x in COLUMNS.values()),
        *(wire("gradient", (x, WEIGHT + 17), (x, bus)) for x in (f, u, c)),
        wire("gradient", (o, WEIGHT + 17), (o, bus), (JOIN + 3, bus)),
        wire("gradient", (JOIN - 3, A), (60, A)),
        wire("gradient", (JOIN - 3, A + 24), (102, A + 24), (102, X - 22)),
        *(node(f"W_{name}", x, WEIGHT) for name, x in COLUMNS.items()),
        *(operation("tanh" if name == "c" else "σ", x, SQUASH) for name, x in COLUMNS.items()),
        node("gamma_f", f, C),
        upright_valve("gamma_u", c, UPDATE),
        upright_valve("gamma_o", OUT, OUTPUT),
        copy("gradient", c, C),
        operation("+", OUT, C),
        operation("tanh", OUT, C + 54),
        operation("+", OUT, A),
        concatenation(JOIN, bus),
        symbol("dc_t", (c + OUT) / 2, C - 22),
        symbol("da_t", OUT + 27, 310),
        *(symbol(f"dz_{name}", x - 28, SUM) for name, x in COLUMNS.items()),
        symbol("c_prev", 30, C),
        symbol("c_t", 542, C),
        symbol("a_prev", 30, A),
        symbol("a_t", 542, A),
        node("x_t", 102, X),
        words("from the loss", OUT - 26, X + 2),
        words("one gate, no matrix", 245, C - 36, "gradient"),
    )
    return smaller(svg)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
