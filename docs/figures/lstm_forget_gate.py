"""Draws lstm_forget_gate.svg: the cell with its forget gate in colour."""

from pathlib import Path

from docs.figures.lstm_cell import stage

PLACES = ["lstm.md#forget-gate"]
TITLE = "The forget gate"
DESC = (
    "The LSTM step with the forget gate in colour. The hidden state a at step t minus 1 and "
    "the input x at step t are concatenated, multiplied by W_f and added to b_f. A sigmoid "
    "turns the sum into the forget gate, which is on the memory line."
)


def draw() -> str:
    """Return the figure as SVG text."""
    return stage("lstm_forget_gate", TITLE, DESC, "f")


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
