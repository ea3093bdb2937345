"""Draws valley.svg: descent, momentum and Adam on the way down a long valley.

The steps are those of the book's own update rules, each with the best of the same learning rates.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from docs.figures.drawing import Point, circle, element, figure, group, line, words
from snippets.optimizers import adam, descend, init_adam, init_momentum, momentum

PLACES = ["optimizers.md"]
TITLE = "Descent, momentum and Adam in a long valley"
DESC = (
    "Ellipses of equal loss around its lowest point: the loss is steep across the valley and "
    "nearly flat along it. Three update rules take 30 steps from the same point at the far end. "
    "Descent jumps from wall to wall, then creeps along the floor, in ever shorter steps; it is "
    "not there yet. Momentum swings from wall to wall, gathers speed along the valley, shoots "
    "past the lowest point and comes back to it. Adam goes down slantwise, with less swing, "
    "shoots past it too, and comes back. Each has that learning rate, of the same ones tried, "
    "which ends lowest."
)
RULES = {  # name: colour, rule, what it remembers at first
    "descent": ("gate", descend, lambda params: None),
    "momentum": ("input", momentum, init_momentum),
    "Adam": ("output", adam, init_adam),
}
MIDDLE, SCALE = 280, 26.5
STEEP, START, STEPS = 40.0, (-9.0, 1.2), 30
RATES = [k * 10.0**power for power in (-3, -2, -1, 0) for k in range(1, 10)]


class Walk(NamedTuple):
    """A way through the valley: its learning rate, and all points."""

    learning_rate: float
    points: np.ndarray


def loss(points: np.ndarray) -> np.ndarray:
    """Return the height of points (..., 2) in the valley: flat one way, steep the other."""
    return (points[..., 0] ** 2 + STEEP * points[..., 1] ** 2) / 2


def walk(rule: Callable, memory, learning_rate: float) -> Walk:
    """Follow an update rule from the start."""
    params, points = [np.array(START)], [np.array(START)]
    for _ in range(STEPS):
        gradients = [params[0] * [1, STEEP]]
        params, memory = rule(params, gradients, memory, learning_rate=learning_rate)
        points.append(params[0])
    return Walk(learning_rate, np.array(points))


def best_walk(rule: Callable, init: Callable) -> Walk:
    """Take the learning rate that ends lowest."""
    start = init([np.array(START)])
    with np.errstate(over="ignore", invalid="ignore"):
        walks = [walk(rule, start, rate) for rate in RATES]
    return min(walks, key=lambda it: np.nan_to_num(loss(it.points[-1]), nan=np.inf))


def place(point: np.ndarray, middle: float) -> Point:
    """Return where a point of the valley is drawn, both ways in one scale."""
    x, y = point
    return MIDDLE + x * SCALE, middle - y * SCALE


def contour(radius: float, middle: float) -> str:
    """Draw the points of one loss."""
    turn = np.linspace(0, 2 * np.pi, 73)
    ring = radius * np.stack([np.cos(turn), np.sin(turn) / np.sqrt(STEEP)], axis=1)
    path = line(*(place(point, middle) for point in ring), radius=0)
    return group("axis", element("path", class_="wire", d=path))


def panel(name: str, middle: float, kind: str, way: Walk) -> list[str]:
    """Draw the valley, and one way through it."""
    points = [place(point, middle) for point in way.points]
    says = f"{name}, learning rate {way.learning_rate:g}: loss {loss(way.points[-1]):.2f}"
    x, y = place(np.zeros(2), middle)
    cross = "".join(
        element("path", class_="wire", d=line((x - dx, y - dy), (x + dx, y + dy), radius=0))
        for dx, dy in ((6, 6), (6, -6))
    )
    return [
        words(says, 14, middle - 56, kind, align="start"),
        *(contour(radius, middle) for radius in (2.5, 5, 7.5, 10)),
        group(
            kind,
            element("path", class_="wire", d=line(*points, radius=0)),
            *(circle("dot", *point, 2.5) for point in points),
        ),
        group("ink", cross),
    ]


def draw() -> str:
    """Return the figure as SVG text."""
    parts = []
    for i, (name, (kind, rule, init)) in enumerate(RULES.items()):
        parts += panel(name, 72 + 118 * i, kind, best_walk(rule, init))
    return figure("valley", TITLE, DESC, 358, *parts)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
