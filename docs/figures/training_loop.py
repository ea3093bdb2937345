"""Draws training_loop.svg: the five steps of training, and what goes from one to the next."""

from pathlib import Path

from docs.figures.drawing import box, figure, symbol, token, wire, words

PLACES = ["training.md"]
TITLE = "The training loop"
DESC = (
    "A loop of five boxes. A batch goes into forward, which hands its prediction to loss; loss "
    "hands a gradient to backward. These three are the model. Backward hands the gradients g of "
    "the weights to clip, clip to update, and update gives new weights to forward, for the next "
    "batch. Two things go round by themselves: forward hands its state to the next forward, and "
    "update its memory to the next update."
)
LEFT, MIDDLE, RIGHT = 122, 296, 470  # the places of the boxes
ABOVE, BELOW = 104, 222


def doing(name: str, x: float, y: float) -> str:
    """Draw a step of the loop."""
    return box("frame", x, y, 96, 44, 10) + words(name, x, y)


def draw() -> str:
    """Return the figure as SVG text."""
    return figure(
        "training_loop",
        TITLE,
        DESC,
        284,
        box("limit", MIDDLE, ABOVE - 6, 476, 108, 14),
        words("model", MIDDLE, ABOVE - 40),
        token("batch", LEFT, 19),
        wire("input", (LEFT, 36), (LEFT, ABOVE - 22)),
        wire("output", (LEFT + 48, ABOVE), (MIDDLE - 48, ABOVE)),
        wire("gradient", (MIDDLE + 48, ABOVE), (RIGHT - 48, ABOVE)),
        wire("gradient", (RIGHT, ABOVE + 22), (RIGHT, BELOW - 22)),
        symbol("g", RIGHT + 18, (ABOVE + BELOW) / 2 + 10),
        wire("gradient", (RIGHT - 48, BELOW), (MIDDLE + 48, BELOW)),
        wire("ink", (MIDDLE - 48, BELOW), (LEFT + 24, BELOW), (LEFT + 24, ABOVE + 22)),
        words("new weights", LEFT + 74, BELOW + 17),
        wire(
            "state",
            (LEFT - 24, ABOVE + 22),
            (LEFT - 24, ABOVE + 76),
            (24, ABOVE + 76),
            (24, ABOVE),
            (LEFT - 48, ABOVE),
        ),
        words("state", (LEFT + 2) / 2, ABOVE + 96, "state"),
        wire(
            "ink",
            (MIDDLE + 28, BELOW + 22),
            (MIDDLE + 28, BELOW + 46),
            (MIDDLE - 28, BELOW + 46),
            (MIDDLE - 28, BELOW + 22),
        ),
        words("memory", MIDDLE + 74, BELOW + 44),
        doing("forward", LEFT, ABOVE),
        doing("loss", MIDDLE, ABOVE),
        doing("backward", RIGHT, ABOVE),
        doing("clip", RIGHT, BELOW),
        doing("update", MIDDLE, BELOW),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
