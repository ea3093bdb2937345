"""Draws scan.svg: in each round every box covers twice as many steps."""

from pathlib import Path

from docs.figures.drawing import box, figure, group, wire, words

PLACES = ["scan.md"]
TITLE = "Three rounds of doubling over eight steps"
DESC = (
    "Four rows of eight boxes. In the first row each box covers one step, 1 to 8. An arrow leads "
    "from each box to the next but itself one row down, so after round 1 the boxes cover 1, 1-2, "
    "2-3, up to 7-8. In round 2 the arrows come from two boxes to the left, and the boxes cover up "
    "to four steps: 1, 1-2, 1-3, 1-4, 2-5, up to 5-8. In round 3 they come from four boxes to the "
    "left, and every box covers all steps from the first one to its own: 1, 1-2, up to 1-8."
)
STEPS, ROUNDS = 8, 3
LEFT, COLUMN, TOP, ROW = 118, 54, 30, 84
WIDTH, HEIGHT = 44, 30


def place(t: int, level: int) -> tuple[float, float]:
    """Say where the box of step t is after a number of rounds."""
    return LEFT + COLUMN * (t - 1), TOP + ROW * level


def covers(t: int, level: int) -> str:
    """Name the steps that a box covers."""
    first = max(1, t - 2**level + 1)
    return str(t) if first == t else f"{first}-{t}"


def draw() -> str:
    """Return the figure as SVG text."""
    parts = []
    for level in range(ROUNDS + 1):
        name = f"round {level}" if level else "steps"
        parts.append(words(name, 36, TOP + ROW * level))
        for t in range(1, STEPS + 1):
            x, y = place(t, level)
            done = covers(t, level) == (f"1-{t}" if t > 1 else "1")
            kind = "state" if done else "input"
            parts.append(group(kind, box("node", x, y, WIDTH, HEIGHT, 6)))
            parts.append(words(covers(t, level), x, y, kind))
            if level < ROUNDS and t + 2**level <= STEPS:
                end_x, end_y = place(t + 2**level, level + 1)
                start = (x + 8, y + HEIGHT / 2)
                parts.append(wire("ink", start, (end_x - 8, end_y - HEIGHT / 2)))
    return figure("scan", TITLE, DESC, TOP + ROW * ROUNDS + 26, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
