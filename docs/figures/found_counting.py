"""Draws found_counting.svg: how far LSTMs and GRUs count, as the experiment measured it."""

from math import log
from pathlib import Path

from docs.figures.drawing import figure, marks, measured, separator, wire, words

PLACES = ["index.md#measured (2)", "what-the-web-gets-wrong.md#strictly-stronger"]
TITLE = "Up to which length ten LSTMs and ten GRUs can count"
DESC = (
    "One dot for each network, over the longest word that it completes, from 10 to 300 a, "
    "on a logarithmic scale. A dashed line at 20 marks the longest word of training. The LSTMs "
    "scatter from {lstm_least} to {lstm_most}. All GRUs lie between {gru_least} and {gru_most}."
)
LEFT, RIGHT, TOP, FLOOR = 62, 500, 24, 170
SHORTEST, LONGEST, LEARNED = 10, 300, 20
ROWS = {"LSTM": (70, "input"), "GRU": (125, "state")}  # height and colour


def across(reach: float) -> float:
    """Return where a length lies, on a logarithmic scale."""
    return LEFT + log(reach / SHORTEST) / log(LONGEST / SHORTEST) * (RIGHT - LEFT)


def draw() -> str:
    """Return the figure as SVG text."""
    reach = measured("counting")["reach"]["a^n b^n"]
    parts = [
        wire("ink", (LEFT, FLOOR), (RIGHT, FLOOR), arrow=False),
        *(words(str(n), across(n), FLOOR + 16) for n in (10, 20, 50, 100, 300)),
        words("longest word aaa…bbb… completed, in a", (LEFT + RIGHT) / 2, FLOOR + 40),
        separator(across(LEARNED), TOP + 12, FLOOR),
        words("longest in training", across(LEARNED) + 8, TOP + 8, align="start"),
    ]
    said = {}
    for name, (y, kind) in ROWS.items():
        rising = sorted(reach[name])
        seen = [rising[:at].count(n) for at, n in enumerate(rising)]  # equal ones side by side
        parts.append(words(name, LEFT - 12, y, kind, align="end"))
        parts.append(
            marks(kind, [(across(n), y - 9 * at) for n, at in zip(rising, seen, strict=True)])
        )
        said |= {f"{name.lower()}_least": rising[0], f"{name.lower()}_most": rising[-1]}
    return figure("found_counting", TITLE, DESC.format(**said), FLOOR + 54, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
