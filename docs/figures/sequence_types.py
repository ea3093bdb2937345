"""Draws sequence_types.svg: the four types at a glance."""

from itertools import pairwise
from pathlib import Path

from docs.figures.drawing import box, circle, figure, group, polygon, separator, wire, words

PLACES = ["sequence-types.md"]
TITLE = "Four types of sequence tasks"
DESC = (
    "A small picture for each type. Each is a row of steps, and the state goes from step to step. "
    "Round inputs lie below, six-sided predictions above. Same length: every step reads an input, "
    "and every step predicts. Many to one: every step reads, only the last one predicts. One to "
    "many: only the first step reads an input, every step predicts, and what was put out at one "
    "step is read at the next. Different length: two steps read and predict nothing; then three "
    "steps predict, and each reads what was put out at the step before."
)
TOP, CELLS, BELOW = 26, 80, 134  # heights of the rows
SIDE = 24  # of a cell
PANELS = (
    ("same length", (18, 56, 94), "iii", "yyy"),
    ("many to one", (136, 174, 212), "iii", "  y"),
    ("one to many", (254, 292, 330), "iyy", "yyy"),
    ("different length", (379, 419, 465, 505, 545), "iiyyy", "  yyy"),
)


def prediction(x: float, y: float) -> str:
    """Draw a small prediction."""
    right = [(x + 7, y - 11), (x + 14, y), (x + 7, y + 11)]
    return group("output", polygon("node", *right, *((2 * x - a, b) for a, b in reversed(right))))


def column(x: float, below: str, above: str) -> list[str]:
    """Draw a cell, with what goes in and what comes out."""
    parts = [box("frame", x, CELLS, SIDE, SIDE, 7)]
    if below == "i":
        parts += [group("input", circle("node", x, BELOW, 11))]
    else:
        parts += [prediction(x, BELOW)]
    kind = "input" if below == "i" else "output"
    parts += [wire(kind, (x, BELOW - 11), (x, CELLS + SIDE / 2))]
    if above == "y":
        parts += [wire("output", (x, CELLS - SIDE / 2), (x, TOP + 11)), prediction(x, TOP)]
    return parts


def draw() -> str:
    """Return the figure as SVG text."""
    parts = []
    for name, places, below, above in PANELS:
        for x, under, over in zip(places, below, above, strict=True):
            parts += column(x, under, over)
        for x, right in pairwise(places):
            parts.append(wire("state", (x + SIDE / 2, CELLS), (right - SIDE / 2, CELLS)))
        parts.append(words(name, (places[0] + places[-1]) / 2, 170))
    parts += [separator(x, 10, 178) for x in (115, 233, 356)]
    return figure("sequence_types", TITLE, DESC, 184, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
