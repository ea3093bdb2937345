"""Draws learning_rates.svg: the loss of three cells against the learning rate, as measured."""

from math import log
from pathlib import Path

from docs.figures.drawing import circle, element, figure, group, line, measured, wire, words

PLACES = ["hyperparameters.md#the-learning-rate"]
TITLE = "The validation loss of three cells after 25 seconds, against the learning rate"
DESC = (
    "Three lines over learning rates from 0.003 to 0.1, on a logarithmic scale. The GRU has its "
    "lowest loss, {gru:.2f}, at 0.01. The RNN is as good at 0.003 as at 0.01, and far worse at "
    "0.03, with {rnn:.2f}. The LSTM falls until 0.03, where it has {lstm:.2f}, and rises again."
)
LEFT, RIGHT, TOP, FLOOR = 84, 420, 34, 250
LOWEST, HIGHEST = 1.70, 2.35
RATES = (0.003, 0.01, 0.03, 0.1)
CELLS = {"RNN": "state", "GRU": "gate", "LSTM": "input"}


def place(rate: float, loss: float) -> tuple[float, float]:
    """Return the point at a learning rate, on a logarithmic scale, and a loss."""
    x = LEFT + log(rate / RATES[0]) / log(RATES[-1] / RATES[0]) * (RIGHT - LEFT)
    return x, FLOOR - (loss - LOWEST) / (HIGHEST - LOWEST) * (FLOOR - TOP)


def losses() -> dict[str, dict[float, float]]:
    """Return the validation loss at each learning rate, by cell."""
    trials = measured("language_model")["trials"]
    return {
        cell: {row["rate"]: row["scores"][0] for row in trials[f"{cell}, medium"]["tried"]}
        for cell in CELLS
    }


def draw() -> str:
    """Return the figure as SVG text."""
    measured = losses()
    parts = [
        wire("ink", (LEFT, TOP), (LEFT, FLOOR), (RIGHT, FLOOR), arrow=False, radius=0),
        *(words(f"{rate:g}", place(rate, 0)[0], FLOOR + 16) for rate in RATES),
        *(
            words(f"{loss:.1f}", LEFT - 8, place(RATES[0], loss)[1], align="end")
            for loss in (1.8, 2.0, 2.2)
        ),
        words("learning rate of Adam", (LEFT + RIGHT) / 2, FLOOR + 40),
        words("validation loss, nats per character", LEFT + 8, TOP - 14, align="start"),
    ]
    for cell, kind in CELLS.items():
        points = [place(rate, loss) for rate, loss in measured[cell].items()]
        parts.append(group(kind, element("path", class_="wire", d=line(*points, radius=0))))
        parts += [group(kind, circle("dot", *point, 5)) for point in points]
    at = {"RNN": (0.03, 12, 0), "GRU": (0.01, -6, 20), "LSTM": (0.1, 12, 0)}
    for cell, (rate, right, down) in at.items():
        x, y = place(rate, measured[cell][rate])
        align = "start" if right > 0 else "middle"
        parts.append(words(cell, x + right, y + down, CELLS[cell], align=align))
    desc = DESC.format(
        gru=measured["GRU"][0.01], rnn=measured["RNN"][0.03], lstm=measured["LSTM"][0.03]
    )
    return figure("learning_rates", TITLE, desc, FLOOR + 54, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
