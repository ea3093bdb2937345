"""Draws encoder_decoder.svg: one cell reads, then another one writes."""

from itertools import pairwise
from pathlib import Path

from docs.figures.drawing import Step, figure, separator, symbol, unrolled_step, wire, words

PLACES = ["encoder-decoder.md"]
TITLE = "Many to many, different length: encoder and decoder"
DESC = (
    "On the left the encoder, a cell at two steps, reads two words: Tür, auf. It predicts nothing. "
    "Its last state goes on to the decoder and is its first state, a_dec at step 0. The decoder, "
    "another cell at four steps, reads a start token and then what it put out itself, y at the "
    "steps 1, 2 and 3. It predicts: open, the, door, stop."
)
STEPS = (
    ("1", Step(("x_t", "1", "Tür"))),
    ("2", Step(("x_t", "2", "auf"))),
    ("1", Step(("y_t", "0", "start"), ("y_hat_t", "1", "open"))),
    ("2", Step(("y_t", "1", "open"), ("y_hat_t", "2", "the"))),
    ("3", Step(("y_t", "2", "the"), ("y_hat_t", "3", "door"))),
    ("4", Step(("y_t", "3", "door"), ("y_hat_t", "4", "stop"))),
)
X, Y = (38, 122, 262, 346, 430, 514), 156


def draw() -> str:
    """Return the figure as SVG text."""
    parts = []
    for x, (time, inside) in zip(X, STEPS, strict=True):
        parts += unrolled_step(x, Y, time, inside)
    for x, right in pairwise(X):
        parts.append(wire("state", (x + 30, Y), (right - 30, Y)))
    for name, left, right in (("encoder", 4, 156), ("decoder", 228, 548)):
        parts += [wire("axis", (left, 352), (right, 352), arrow=False)]
        parts += [words(name, (left + right) / 2, 368)]
    parts += [symbol("start", 192, Y - 26), separator(192, Y + 16, 376)]
    return figure("encoder_decoder", TITLE, DESC, 382, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
