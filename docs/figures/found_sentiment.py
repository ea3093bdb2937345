"""Draws found_sentiment.svg: what word order adds to an LSTM's judgement, as it was measured."""

from pathlib import Path

import numpy as np

from docs.figures.drawing import box, figure, group, measured, wire, words

PLACES = ["index.md#measured (4)"]
TITLE = "How often three models find the stars of a sentence"
DESC = (
    "Bars of accuracy on unseen sentences, in per cent. An LSTM: {LSTM:.0f}. An LSTM that was "
    "trained and tested on shuffled words: {shuffled:.0f}. Naive Bayes, which counts pairs of "
    "words: {pairs:.0f}. A line at {guess:.0f} marks what always saying five stars finds."
)
LEFT, RIGHT, FLOOR = 190, 500, 158
ROWS = {
    "LSTM": ("LSTM", "LSTM", "state"),
    "shuffled": ("LSTM, shuffled", "LSTM, words shuffled", "state"),
    "pairs": ("naive Bayes, pairs", "counting word pairs", "gate"),
}


def across(share: float) -> float:
    """Return where a share in per cent lies."""
    return LEFT + share / 70 * (RIGHT - LEFT)


def draw() -> str:
    """Return the figure as SVG text."""
    results = measured("sentiment")
    shares = {
        key: 100 * float(np.mean(results["accuracy"][name])) for key, (name, *_) in ROWS.items()
    }
    guess = 100 * results["tested"][-1] / sum(results["tested"])
    parts = [
        wire("ink", (LEFT, 10), (LEFT, FLOOR), (RIGHT, FLOOR), arrow=False, radius=0),
        *(words(f"{n} %", across(n), FLOOR + 16) for n in (0, 20, 40, 60)),
        words("sentences with the right number of stars", (LEFT + RIGHT) / 2 - 40, FLOOR + 40),
    ]
    for at, (key, (_, label, kind)) in enumerate(ROWS.items()):
        y, end = 40 + 42 * at, across(shares[key])
        parts += [
            words(label, LEFT - 14, y, kind, align="end"),
            group(kind, box("bar", (LEFT + end) / 2, y, end - LEFT, 22, 2)),
            words(f"{shares[key]:.1f}", end + 8, y, kind, align="start"),
        ]
    parts.append(wire("axis", (across(guess), 8), (across(guess), FLOOR), arrow=False))
    parts.append(words("always five stars", across(guess) + 8, 12, align="start"))
    return figure("found_sentiment", TITLE, DESC.format(guess=guess, **shares), FLOOR + 54, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
