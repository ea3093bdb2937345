"""Draws initialisation_reach.svg: what is left of a gradient, by lag, under five initialisations.

All of it is computed with the book's own cells, as docs/initialisation.md says.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np

from docs.figures.drawing import element, figure, group, line, wire, words
from snippets.bptt import reach
from snippets.gru import GRUState, gru_backward, gru_forward, init_gru
from snippets.initialisation import (
    book_weights,
    chrono_weights,
    keras_weights,
    orthogonal_weights,
    torch_weights,
)
from snippets.lstm import LSTMState, init_lstm, lstm_backward, lstm_forward
from snippets.rnn import RNNState, init_rnn, rnn_backward, rnn_forward

PLACES = ["initialisation.md#how-far"]
TITLE = "How far an untrained network reaches under five initialisations"
DESC = (
    "Four small plots: the share of a gradient that is left, from one down to ten to the minus "
    "fifteen, against the number of steps it has gone back, from 0 to 60, with one-hot input. In "
    "the plot of PyTorch's initialisation, RNN, LSTM and GRU fall together, to ten to the minus "
    "twelve or less. In the plot of Keras's, the GRU falls just as deep, the LSTM to ten to the "
    "minus five, and the RNN stays above the LSTM. In the plot of this book's, the LSTM ends near "
    "ten to the minus five, the GRU near ten to the minus nine, and the RNN near ten to the minus "
    "twelve. In the last plot, LSTM and GRU with chrono initialisation still have about a "
    "twentieth after 60 steps, and the RNN with an orthogonal matrix falls as it does with this "
    "book's."
)
LAGS, LOWEST = 60, -15  # steps back, power of ten
LEFT, TOP, WIDTH, HEIGHT = 62, 32, 192, 120  # of the first plot
COLUMN, ROW = 252, 172  # from plot to plot
CELLS = {
    "RNN": (init_rnn, RNNState, rnn_forward, rnn_backward, "state"),
    "LSTM": (init_lstm, LSTMState, lstm_forward, lstm_backward, "gate"),
    "GRU": (init_gru, GRUState, gru_forward, gru_backward, "output"),
}


def draw_far(rng, params, *, input_scale):
    """Choose what makes a cell reach far: chrono initialisation if it has gates."""
    if "W_aa" in params._fields:
        return orthogonal_weights(rng, params, input_scale=input_scale)
    return chrono_weights(rng, params, LAGS, input_scale=input_scale)


RULES = {
    "PyTorch": lambda rng, params, input_scale: torch_weights(rng, params),
    "Keras": lambda rng, params, input_scale: keras_weights(rng, params),
    "this book": book_weights,
    "chrono; RNN: orthogonal": draw_far,
}


def norms(init, state, forward, backward, rule, *, seeds: int = 5) -> np.ndarray:
    """Return the share of the gradient that is left at each lag, the median over some draws."""
    n_x, n_a, m, runs = 8, 64, 16, []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        params = rule(rng, init(rng, n_x, n_a), input_scale=1.0)
        x = rng.normal(size=(LAGS + 1, n_x, m))
        x = np.eye(n_x)[x.argmax(axis=1)].swapaxes(1, 2)  # one-hot
        state_0 = state(*(np.zeros((n_a, m)) for _ in state._fields))
        left = reach(forward, backward, params, x, state_0, rng.normal(size=(n_a, m)))
        runs.append(left / left[0])
    return np.median(runs, axis=0)


def spread(places: dict[str, float], least: float = 17) -> dict[str, float]:
    """Move labels apart that would overlap, each pair by the same amount up and down."""
    names = sorted(places, key=places.get)
    moved = dict(places)
    for _ in range(50):
        for upper, lower in pairwise(names):
            missing = least - (moved[lower] - moved[upper])
            if missing > 0:
                moved[upper] -= missing / 2
                moved[lower] += missing / 2
    return moved


def plot(left: float, top: float, rule, *, numbers: bool) -> list[str]:
    """Draw one plot: its axes, and a line for each cell."""
    floor, right = top + HEIGHT, left + WIDTH

    def height(power: float) -> float:
        return top + power / LOWEST * HEIGHT

    parts = [wire("ink", (left, top), (left, floor), (right, floor), arrow=False, radius=0)]
    for power, name in ((0, "1"), (-5, "10⁻⁵"), (-10, "10⁻¹⁰"), (-15, "10⁻¹⁵")):
        if power > LOWEST:
            parts.append(wire("axis", (left, height(power)), (right, height(power)), arrow=False))
        if numbers:
            parts.append(words(name, left - 6, height(power), align="end"))
    ends = {}
    for name, (*cell, kind) in CELLS.items():
        powers = np.log10(norms(*cell, rule))
        lags = range(0, LAGS + 1, 2)  # the lines are smooth: half of the points do
        points = [(left + lag / LAGS * WIDTH, height(powers[lag])) for lag in lags]
        parts.append(group(kind, element("path", class_="wire", d=line(*points, radius=0))))
        ends[name] = points[-1][1]
    for name, y in spread(ends).items():
        parts.append(words(name, right + 6, y, CELLS[name][-1], align="start"))
    return parts


def draw() -> str:
    """Return the figure as SVG text."""
    parts = [words("share that is left", LEFT + 8, TOP + HEIGHT - 14, align="start")]
    for i, (name, rule) in enumerate(RULES.items()):
        left, top = LEFT + i % 2 * COLUMN, TOP + i // 2 * ROW
        parts += plot(left, top, rule, numbers=left == LEFT)
        parts.append(words(name, left, top - 16, align="start"))
    floor = TOP + ROW + HEIGHT
    for left in (LEFT, LEFT + COLUMN):
        parts += [words(str(lag), left + lag / LAGS * WIDTH, floor + 16) for lag in (0, 20, 40, 60)]
        parts.append(words("steps back", left + WIDTH / 2, floor + 38))
    return figure("initialisation_reach", TITLE, DESC, floor + 50, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
