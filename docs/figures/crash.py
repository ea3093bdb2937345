"""Draws crash.svg: two ways to save over an old checkpoint, and what a crash leaves of each."""

from pathlib import Path

from docs.figures.drawing import box, figure, group, polygon, separator, typed, wire, words

PLACES = ["checkpoints.md#whole-or-not-at-all"]
TITLE = "What a crash leaves of a file, with two ways of saving"
DESC = (
    "Two timelines. In the upper one, the new checkpoint is written over the old one. Before, the "
    "file run.npz is the old checkpoint, and afterwards it is the new one. In between, while it "
    "is being written, it is broken. In the lower one, the new checkpoint is written to a second "
    "file, run.npz.part, which grows until it is complete. All this time run.npz is the old "
    "checkpoint. Then the second file gets the name of the first, in a single moment, marked "
    "os.replace: from then on run.npz is the new checkpoint, and the second file is gone. So a "
    "crash leaves the old checkpoint before this moment and the new one after it, always whole."
)
LEFT, BEGIN, WHOLE, SWAP, RIGHT = 128, 224, 352, 408, 548  # moments, from left to right
HIGH = 34  # of a bar


def bar(kind: str, text: str, start: float, end: float, y: float) -> str:
    """Draw what a file is for a while."""
    middle = (start + end) / 2
    shape = box("node", middle, y, end - start, HIGH, 4)
    return group(kind, shape, words(text, middle, y, kind))


def growing(start: float, end: float, y: float) -> str:
    """Draw a file that is being written."""
    below, above = y + HIGH / 2, y - HIGH / 2
    return group("input", polygon("node", (start, below), (end, above), (end, below)))


def draw() -> str:
    """Return the figure as SVG text."""
    upper, first, second = 62, 186, 246
    return figure(
        "crash",
        TITLE,
        DESC,
        344,
        words("writing over the old file", LEFT, 16, align="start"),
        typed("run.npz", 60, upper),
        bar("state", "old", LEFT, BEGIN, upper),
        bar("gradient", "broken", BEGIN, WHOLE, upper),
        bar("input", "new", WHOLE, RIGHT, upper),
        words("writing beside it, then renaming", LEFT, 140, align="start"),
        typed("run.npz", 60, first),
        bar("state", "old", LEFT, SWAP, first),
        bar("input", "new", SWAP, RIGHT, first),
        typed("run.npz.part", 60, second),
        growing(BEGIN, WHOLE, second),
        bar("input", "whole", WHOLE, SWAP, second),
        words("written", BEGIN - 8, second, "input", align="end"),
        separator(SWAP, first + 17, second + 34),
        typed("os.replace", SWAP, second + 46),
        words("a crash leaves the old file", (LEFT + SWAP) / 2 - 26, 326, "state"),
        words("or the new file", (SWAP + RIGHT) / 2, 326, "input"),
        wire("ink", (LEFT, 308), (RIGHT, 308)),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
