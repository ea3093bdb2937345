"""Draws sampling_words.svg: a language model writes a sentence word by word."""

from pathlib import Path

from docs.figures.drawing import (
    box,
    cell,
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


def prediction(left: float, lengths: tuple[float, ...], drawn: str) -> list[str]:
    """Draw a distribution over the vocabulary; the bar of the word drawn is full."""
    parts = [box("node", left + 54, TOP + 58, 108, 116, 6)]
    for i, (word, length) in enumerate(zip(VOCABULARY, lengths, strict=True)):
        y = TOP + 14 + 22 * i
        parts.append(words(word, left + 42, y, "output", align="end"))
        parts.append(
            box("bar drawn" if word == drawn else "bar", left + 48 + length / 2, y, length, 12, 1)
        )
    return [group("output", *parts)]


def draw() -> str:
    """Return the figure as SVG text."""
    parts, so_far = [], ["start"]
    for i, (lengths, drawn) in enumerate(BARS):
        left = 4 + 138 * i
        x, right = left + 54, left + 122
        y = TOP + 14 + 22 * VOCABULARY.index(drawn)
        last = drawn == "stop"
        parts += prediction(left, lengths, drawn)
        parts += [
            words(" ".join([*so_far[1:], "…"]), x, 16),
            wire("output", (x, CELL - 30), (x, TOP + 118)),
            symbol("y_hat_t", x - 26, 188, str(i + 1)),
            symbol("x_t", x + 26, 292, str(i + 1)),
            wire("input", (x, X - 17), (x, CELL + 30)),
            wire("output", (left + 108, y), (right, y), (right, 170)),
            cell(x, CELL, 60, 60),
            words("cell", x, CELL),
            token(so_far[-1], x, X),
            step(f"t = {i + 1}", x, 362),
        ]
        if last:
            parts += [
                wire("output", (right, 202), (right, CELL - 12)),
                words("stop", right, CELL, "output"),
            ]
        else:
            parts += [
                wire("output", (right, 202), (right, X), (right + 38, X)),
                wire("state", (x + 30, CELL), (x + 108, CELL), bridge=True),
                separator(right, X + 20, 376),
            ]
        parts.append(operation("∼", right, 186))
        so_far.append(drawn)
    return figure("sampling_words", TITLE, DESC, 380, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
