"""Draws fast_stages.svg: what each change to the LSTM gains, as tests/parity/speed.py measured."""

from pathlib import Path

from docs.figures.drawing import element, figure, group, line, wire, words
from docs.figures.fast import timings
from docs.figures.initialisation_reach import spread

PLACES = ["fast.md#what-each-change-gains"]
TITLE = (
    "What each change gains: the time of a training step of an LSTM, with the readable one's as 1"
)
DESC = (
    "A line for each size, over versions of the code: the readable cell, one product "
    "for all gates, arrays that are filled, slopes in chunks, and the same tape again. {lines}"
)
STAGES = {  # as the record calls them, in two lines
    "readable": ("readable", "cell"),
    "one product": ("one", "product"),
    "arrays filled": ("arrays", "filled"),
    "chunks": ("in", "chunks"),
    "same tape": ("same", "tape"),
}
LINES = {
    "128 alone": ("128, batch 1", "gate"),
    "128": ("128", "input"),
    "256": ("256", "state"),
    "512": ("512", "output"),
    "650": ("650 units", "ink"),
}
LEFT, RIGHT, TOP, FLOOR = 46, 400, 20, 220
HIGHEST, LOWEST = 1.4, 0.4


def place(i: int, ratio: float) -> tuple[float, float]:
    """Return the point of a stage and a ratio."""
    x = LEFT + (RIGHT - LEFT) * i / (len(STAGES) - 1)
    return x, TOP + (FLOOR - TOP) * (HIGHEST - ratio) / (HIGHEST - LOWEST)


def draw() -> str:
    """Return the figure as SVG text."""
    measured = timings()["stages"]
    parts = [wire("ink", (LEFT, TOP), (LEFT, FLOOR), (RIGHT, FLOOR), arrow=False, radius=0)]
    for tenths in range(4, 15, 2):
        y = place(0, tenths / 10)[1]
        parts.append(words(f"{tenths / 10:.1f}", LEFT - 6, y, align="end"))
        if y < FLOOR:
            parts.append(wire("axis", (LEFT, y), (RIGHT, y), arrow=False))
    for i, (above, below) in enumerate(STAGES.values()):
        x = place(i, LOWEST)[0]
        parts += [words(above, x, FLOOR + 16), words(below, x, FLOOR + 34)]
    ends, said = {}, []
    for size, (name, kind) in LINES.items():
        ratios = [measured[size][stage]["ratio"][1] for stage in STAGES]
        points = [place(i, ratio) for i, ratio in enumerate(ratios)]
        parts.append(group(kind, element("path", class_="wire", d=line(*points, radius=0))))
        ends[size] = points[-1][1]
        said.append(f"{name}: {', '.join(f'{ratio:.2f}' for ratio in ratios)}.")
    for size, y in spread(ends).items():
        parts.append(words(LINES[size][0], RIGHT + 8, y, LINES[size][1], align="start"))
    return figure("fast_stages", TITLE, DESC.format(lines=" ".join(said)), FLOOR + 48, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
