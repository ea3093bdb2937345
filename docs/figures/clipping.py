"""Draws clipping.svg: gradient descent at a cliff, without and with clipping.

All of it is computed with the book's own cell and clipping: one unit that hears nothing for 20
steps, and a loss that wants its last activation to be 0.4.
"""

from pathlib import Path

import numpy as np

from docs.figures.drawing import Point, curve, figure, marks, symbol, wire, words
from snippets.clipping import clip_by_global_norm
from snippets.rnn import RNNParams, RNNState, rnn_backward, rnn_forward

PLACES = ["clipping.md"]
TITLE = "Gradient descent at a cliff, without and with clipping"
DESC = (
    "The loss L of a recurrent network with one unit, over its weight W_aa: a slope that leads "
    "down to the foot of a cliff. Two runs of gradient descent start at the same point with the "
    "same learning rate. Without clipping one step lands on the wall of the cliff, where the "
    "gradient is so large that the next step throws the weight far away. With clipping the run "
    "comes back from the wall in a short step and stays at the foot, where the loss is lowest."
)
B_A, A_0, T, TARGET = -0.1, 1.0, 20, 0.4
START, LEARNING_RATE, THRESHOLD, STEPS = 1.7, 0.1, 0.5, 14
FIRST, LAST, HIGHEST = 1.12, 2.0, 1.4  # weights and losses that are shown
LEFT, RIGHT, HEIGHT = 40, 540, 150  # of a panel


def loss_and_slope(w_aa: float) -> tuple[float, float]:
    """Return the loss at a weight, and its gradient."""
    params = RNNParams(np.zeros((1, 1)), np.full((1, 1), w_aa), np.full((1, 1), B_A))
    a, last, tape = rnn_forward(params, np.zeros((T, 1, 1)), RNNState(np.full((1, 1), A_0)))
    error = last.a - TARGET
    d_params, _, _ = rnn_backward(params, tape, np.zeros_like(a), RNNState(2 * error))
    return error.item() ** 2, d_params.W_aa.item()


def descend(threshold: float) -> list[float]:
    """Return the weights that gradient descent passes; an infinite threshold clips nothing."""
    weights = [START]
    for _ in range(STEPS):
        slope = np.array([loss_and_slope(weights[-1])[1]])
        (clipped,), _ = clip_by_global_norm([slope], threshold)
        weights.append(weights[-1] - LEARNING_RATE * clipped.item())
    return weights


def place(w_aa: float, floor: float) -> Point:
    """Return the point of the curve at a weight."""
    x = LEFT + (w_aa - FIRST) / (LAST - FIRST) * (RIGHT - LEFT)
    return x, floor - loss_and_slope(w_aa)[0] / HIGHEST * HEIGHT


def panel(name: str, floor: float, threshold: float) -> list[str]:
    """Draw the loss, and one run as dots on it; an arrow shows its first step to the right."""
    weights = descend(threshold)
    turn = next(i for i, w in enumerate(weights) if weights[i + 1] > w)
    x, y = place(weights[turn], floor)
    far = weights[turn + 1] > LAST
    end = RIGHT + 8 if far else place(weights[turn + 1], floor)[0]
    says = f"thrown to {weights[turn + 1]:.1f}" if far else "a short step back"
    stay = [w for w in weights if w < LAST]
    start_x, start_y = place(START, floor)
    return [
        curve([place(w, floor) for w in np.r_[FIRST:1.4:57j, 1.42:LAST:30j]], floor),
        wire(
            "ink", (LEFT, floor - HEIGHT), (LEFT, floor), (RIGHT + 4, floor), arrow=False, radius=0
        ),
        wire("gradient", (x, y), (end, y)),
        marks("gradient", [place(w, floor) for w in stay]),
        words(says, x + 84, y - 16, "gradient"),
        words("start", start_x + 6, start_y - 18, "gradient"),
        words(name, RIGHT, floor - HEIGHT + 12, align="end"),
        symbol("loss", 20, floor - HEIGHT + 12),
    ]


def draw() -> str:
    """Return the figure as SVG text."""
    ticks = [words(f"{w:.1f}", place(w, 0)[0], 370) for w in (1.2, 1.4, 1.6, 1.8)]
    return figure(
        "clipping",
        TITLE,
        DESC,
        386,
        *panel("without clipping", 164, np.inf),
        *panel("with clipping", 352, THRESHOLD),
        *ticks,
        symbol("W_aa", RIGHT - 14, 370),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
