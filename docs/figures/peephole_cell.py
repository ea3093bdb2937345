"""Draws peephole_cell.svg: the LSTM's step, with the wires by which its gates see the memory."""

from pathlib import Path

from docs.figures.drawing import copy, figure, group, wire
from docs.figures.lstm_cell import COLUMNS, SUM, C, parts, smaller, weight

PLACES = ["peephole.md"]
TITLE = "One step of the LSTM with peepholes"
DESC = (
    "The LSTM's step with three more weights. Two copies of the cell state before, c at step t "
    "minus 1, come down: one times p_f is added to what the forget gate is made of, one times p_u "
    "to what the update gate is made of. A copy of the new cell state, c at step t, comes down "
    "too: times p_o it is added to what the output gate is made of. The candidate has no peephole."
)
DROP = 84  # room for one more sum below each gate
PEEPHOLE, BRANCH, TAP = SUM + 24, SUM - 14, 104


def draw() -> str:
    """Return the figure as SVG text."""
    f, u, _, o = COLUMNS.values()
    svg = figure(
        "peephole_cell",
        TITLE,
        DESC,
        518 + DROP,
        *parts(DROP, PEEPHOLE),
        *(weight(f"p_{name}", x, PEEPHOLE) for name, x in COLUMNS.items() if name != "c"),
        group(
            "inside", wire("state", (f - 16, BRANCH), (f + 16, BRANCH), arrow=False, bridge=True)
        ),
        wire("state", (TAP, C), (TAP, BRANCH), (u - 43, BRANCH), (u - 43, PEEPHOLE - 15)),
        wire("state", (f - 43, BRANCH), (f - 43, PEEPHOLE - 15)),
        wire("state", (o - 43, C), (o - 43, PEEPHOLE - 15)),
        copy("state", TAP, C),
        copy("state", f - 43, BRANCH),
        copy("state", o - 43, C),
    )
    return smaller(svg)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
