"""Draws fast.svg: how long a training step takes beside PyTorch's.

The record, fast.json, is written by `sh tests/parity/run.sh speed`, for each processor that it ran
on. The figure is of the one with AVX-512, with the kernel that NumPy's products choose there.
"""

import json
from pathlib import Path

from docs.figures.drawing import WIDTH, box, element, figure, wire, words

PLACES = ["fast.md"]
RECORDS = json.loads(Path(__file__).with_name("fast.json").read_text(encoding="utf-8"))
XEON, EPYC = "Intel(R) Xeon(R) Processor", "AMD EPYC"
TITLE = "The time of a training step, with PyTorch's as 1"
DESC = (
    "Two groups of bars, for the LSTM and for the GRU, with a pair of bars for each size. "
    "The length of a bar is the median time of a training step, divided by PyTorch's. "
    "{rows} In each bar, a darker part shows how long the matrix products take alone."
)
NAMES = {
    "128 alone": "128 units, batch 1",
    "128": "128 units, batch 32",
    "256": "256 units, batch 32",
    "512": "512 units, batch 64",
    "650": "650 units, batch 20",
}
KINDS = {"readable": "gate", "fast": "input"}
LEFT, RIGHT, MOST = 170, 510, 3.2  # the axis, from 0 to the longest bar that has room
TOP, ROW, BAR = 62, 32, 12


def timings(processor: str = XEON, kernel: str = "SkylakeX", threads: int = 1) -> dict:
    """Return what was measured on a processor, with a kernel of OpenBLAS and so many threads."""
    runs = {(it["kernel"], it["threads"]): it for it in RECORDS[processor]["runs"]}
    return runs[kernel, threads]


def ratio(cell: str, size: str, which: str, measured: dict | None = None) -> float:
    """Return the median time of a training step, divided by PyTorch's."""
    sizes = (measured or timings())["sizes"]
    return sizes[cell][size]["training step"][which]["ratio"][1]


def across(value: float) -> float:
    """Return where a ratio is drawn."""
    return LEFT + (RIGHT - LEFT) * min(value, MOST) / MOST


def bar(which: str, value: float, floor: float, y: float) -> str:
    """Draw a time, and as its darker part the matrix products alone."""

    def part(look: str, end: float) -> str:
        return box(look, (LEFT + across(end)) / 2, y, across(end) - LEFT, BAR, 0)

    left = across(value) + 6
    if left < across(1) < left + 36:  # the number would lie on the line
        left = across(1) + 6
    number = words(f"{value:.2f}", left, y, KINDS[which], align="start")
    both = part("bar", value), part("bar drawn", min(floor, value))
    return element("g", *both, class_=KINDS[which]) + number


def rows(cell: str, top: float) -> list[str]:
    """Draw the bars of a cell, and the line of PyTorch."""
    floor = top + ROW * len(NAMES)
    parts = [words(cell, LEFT, top - 16, align="start")]
    for i, (size, name) in enumerate(NAMES.items()):
        y = top + ROW * i + ROW / 2
        parts.append(words(name, LEFT - 8, y, align="end"))
        products = ratio(cell, size, "products")
        parts += [
            bar(which, ratio(cell, size, which), products, y + side * (BAR + 2) / 2)
            for side, which in ((-1, "readable"), (1, "fast"))
        ]
    parts.append(wire("ink", (LEFT, top), (LEFT, floor), arrow=False))
    parts.append(wire("time", (across(1), top - 6), (across(1), floor), arrow=False))
    return parts


def draw() -> str:
    """Return the figure as SVG text."""
    second = TOP + ROW * len(NAMES) + 52
    said = [
        f"{cell}, {name}: readable {ratio(cell, size, 'readable'):.2f}, "
        f"fast {ratio(cell, size, 'fast'):.2f}."
        for cell in ("LSTM", "GRU")
        for size, name in NAMES.items()
    ]
    parts = [
        words("readable", LEFT, 14, "gate", align="start"),
        words("fast", LEFT + 76, 14, "input", align="start"),
        words("line: PyTorch, dark: products", LEFT + 122, 14, align="start"),
        *rows("LSTM", TOP),
        *rows("GRU", second),
    ]
    height = second + ROW * len(NAMES) + 14
    return figure("fast", TITLE, DESC.format(rows=" ".join(said)), height, *parts, width=WIDTH)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
