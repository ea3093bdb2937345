"""Draws lstm_output_gate.svg: the cell with its output gate in colour."""

from pathlib import Path

from docs.figures.lstm_cell import stage

PLACES = ["lstm.md#output-gate"]
TITLE = "The output gate"
DESC = (
    "The LSTM step with the output gate in colour. Hidden state and input, concatenated, go "
    "through W_o, b_o and a sigmoid to the output gate. A copy of the new cell state comes "
    "down from the memory line, passes a hyperbolic tangent and the output gate, "
    "and leaves as the hidden state a at step t."
)


def draw() -> str:
    """Return the figure as SVG text."""
    return stage("lstm_output_gate", TITLE, DESC, "o")


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
