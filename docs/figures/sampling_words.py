"""Draws sampling_words.svg: a language model writes a sentence word by word."""

from pathlib import Path

from docs.figures.drawing import (
    Point,
    box,
    closed_cell,
    figure,
    group,
    operation,
    separator,
    step,
    symbol,
    token,
    wire,
    words,
)

PLACES = ["sampling.md"]
TITLE = "Sampling a sentence from a language model"
DESC = (
    "Four steps. The start token goes in, and the model gives each word a probability, drawn as a "
    "bar. One word is drawn from these: the. It becomes the next input, so the next prediction "
    "depends on it. Then dog is drawn, although cat is more likely, then ran, then the stop "
    "token, which ends the sentence. The lengths of the bars are an illustration."
)
VOCABULARY = "the", "cat", "dog", "ran", "stop"
BARS = (  # length of each word's bar; the word that is drawn
    ((50, 12, 10, 3, 2), "the"),
    ((2, 40, 30, 3, 2), "dog"),
    ((4, 2, 2, 50, 18), "ran"),
    ((10, 2, 3, 6, 54), "stop"),
)
TOP, CELL, X = 36, 244, 324  # heights of the rows


def row(word: str) -> float:
    """Return the height of a word's bar."""
    return TOP + 14 + 22 * VOCABULARY.index(word)


def prediction(left: float, lengths: tuple[float, ...], drawn: str) -> str:
    """Draw a distribution over the vocabulary; the bar of the word drawn is full."""
    parts = [box("node", left + 54, TOP + 58, 108, 116, 6)]
    for word, length in zip(VOCABULARY, lengths, strict=True):
        kind = "bar drawn" if word == drawn else "bar"
        parts.append(words(word, left + 42, row(word), "output", align="end"))
        parts.append(box(kind, left + 48 + length / 2, row(word), length, 12, 1))
    return group("output", *parts)


def column(t: int, said: list[str], lengths: tuple[float, ...], drawn: str) -> list[str]:
    """Draw a step: the last word said, the cell, its prediction, and the draw from it."""
    left = 138 * t - 134
    x, right = left + 54, left + 122
    return [
        words(" ".join([*said[1:], "…"]), x, 16),
        wire("input", (x, X - 17), (x, CELL + 30)),
        wire("output", (x, CELL - 30), (x, TOP + 118)),
        wire("output", (left + 108, row(drawn)), (right, row(drawn)), (right, 170)),
        wire("output", (right, 202), *ways(drawn, x, right)),
        token(said[-1], x, X),
        symbol("x_t", x + 26, 292, f"{t}"),
        closed_cell(x, CELL),
        symbol("y_hat_t", x - 26, 188, f"{t}"),
        prediction(left, lengths, drawn),
        operation("∼", right, 186),
        step(f"t = {t}", x, 362),
    ]


def ways(drawn: str, x: float, right: float) -> list[Point]:
    """Return where a word goes: the stop token nowhere, others into the next step."""
    if drawn == "stop":
        return [(right, CELL - 12)]
    return [(right, X), (right + 38, X)]


def draw() -> str:
    """Return the figure as SVG text."""
    parts, said = [], ["start"]
    for t, (lengths, drawn) in enumerate(BARS, 1):
        parts += column(t, said, lengths, drawn)
        said.append(drawn)
    states = [wire("state", (x, CELL), (x + 77, CELL), bridge=True) for x in (89, 227, 365)]
    gaps = [separator(x, X + 20, 376) for x in (126, 264, 402)]
    end = words("stop", 540, CELL, "output")
    return figure("sampling_words", TITLE, DESC, 380, *parts, *states, *gaps, end)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
