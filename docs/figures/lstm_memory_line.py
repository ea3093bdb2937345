"""Draws lstm_memory_line.svg: the way of the cell state through one step, and nothing else."""

from pathlib import Path

from docs.figures.drawing import box, figure, separator, wire, words
from docs.figures.lstm_cell import COLUMNS, C, beside, line

PLACES = ["lstm.md (2)"]
TITLE = "The memory line of the LSTM"
DESC = (
    "The cell state at step t minus 1 comes in on the left. The forget gate says how "
    "much of it is kept. Then what the update gate lets through is added from below. The sum "
    "leaves on the right as the cell state at step t."
)
HEIGHT = 172


def draw() -> str:
    """Return the figure as SVG text."""
    f, c = COLUMNS["f"], COLUMNS["c"]
    svg = figure(
        "lstm_memory_line",
        TITLE,
        DESC,
        HEIGHT,
        box("frame", 294, 88, 420, 132, 14),
        *(separator(x, 10, HEIGHT - 6) for x in (68, 514)),
        wire("gate", (f, C + 40), (f, C + 17)),
        wire("state", (c, C + 40), (c, C + 16)),
        words("keep some of the old", f + 34, C + 54, "gate"),
        words("add some of the new", c + 44, C + 54, "state"),
        *line(),
    )
    return beside(svg)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
