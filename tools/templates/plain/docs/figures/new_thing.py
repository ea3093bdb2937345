"""Draws new_thing.svg: the new thing, as equation 1 of its page says it."""

from pathlib import Path

from docs.figures.drawing import copy, figure, operation, symbol, wire, words

PLACES = ["new-thing.md"]
TITLE = "New thing"
DESC = (
    "The activation goes two ways: straight to a division, and through a sum over the units. The "
    "activation divided by the sum is the share of each unit."
)


def draw() -> str:
    """Return the figure as SVG text."""
    return figure(
        "new_thing",
        TITLE,
        DESC,
        150,
        wire("state", (80, 50), (284, 50)),
        wire("state", (150, 50), (150, 110), (196, 110)),
        wire("ink", (244, 110), (300, 110), (300, 66)),
        wire("ink", (316, 50), (420, 50)),
        copy("state", 150, 50),
        symbol("a_t", 50, 50),
        operation("sum", 220, 110),
        operation("÷", 300, 50),
        words("shares", 456, 50),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
