"""Draws legend.svg: what the shapes and colours of the figures stand for."""

from pathlib import Path

from docs.figures.drawing import (
    closed_cell,
    concatenation,
    copy,
    dots,
    figure,
    group,
    node,
    operation,
    separator,
    shape,
    wire,
    words,
)

PLACES = ["notation.md#how-to-read-the-figures"]
TITLE = "The shapes and colours of the figures"
DESC = (
    "Inputs are green and round. States are blue and travel on thick wires. Predictions are purple "
    "and six-sided. Gates are orange, with a notch above and below. Weights are boxes with their "
    "name. Operations are circles with their sign. A dot is a copy, a bar a concatenation. Dashed "
    "lines divide time steps, three dots stand for more of them, and dashed red wires carry "
    "gradients, backwards."
)
LEFT, RIGHT = 60, 310  # middles of the two columns
NAMES = (
    ("input", "operation"),
    ("state", "copy"),
    ("prediction", "concatenation"),
    ("gate", "between two steps"),
    ("weight", "steps left out"),
    ("cell", "gradient, backwards"),
)


def draw() -> str:
    """Return the figure as SVG text."""
    rows = [(*names, 28 + 56 * i) for i, names in enumerate(NAMES)]
    *_, ys = zip(*rows, strict=True)
    return figure(
        "legend",
        TITLE,
        DESC,
        340,
        node("x_t", LEFT, ys[0]),
        wire("state", (LEFT - 40, ys[1]), (LEFT + 40, ys[1])),
        node("y_hat_t", LEFT, ys[2]),
        group("gate", shape("gate", LEFT, ys[3])),
        node("W_ax", LEFT, ys[4]),
        closed_cell(LEFT, ys[5]),
        operation("+", RIGHT, ys[0]),
        wire("state", (RIGHT - 40, ys[1]), (RIGHT + 40, ys[1])),
        wire("state", (RIGHT, ys[1]), (RIGHT, ys[1] - 24)),
        copy("state", RIGHT, ys[1]),
        wire("state", (RIGHT - 40, ys[2] - 12), (RIGHT - 3, ys[2] - 12), arrow=False),
        wire("input", (RIGHT - 40, ys[2] + 12), (RIGHT - 3, ys[2] + 12), arrow=False),
        wire("ink", (RIGHT + 3, ys[2]), (RIGHT + 40, ys[2])),
        concatenation(RIGHT, ys[2]),
        separator(RIGHT, ys[3] - 22, ys[3] + 22),
        dots(RIGHT, ys[4]),
        wire("gradient", (RIGHT + 40, ys[5]), (RIGHT - 40, ys[5])),
        *(words(name, LEFT + 58, y, align="start") for name, _, y in rows),
        *(words(name, RIGHT + 58, y, align="start") for _, name, y in rows),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
