"""Draws lstm_update_gate.svg: the cell with update gate and candidate in colour."""

from pathlib import Path

from docs.figures.lstm_cell import stage

PLACES = ["lstm.md#update-gate"]
TITLE = "The update gate and the candidate"
DESC = (
    "The LSTM step with the update gate and the candidate in colour. Hidden state and input, "
    "concatenated, go through W_u, b_u and a sigmoid to the update gate, and through W_c, b_c "
    "and a hyperbolic tangent to the candidate. The candidate passes the update "
    "gate and is added to the memory line."
)


def draw() -> str:
    """Return the figure as SVG text."""
    return stage("lstm_update_gate", TITLE, DESC, "uc")


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
