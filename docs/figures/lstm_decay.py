"""Draws lstm_decay.svg: what a unit of an LSTM still holds after up to fifty steps.

The book's own cell computes the curves, as docs/lstm.md says.
"""

from pathlib import Path

import numpy as np

from docs.figures.drawing import element, figure, group, line, wire, words
from docs.figures.lstm_cell import beside
from snippets.lstm import LSTMParams, LSTMState, lstm_step

PLACES = ["lstm.md#where-the-forget-gate-should-start"]
TITLE = "What is left of a memory, for five forget biases"
DESC = (
    "The cell state of one unit against the number of steps, from 0 to 50. It starts at 1 and "
    "nothing is written. With forget bias 40 it stays at 1. With bias 5 it falls slowly, to 0.71. "
    "With bias 3 it falls below one half after 15 steps and to 0.09 in the end. With biases 1 and "
    "0 almost nothing is left after 10 steps."
)
LEFT, RIGHT, TOP, FLOOR = 50, 420, 36, 250
STEPS = 50
BIASES = {40: "state", 5: "output", 3: "gate", 1: "input", 0: "ink"}
LABELS = {40: (0, 0), 5: (0, 0), 3: (0, -8), 1: (0, 2), 0: (56, 2)}  # moved right and down


def decay(bias: float) -> list[float]:
    """Return the cell state before the first step and after each."""
    zero, one = np.zeros((1, 1)), np.ones((1, 1))
    params = LSTMParams(*[np.zeros((1, 2)), zero] * 4)._replace(b_f=bias * one)
    state, kept = LSTMState(a=zero, c=one), [1.0]
    for _ in range(STEPS):
        state, _ = lstm_step(params, zero, state)
        kept.append(state.c.item())
    return kept


def place(steps: float, left: float) -> tuple[float, float]:
    """Return the point at a number of steps and a share."""
    return LEFT + steps / STEPS * (RIGHT - LEFT), FLOOR - left * (FLOOR - TOP)


def draw() -> str:
    """Return the figure as SVG text."""
    parts = [
        wire("ink", (LEFT, TOP - 10), (LEFT, FLOOR), (RIGHT, FLOOR), arrow=False, radius=0),
        *(words(str(t), place(t, 0)[0], FLOOR + 18) for t in (0, 10, 20, 30, 40, 50)),
        words("steps", (LEFT + RIGHT) / 2, FLOOR + 42),
        words("what is left of the cell state", LEFT + 8, TOP - 22, align="start"),
    ]
    for left, name in ((0, "0"), (0.5, "½"), (1, "1")):
        y = place(0, left)[1]
        parts.append(words(name, LEFT - 8, y, align="end"))
        if left:
            parts.append(wire("axis", (LEFT, y), (RIGHT, y), arrow=False))
    for bias, kind in BIASES.items():
        points = [place(t, left) for t, left in enumerate(decay(bias))]
        parts.append(group(kind, element("path", class_="wire", d=line(*points, radius=0))))
        (x, y), (right, down) = points[-1], LABELS[bias]
        parts.append(words(f"bias {bias}", x + 8 + right, y + down, kind, align="start"))
    return beside(figure("lstm_decay", TITLE, DESC, FLOOR + 58, *parts))


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
