"""Draws readout.svg: logits become probabilities, and these minus the target are the gradient.

All numbers are computed with the book's own readout, for the example of its page.
"""

from pathlib import Path

import numpy as np

from docs.figures.drawing import box, figure, group, symbol, wire, words
from snippets.readout import cross_entropy, softmax

PLACES = ["readout.md"]
TITLE = "From logits to probabilities to the gradient"
DESC = (
    "Three bar charts side by side, each with a bar for the words mat, sofa, roof and the. Left: "
    "the logits 2, 1, 0 and minus 1. Middle: the softmax turns them into the probabilities 0.64, "
    "0.24, 0.09 and 0.03. The target is sofa. Right: the gradient for the logits, probability "
    "minus target. The bars of mat, roof and the are as long as in the middle. Only the bar of "
    "sofa points to the left: minus 0.76, because its probability is 0.76 short of 1."
)
VOCABULARY = "mat", "sofa", "roof", "the"
Z = np.array([[[2.0], [1.0], [0.0], [-1.0]]])  # one step, four words, one example
TARGET = "sofa"
TOP, ROW = 76, 36  # height of the first bar, and from bar to bar
UNIT = 58.0  # length of a bar of 1: a probability, or a part of the gradient


def chart(zero: float, values: np.ndarray, unit: float, kind: str, decimals: int) -> list[str]:
    """Draw a bar for each word from a vertical axis, with its value at its end."""
    bottom = TOP + ROW * (len(VOCABULARY) - 1) + 18
    parts = [wire("axis", (zero, TOP - 18), (zero, bottom), arrow=False)]
    for i, value in enumerate(values):
        y, length = TOP + ROW * i, max(abs(value) * unit, 1.0)
        side = 1 if value >= 0 else -1
        bar = "bar drawn" if VOCABULARY[i] == TARGET else "bar"
        parts.append(group(kind, box(bar, zero + side * length / 2, y, length, 18, 1)))
        shown = f"{value:.{decimals}f}".replace("-", "−")
        align = "start" if side > 0 else "end"
        parts.append(words(shown, zero + side * (length + 5), y, kind, align=align))
    return parts


def draw() -> str:
    """Return the figure as SVG text."""
    y = np.zeros_like(Z)
    y[0, VOCABULARY.index(TARGET)] = 1
    y_hat, (_, dz) = softmax(Z), cross_entropy(Z, y)
    names = [words(word, 38, TOP + ROW * i, align="end") for i, word in enumerate(VOCABULARY)]
    return figure(
        "readout",
        TITLE,
        DESC,
        210,
        words("logits", 104, 14),
        *names,
        *chart(100, Z[0, :, 0], 28.0, "ink", 0),
        wire("ink", (176, 132), (230, 132)),
        words("softmax", 203, 114),
        words("probabilities", 272, 14),
        symbol("y_hat_t", 272, 42, ""),
        *chart(242, y_hat[0, :, 0], UNIT, "output", 2),
        wire("ink", (328, 132), (384, 132)),
        words("− target", 356, 150),
        words("gradient", 482, 14),
        symbol("y_hat_t", 466, 42, ""),
        words("−", 482, 42),
        symbol("y_t", 498, 42, ""),
        *chart(482, dz[0, :, 0], UNIT, "gradient", 2),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
