"""Draws pieces.svg: a text is cut into passages, and the passages into chunks."""

from pathlib import Path

from docs.figures.drawing import box, figure, group, separator, step, wire, words

PLACES = ["text.md#columns-and-pieces"]
TITLE = "A text cut into passages, and the passages into chunks"
DESC = (
    "The alphabet. Three passages of eight letters, a to h, i to p and q to x, are put side by "
    "side and read in parallel, from top to bottom. The letters y and z are left "
    "over, but y is still a target. Each chunk has four steps and a fifth row that is only a "
    "target. The first chunk has the rows aiq, bjr, cks and dlt, and below them emu. The second "
    "chunk begins with emu and continues to hpx, with iqy as its last targets. An arrow leads from "
    "the first chunk to the second: the state after one chunk is where the next one starts."
)
TEXT, T, M, COUNT = "abcdefghijklmnopqrstuvwxyz", 4, 3, 2
LEFT, LETTER = 20, 20  # where the text begins, and the width of a letter in it
TOP, ROW, COLUMN = 152, 38, 46  # the first row of a piece, and the steps of its grid
PIECES = (172, 424)  # the middle of each


def letter(symbol: str, kind: str, x: float, y: float, width: float, height: float) -> str:
    """Set a letter in a square."""
    return group(kind, box("node", x, y, width, height, 5), words(symbol, x, y, kind))


def long_row() -> list[str]:
    """Draw the text, and where it is cut."""
    length, parts = T * COUNT, []
    for i, symbol in enumerate(TEXT):
        kind, x = "input" if i < M * length else "output", LEFT + LETTER * (i + 0.5)
        if i <= M * length:
            parts.append(letter(symbol, kind, x, 24, 18, 28))
        else:
            parts.append(words(symbol, x, 24))
    for column in range(M):
        end = LEFT + LETTER * length * (column + 1)
        parts.append(separator(end, 2, 70))
        parts.append(words(f"passage {column + 1}", end - LETTER * length / 2, 58))
    return parts


def piece(number: int, middle: float) -> list[str]:
    """Draw a piece: a row for each step, and the last row of targets."""
    parts = [words(f"chunk {number + 1}", middle, TOP - 36)]
    for row in range(T + 1):
        kind, y = "input" if row < T else "output", TOP + ROW * row
        for column in range(M):
            symbol = TEXT[column * T * COUNT + number * T + row]
            x = middle + COLUMN * (column - (M - 1) / 2)
            parts.append(letter(symbol, kind, x, y, 40, 32))
    return parts


def draw() -> str:
    """Return the figure as SVG text."""
    steps = [step(f"t = {t + 1}", 62, TOP + ROW * t) for t in range(T)]
    right, left = (PIECES[0] + 1.5 * COLUMN, PIECES[1] - 1.5 * COLUMN)
    middle, last, first = (right + left) / 2, TOP + ROW * (T - 1), TOP
    return figure(
        "pieces",
        TITLE,
        DESC,
        TOP + ROW * T + 22,
        *long_row(),
        *steps,
        words("target only", 94, TOP + ROW * T, "output", align="end"),
        *(part for number, x in enumerate(PIECES) for part in piece(number, x)),
        wire("state", (right + 4, last), (middle, last), (middle, first), (left - 4, first)),
        words("state", middle + 8, (first + last) / 2, "state", align="start"),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
