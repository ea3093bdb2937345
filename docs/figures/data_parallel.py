"""Draws data_parallel.svg: two processes that read different streams and share their gradient."""

from pathlib import Path

from docs.figures.drawing import box, figure, operation, token, wire, words

PLACES = ["scaling.md"]
TITLE = "Data parallelism with two processes"
DESC = (
    "Two rows, one for each process. In each row, streams of the text, 1 to 3 above, 4 and 5 "
    "below, go into a box forward and backward. An arrow leads from the box back to itself: the "
    "state stays in its process. The gradients of both boxes meet in a circle with the word mean, "
    "and from there the same gradient goes to the update of each process."
)
ROWS = {"process 0": (74, -1, "1, 2, 3"), "process 1": (188, 1, "4, 5")}
STREAMS, PASSES, MEAN, UPDATE = 82, 250, 400, 498  # the places of what is in a row
MIDDLE = 131


def process(name: str, y: float, side: int, streams: str) -> list[str]:
    """Draw one row; its state goes round on the side that is away from the other row."""
    edge, away = y + 22 * side, y + 46 * side
    return [
        words(name, STREAMS, y + 42 * side + 4),
        token(streams, STREAMS, y),
        wire("input", (STREAMS + 32, y), (PASSES - 80, y)),
        wire(
            "state",
            (PASSES + 34, edge),
            (PASSES + 34, away),
            (PASSES - 34, away),
            (PASSES - 34, edge),
        ),
        words("state", PASSES + 66, away + 5, "state"),
        wire("gradient", (PASSES + 80, y), (MEAN, y), (MEAN, MIDDLE + 16 * side)),
        wire("gradient", (MEAN + 26, MIDDLE), (UPDATE, MIDDLE), (UPDATE, y - 22 * side)),
        box("frame", PASSES, y, 160, 44, 10),
        words("forward, backward", PASSES, y),
        box("frame", UPDATE, y, 84, 44, 10),
        words("update", UPDATE, y),
    ]


def draw() -> str:
    """Return the figure as SVG text."""
    rows = [part for name, row in ROWS.items() for part in process(name, *row)]
    return figure("data_parallel", TITLE, DESC, 262, *rows, operation("mean", MEAN, MIDDLE))


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
