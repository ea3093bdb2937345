"""Draws fast_roof.svg: how fast a step's product is, for each number of sequences in the batch."""

from math import log2
from pathlib import Path

from docs.figures.drawing import element, figure, group, line, wire, words
from docs.figures.fast import timings
from docs.figures.initialisation_reach import spread

PLACES = ["fast.md#what-each-change-gains (2)"]
TITLE = "The rate of the matrix product of a step, over the number of sequences"
DESC = (
    "The axis to the right counts sequences, the axis upwards billions of operations a second; "
    "both double from line to line. A line for 256 units and one for 650 rise, and then get flat "
    "below a dashed line, the rate of a large product, {large}. {lines}"
)
LINES = {"256": ("256 units", "input"), "650": ("650 units", "output")}
LEFT, RIGHT, TOP, FLOOR = 46, 420, 30, 230
LOWEST, HIGHEST = 8, 256  # billions of operations a second


def place(m: float, rate: float) -> tuple[float, float]:
    """Return the point of a number of sequences and a rate: both axes are logarithmic."""
    x = LEFT + (RIGHT - LEFT) * log2(m) / 8
    return x, FLOOR - (FLOOR - TOP) * log2(rate / LOWEST) / log2(HIGHEST / LOWEST)


def draw() -> str:
    """Return the figure as SVG text."""
    rates = timings()["rates"]
    large, parts, said = rates["large"], [], []
    parts.append(words("billions of operations a second", 8, 10, align="start"))
    parts.append(wire("ink", (LEFT, TOP), (LEFT, FLOOR), (RIGHT, FLOOR), arrow=False, radius=0))
    for power in range(int(log2(LOWEST)), int(log2(HIGHEST)) + 1):
        y = place(1, 2**power)[1]
        parts.append(words(str(2**power), LEFT - 6, y, align="end"))
        if y < FLOOR:
            parts.append(wire("axis", (LEFT, y), (RIGHT, y), arrow=False))
    parts += [words(str(2**power), place(2**power, 1)[0], FLOOR + 16) for power in range(0, 9, 2)]
    parts.append(words("sequences", (LEFT + RIGHT) / 2, FLOOR + 36))
    parts.append(wire("time", place(1, large), place(256, large), arrow=False))
    ends = {"large product": place(1, large)[1]}
    kinds = {"large product": ""} | dict(LINES.values())
    for size, (name, kind) in LINES.items():
        points = [place(int(m), rate) for m, rate in rates[size].items()]
        parts.append(group(kind, element("path", class_="wire", d=line(*points, radius=0))))
        ends[name] = points[-1][1]
        said.append(f"{name}: {', '.join(f'{rate:.0f}' for rate in rates[size].values())}.")
    for name, y in spread(ends).items():
        parts.append(words(name, RIGHT + 8, y, kinds[name], align="start"))
    desc = DESC.format(large=f"{large:.0f}", lines=" ".join(said))
    return figure("fast_roof", TITLE, desc, FLOOR + 48, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
