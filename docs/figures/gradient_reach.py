"""Draws gradient_reach.svg: how much of a gradient is left, by lag, in untrained cells.

All of it is computed with the book's own cells, as docs/bptt.md says. Two lines can be moved by a
reader. How they then run is computed here, too, and written to docs/assets/moving/reach.json.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from docs.figures.drawing import ASSETS, element, figure, group, line, wire, words
from snippets.bptt import reach
from snippets.gru import GRUState, gru_backward, gru_forward, init_gru
from snippets.lstm import LSTMState, init_lstm, lstm_backward, lstm_forward
from snippets.rnn import RNNState, init_rnn, rnn_backward, rnn_forward

PLACES = ["bptt.md#how-far-does-it-reach"]
TITLE = "How far a gradient reaches before training"
DESC = (
    "The length of the gradient against the number of steps that it has gone back, from 0 to 60, "
    "on a logarithmic scale from ten to the minus twelve to ten thousand. All lines are nearly "
    "straight. "
    "The plain RNN loses a factor of ten every five steps, the LSTM with forget bias 0 and the "
    "GRU every six or so, and the LSTM with forget bias 1 every thirteen. The LSTM with forget "
    "bias 3 loses most of a factor of ten within ten steps and then hardly anything."
)
LEFT, RIGHT, TOP, FLOOR = 62, 420, 20, 300
LAGS, LOWEST, HIGHEST = 60, -12, 4  # powers of ten
CURVES = {  # name: how to start, how to run, which colour
    "RNN": (init_rnn, {}, RNNState, rnn_forward, rnn_backward, "state"),
    "GRU": (init_gru, {}, GRUState, gru_forward, gru_backward, "output"),
    "LSTM, bias 0": (init_lstm, {"forget_bias": 0}, LSTMState, lstm_forward, lstm_backward, "ink"),
    "LSTM, bias 1": (init_lstm, {"forget_bias": 1}, LSTMState, lstm_forward, lstm_backward, "gate"),
    "LSTM, bias 3": (
        init_lstm,
        {"forget_bias": 3},
        LSTMState,
        lstm_forward,
        lstm_backward,
        "gradient",
    ),
}


SCALES = [k / 10 for k in range(5, 26)]  # of the recurrent matrix of an RNN
BIASES = [k / 2 for k in range(-4, 9)]  # of the forget gate of an LSTM
WRITTEN = ASSETS / "moving/reach.json"


def init_scaled(scale: float) -> Callable:
    """Return a function that draws an RNN whose recurrent matrix is larger or smaller."""

    def init(*arguments, **options):
        params = init_rnn(*arguments, **options)
        return params._replace(W_aa=scale * params.W_aa)

    return init


def scaled(scale: float) -> np.ndarray:
    """Return the powers of ten, at every second lag, of an RNN with a scaled matrix."""
    return np.log10(norms(init_scaled(scale), *CURVES["RNN"][1:-1]))[::2]


def biased(bias: float) -> np.ndarray:
    """Return the same of an LSTM with a forget bias."""
    _, _, *cell, _ = CURVES["LSTM, bias 1"]
    return np.log10(norms(init_lstm, {"forget_bias": bias}, *cell))[::2]


def table() -> dict[str, dict[str, list[float]]]:
    """Return these powers for all that a reader can choose."""
    return {
        "scale": {f"{scale:g}": drawn(scaled(scale)) for scale in SCALES},
        "bias": {f"{bias:g}": drawn(biased(bias)) for bias in BIASES},
    }


def drawn(powers: np.ndarray) -> list[float]:
    """Round them, and leave out what follows the first one that is outside of the figure."""
    (outside,) = np.nonzero((powers < LOWEST) | (powers > HIGHEST))
    return powers[: outside[0] + 1 if len(outside) else None].round(2).tolist()


def norms(init, options, state, forward, backward, *, seeds: int = 5) -> np.ndarray:
    """Return the share of the gradient that is left at each lag, the median over some draws."""
    n_x, n_a, m, runs = 8, 64, 16, []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        params = init(rng, n_x, n_a, input_scale=1, **options)  # one-hot
        x = np.eye(n_x)[rng.integers(n_x, size=(LAGS + 1, m))].swapaxes(1, 2)
        state_0 = state(*(np.zeros((n_a, m)) for _ in state._fields))
        left = reach(forward, backward, params, x, state_0, rng.normal(size=(n_a, m)))
        runs.append(left / left[0])
    return np.median(runs, axis=0)


def place(lag: float, power: float) -> tuple[float, float]:
    """Return the point at a lag and a power of ten."""
    x = LEFT + lag / LAGS * (RIGHT - LEFT)
    return x, FLOOR - (power - LOWEST) / (HIGHEST - LOWEST) * (FLOOR - TOP)


def draw() -> str:
    """Return the figure as SVG text."""
    parts = [
        wire("ink", (LEFT, TOP), (LEFT, FLOOR), (RIGHT, FLOOR), arrow=False, radius=0),
        *(words(str(lag), place(lag, 0)[0], FLOOR + 16) for lag in (0, 20, 40, 60)),
        words("steps back", (LEFT + RIGHT) / 2, FLOOR + 40),
        words("relative to the last step", LEFT + 8, TOP, align="start"),
    ]
    for power, name in (
        (3, "10³"),
        (0, "1"),
        (-3, "10⁻³"),
        (-6, "10⁻⁶"),
        (-9, "10⁻⁹"),
        (-12, "10⁻¹²"),
    ):
        y = place(0, power)[1]
        parts.append(words(name, LEFT - 6, y, align="end"))
        parts.append(wire("axis", (LEFT, y), (RIGHT, y), arrow=False))
    for name, (*cell, kind) in CURVES.items():
        powers = np.log10(norms(*cell))
        points = [place(lag, power) for lag, power in enumerate(powers) if power >= LOWEST]
        path = element("path", class_="wire", d=line(*points, radius=0))
        parts.append(group(kind, path))
        x, y = points[-1]
        parts.append(words(name, x + 8, y, kind, align="start"))
    return figure("gradient_reach", TITLE, DESC, FLOOR + 54, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
    written = json.dumps(table(), separators=(",", ":"))
    WRITTEN.write_text(written + "\n", encoding="utf-8")
