"""Draws found_memory.svg: accuracy against lag, as the experiment on memory measured it."""

from math import log
from pathlib import Path

import numpy as np

from docs.figures.drawing import element, figure, group, line, measured, wire, words

PLACES = ["index.md#measured", "what-the-web-gets-wrong.md#lstms-solve-the-vanishing-gradient"]
TITLE = "How often a symbol is recalled, against how many steps ago it was read"
DESC = (
    "Accuracy against the lag, at 10, 30 and 100 steps, the mean over the seeds. An LSTM whose "
    "gates start nearly open stays at {open}. A plain RNN falls to {plain}. An LSTM whose forget "
    "gate starts with a bias of 1 falls to {closed}. Guessing is right in 25 per cent."
)
LEFT, RIGHT, TOP, FLOOR = 62, 360, 24, 190
LAGS = (10, 30, 100)
LINES = [  # as the experiment calls it, as readers do, colour
    ("LSTM, f 5, u -5", "LSTM, gates open", "input"),
    ("RNN", "RNN", "state"),
    ("LSTM, f 1", "LSTM, forget bias 1", "gate"),
]


def place(lag: float, accuracy: float) -> tuple[float, float]:
    """Return the point at a lag, on a logarithmic scale, and an accuracy."""
    x = LEFT + log(lag / LAGS[0]) / log(LAGS[-1] / LAGS[0]) * (RIGHT - LEFT)
    return x, FLOOR - accuracy * (FLOOR - TOP)


def draw() -> str:
    """Return the figure as SVG text."""
    accuracy = measured("memory")["accuracy"]
    means = {name: [float(np.mean(accuracy[name][str(lag)])) for lag in LAGS] for name, *_ in LINES}
    parts = [
        wire("ink", (LEFT, TOP), (LEFT, FLOOR), (RIGHT, FLOOR), arrow=False, radius=0),
        *(words(str(lag), place(lag, 0)[0], FLOOR + 16) for lag in LAGS),
        words("steps since the symbol", (LEFT + RIGHT) / 2, FLOOR + 40),
        words("recalled", LEFT + 8, TOP - 10, align="start"),
        words("chance", LEFT + 8, place(10, 0.25)[1] + 12, align="start"),
        wire("axis", place(10, 0.25), place(100, 0.25), arrow=False),
    ]
    parts += [words(f"{n} %", LEFT - 6, place(10, n / 100)[1], align="end") for n in (0, 50, 100)]
    for name, label, kind in LINES:
        points = [place(lag, mean) for lag, mean in zip(LAGS, means[name], strict=True)]
        parts.append(group(kind, element("path", class_="wire", d=line(*points, radius=0))))
        parts.append(words(label, RIGHT + 8, points[-1][1], kind, align="start"))
    last = (f"{100 * means[name][-1]:.0f} per cent" for name, *_ in LINES)
    desc = DESC.format(**dict(zip(("open", "plain", "closed"), last, strict=True)))
    return figure("found_memory", TITLE, desc, FLOOR + 54, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
