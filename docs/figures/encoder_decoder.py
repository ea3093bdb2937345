"""Draws encoder_decoder.svg: one cell reads, then another one writes."""

from itertools import pairwise
from pathlib import Path

from docs.figures.drawing import Step, figure, separator, symbol, unrolled_step, wire, words

PLACES = ["encoder-decoder.md"]
TITLE = "Many to many, different length: encoder and decoder"
DESC = (
    "On the left the encoder, a cell at three steps, reads three words: il, fait, beau. It "
    "predicts nothing. Its last state goes on to the decoder and is its first state, a_dec at step "
    "0. The decoder, another cell at three steps, reads a start token and then what it put out "
    "itself, y at step 1 and y at step 2. It predicts: nice, weather, stop."
)
STEPS = (
    Step(("x_t", "1", "il")),
    Step(("x_t", "2", "fait")),
    Step(("x_t", "3", "beau")),
    Step(("y_t", "0", "start"), ("y_hat_t", "1", "nice")),
    Step(("y_t", "1", "nice"), ("y_hat_t", "2", "weather")),
    Step(("y_t", "2", "weather"), ("y_hat_t", "3", "stop")),
)
X, Y = (38, 122, 206, 346, 430, 514), 156


def draw() -> str:
    """Return the figure as SVG text."""
    parts = []
    for i, (x, inside) in enumerate(zip(X, STEPS, strict=True)):
        parts += unrolled_step(x, Y, str(i % 3 + 1), inside)
    for x, right in pairwise(X):
        parts.append(wire("state", (x + 30, Y), (right - 30, Y)))
    for name, left, right in (("encoder", 4, 240), ("decoder", 312, 548)):
        parts += [wire("axis", (left, 352), (right, 352), arrow=False)]
        parts += [words(name, (left + right) / 2, 368)]
    parts += [symbol("start", 276, Y - 26), separator(276, Y + 16, 376)]
    return figure("encoder_decoder", TITLE, DESC, 382, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
