"""Draws window.svg: the neural n-gram model predicts a verb from the last three words."""

from pathlib import Path

from docs.figures.drawing import (
    box,
    figure,
    group,
    node,
    operation,
    symbol,
    token,
    wire,
    words,
)

PLACES = ["window.md"]
TITLE = "The window model: three words in, the next word out"
DESC = (
    "A sentence: the dogs by the gate, then a verb to predict. Only by, the and gate lie in the "
    "window. The same matrix E turns each of them into its embedding e. The three embeddings are "
    "stacked, multiplied by W_ae, and the bias b_a is added. The hyperbolic tangent of the sum is "
    "the hidden state, and from it the readout predicts the next word: bark or barks? Nothing "
    "leads on from the words before the window, dogs among them."
)
HIDDEN, STACK, TABLE, WORDS = 88, 146, 226, 316  # heights of the rows
SEEN = {"t−2": ("by", 218), "t−1": ("the", 298), "t": ("gate", 378)}
PAST = {"the": 42, "dogs": 118}
OUT = 500


def column(time: str, word: str, x: float) -> list[str]:
    """Draw a word in the window, and the way of its embedding."""
    return [
        wire("input", (x, WORDS - 17), (x, TABLE + 17)),
        wire("input", (x, TABLE - 17), (x, STACK + 3)),
        token(word, x, WORDS),
        symbol("x_t", x + 30, TABLE + 46, time),
        node("E", x, TABLE),
        symbol("e_t", x + 30, STACK + 34, time),
    ]


def forgotten(word: str, x: float) -> str:
    """Draw a word that the model does not see."""
    return group("time", box("node", x, WORDS, 64, 34, 17)) + words(word, x, WORDS)


def draw() -> str:
    """Return the figure as SVG text."""
    return figure(
        "window",
        TITLE,
        DESC,
        374,
        box("frame", 298, WORDS + 14, 240, 76, 14),
        words("window", 298, WORDS + 38),
        *(forgotten(word, x) for word, x in PAST.items()),
        words("not seen", 80, WORDS + 38),
        *(part for time, (word, x) in SEEN.items() for part in column(time, word, x)),
        box("bar drawn", 298, STACK, 224, 6, 2),
        wire("ink", (298, STACK - 3), (298, HIDDEN + 17)),
        wire("ink", (322, HIDDEN), (348, HIDDEN)),
        wire("ink", (364, 47), (364, HIDDEN - 16)),
        wire("ink", (380, HIDDEN), (405, HIDDEN)),
        wire("state", (459, HIDDEN), (OUT, HIDDEN), (OUT, 180)),
        wire("output", (OUT, 224), (OUT, WORDS - 17)),
        node("W_ae", 298, HIDDEN),
        node("b_a", 364, 30),
        operation("+", 364, HIDDEN),
        operation("tanh", 432, HIDDEN),
        symbol("a_t", OUT + 26, 140),
        box("frame", OUT, 202, 84, 44, 10),
        words("readout", OUT, 202),
        symbol("y_hat_t", OUT + 26, TABLE + 46),
        token("bark?", OUT, WORDS, "output"),
        words("bark or barks", OUT, WORDS + 38),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
