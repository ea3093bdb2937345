"""Draws gru_reset_after_cell.svg: one step of the GRU whose reset gate acts after the matrix."""

from pathlib import Path

from docs.figures.drawing import figure, operation, symbol, wire
from docs.figures.gru_cell import (
    ACROSS,
    COLUMNS,
    INPUT,
    SUM,
    TOP,
    WEIGHT,
    B,
    U,
    W,
    column,
    frame,
    inputs,
    reset,
    terms,
    update,
    weight,
)

PLACES = ["gru-reset-after.md"]
TITLE = "One step of the GRU that resets after the product"
DESC = (
    "As in the GRU with the reset gate before the matrix, the hidden state runs along the top, "
    "passes a valve that lets through one minus the update gate, and meets the candidate, which "
    "has passed the update gate. Both gates are computed in the same way, too. The "
    "candidate is different. The old hidden state, a at step t minus 1, is first multiplied by U_c "
    "and added to a bias of its own, b_rc, which gives q at step t. Only then does it pass the "
    "reset gate. What comes through is added to W_c times the input and to the bias "
    "b_c, and a hyperbolic tangent of this sum gives the candidate."
)
LOW = 106  # what makes room for one more sum
RESET, INNER, MATRIX = TOP + 408, TOP + 482, TOP + 534  # heights of valve, inner sum, matrix


def draw() -> str:
    """Return the figure as SVG text."""
    x = COLUMNS["c"] + U
    return figure(
        "gru_reset_after_cell",
        TITLE,
        DESC,
        INPUT + LOW + 84,
        *frame(LOW),
        *inputs(LOW, MATRIX + 15),
        *column("u"),
        *column("r"),
        *column("c", (W, B)),
        *update(),
        *terms("u"),
        *terms("r"),
        weight("W_c", COLUMNS["c"] + W, WEIGHT),
        weight("b_c", COLUMNS["c"] + B, WEIGHT),
        wire("state", (x, MATRIX - 15), (x, INNER + 16)),
        wire("ink", (ACROSS + 18, INNER), (x - 16, INNER)),
        wire("state", (x, INNER - 16), (x, RESET + 24)),
        wire("state", (x, RESET - 24), (x, SUM + 16)),
        weight("U_c", x, MATRIX),
        weight("b_rc", ACROSS, INNER, width=36),
        operation("+", x, INNER),
        symbol("recalled", x - 24, INNER - 30),
        *reset(RESET),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
