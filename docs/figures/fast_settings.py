"""Draws fast_settings.svg: the fast cells beside PyTorch on two processors, with two kernels."""

from pathlib import Path

from docs.figures.drawing import element, figure, group, line, wire, words
from docs.figures.fast import EPYC, NAMES, XEON, ratio, timings
from docs.figures.initialisation_reach import spread

PLACES = ["fast.md#what-depends-on-the-processor"]
TITLE = "The training step of the fast cells in three settings, with PyTorch's as 1"
DESC = (
    "Two plots, for the LSTM and for the GRU: the time of a training step of the fast cell, "
    "divided by PyTorch's, over the sizes, with a line for each setting and a dashed line for "
    "PyTorch. {lines}"
)
SETTINGS = {
    "Xeon, SkylakeX": (timings(XEON), "input"),
    "Xeon, Haswell": (timings(XEON, "Haswell"), "gate"),
    "EPYC, Haswell": (timings(EPYC, "Haswell"), "output"),
}
SHORT = {"128 alone": ("128,", "batch 1"), "650": ("650", "units")}
LEFT, RIGHT, HIGHEST = 46, 420, 2.5  # the axis, from 0
TOPS, HEIGHT = (32, 282), 160


def place(i: int, value: float, top: float) -> tuple[float, float]:
    """Return the point of a size and a ratio."""
    x = LEFT + 24 + (RIGHT - LEFT - 24) * i / (len(NAMES) - 1)
    return x, top + HEIGHT * (HIGHEST - value) / HIGHEST


def plot(cell: str, top: float) -> tuple[list[str], list[str]]:
    """Draw the lines of a cell; return them with what they say."""
    floor, ends, said = top + HEIGHT, {}, []
    parts = [words(cell, LEFT, top - 18, align="start")]
    parts.append(wire("ink", (LEFT, top), (LEFT, floor), (RIGHT, floor), arrow=False, radius=0))
    for value in (0, 0.5, 1, 1.5, 2, 2.5):
        y = place(0, value, top)[1]
        parts.append(words(f"{value:.1f}", LEFT - 6, y, align="end"))
        if value:
            parts.append(wire("time" if value == 1 else "axis", (LEFT, y), (RIGHT, y), arrow=False))
    for i, size in enumerate(NAMES):
        x = place(i, 0, top)[0]
        parts += [words(it, x, floor + 16 + 18 * j) for j, it in enumerate(SHORT.get(size, [size]))]
    for name, (measured, kind) in SETTINGS.items():
        ratios = [ratio(cell, size, "fast", measured) for size in NAMES]
        points = [place(i, value, top) for i, value in enumerate(ratios)]
        parts.append(group(kind, element("path", class_="wire", d=line(*points, radius=0))))
        ends[name] = points[-1][1]
        said.append(f"{cell}, {name}: {', '.join(f'{it:.2f}' for it in ratios)}.")
    for name, y in spread(ends).items():
        parts.append(words(name, RIGHT + 8, y, SETTINGS[name][1], align="start"))
    return parts, said


def draw() -> str:
    """Return the figure as SVG text."""
    plots = [plot(cell, top) for cell, top in zip(("LSTM", "GRU"), TOPS, strict=True)]
    said = " ".join(it for _, lines in plots for it in lines)
    parts = [part for drawn, _ in plots for part in drawn]
    return figure("fast_settings", TITLE, DESC.format(lines=said), TOPS[1] + HEIGHT + 48, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
