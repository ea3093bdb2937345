"""Draws ragged.svg: sequences of different length, run in spans with the same ones alive."""

from itertools import pairwise
from pathlib import Path

import numpy as np

from docs.figures.drawing import box, figure, group, separator, step, words

PLACES = ["ragged.md#different-lengths-in-one-batch"]
TITLE = "Sequences of different length, run in spans"
DESC = (
    "Four sequences of 7, 3, 7 and 2 steps, drawn as rows of squares over time. Dashed lines cut "
    "time where a sequence ends: after step 2, 3 and 7. In the first span, of two steps, all four "
    "sequences run; in the second, of one step, three; in the third, of four steps, two. What "
    "stands after the end of a sequence is empty and is not run."
)
LENGTHS = (7, 3, 7, 2)
LEFT, TOP, SIZE, ROW = 100, 30, 62, 50


def draw() -> str:
    """Return the figure as SVG text."""
    parts, bottom = [], TOP + ROW * len(LENGTHS)
    for row, length in enumerate(LENGTHS):
        y = TOP + ROW * row + ROW / 2
        parts.append(words(f"length {length}", LEFT - 16, y, align="end"))
        for t in range(max(LENGTHS)):
            kind, x = "input" if t < length else "axis", LEFT + SIZE * t + SIZE / 2
            parts.append(group(kind, box("node" if t < length else "limit", x, y, 46, 34, 6)))
    for first, last in pairwise([0, *np.unique(LENGTHS).tolist()]):
        left, right = LEFT + SIZE * first, LEFT + SIZE * last
        alive = sum(length >= last for length in LENGTHS)
        parts.append(separator(right, 0, bottom + 40))
        parts.append(words(str(alive), (left + right) / 2, bottom + 22))
    parts += [step(str(t + 1), LEFT + SIZE * t + SIZE / 2, 12) for t in range(max(LENGTHS))]
    parts.append(step("t =", LEFT - 32, 12))
    parts.append(words("alive", LEFT - 16, bottom + 22, align="end"))
    return figure("ragged", TITLE, DESC, bottom + 44, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
