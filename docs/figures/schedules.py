"""Draws schedules.svg: three learning rates over a run, and how low it gets with each.

The runs are those of the example in docs/schedules.md: 200 of them, in the valley of the optimizers
with noise added to each gradient. Their mean height is drawn.
"""

from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from docs.figures.drawing import WIDTH, element, figure, group, line, wire, words
from snippets.optimizers import descend
from snippets.schedules import cosine_decay, linear_decay

PLACES = ["schedules.md"]
TITLE = "Three learning rates over a run, and how low it gets with each"
DESC = (
    "Two plots above each other, over the 400 steps of a run. The upper one shows the learning "
    "rate. One line is constant. The two others rise from zero to the same height in the first 40 "
    "steps, the warm-up; then one falls to zero in a straight line and the other in half a "
    "cosine wave, which stays higher at first and is lower in the end. The lower plot shows the "
    "mean loss of 200 runs with noisy gradients, from 10 to a thousandth, each mark a tenth of the "
    "one above it. All three fall quickly to about a twentieth. The line of the constant learning "
    "rate stays there. The two others go on falling until the end, to less than a hundredth."
)
STEPS, WARM_UP, PEAK = 400, 40, 0.04
KINDS = {"constant": "gate", "linear": "input", "cosine": "output"}
NUMBERS = {"peak": PEAK, "steps": STEPS, "warm_up": WARM_UP}
SCHEDULES = {
    "constant": lambda step: PEAK,
    "linear": partial(linear_decay, **NUMBERS),
    "cosine": partial(cosine_decay, **NUMBERS),
}
LEFT, RIGHT = 76, 480
TOP, FLOOR = 30, 130  # of the plot of learning rates
TOP_2, FLOOR_2 = 194, 354  # of the plot of losses
POWERS = (1, 0, -1, -2, -3)  # of ten


def across(step: float) -> float:
    """Return where a step is drawn."""
    return LEFT + (RIGHT - LEFT) * step / STEPS


def losses(schedule, runs: int = 200) -> np.ndarray:
    """Follow noisy gradient descent, and return the mean height of all runs after each step."""
    rng, curve = np.random.default_rng(0), np.array([[1.0], [40.0]])
    params, means = [np.repeat([[-9.0], [1.2]], runs, axis=1)], []
    for step in range(1, STEPS + 1):
        g = curve * params[0] + rng.normal(size=(2, runs))
        params, _ = descend(params, [g], learning_rate=schedule(step))
        means.append((curve * params[0] ** 2).sum(axis=0).mean() / 2)
    return np.array(means)


def height(loss: float) -> float:
    """Return where a loss is drawn."""
    share = (POWERS[0] - np.log10(loss)) / (POWERS[0] - POWERS[-1])
    return TOP_2 + (FLOOR_2 - TOP_2) * share


def axes(top: float, floor: float) -> str:
    """Draw the two axes of a plot."""
    return wire("ink", (LEFT, top), (LEFT, floor), (RIGHT, floor), arrow=False, radius=0)


def curve(kind: str, points: list[tuple[float, float]]) -> str:
    """Draw a line through the points."""
    return group(kind, element("path", class_="wire", d=line(*points, radius=0)))


def upper() -> list[str]:
    """Draw the learning rates."""
    parts = [words("learning rate", LEFT, TOP - 18, align="start"), axes(TOP, FLOOR)]
    parts += [
        words("0.04", LEFT - 8, TOP + 8, align="end"),
        words("0", LEFT - 8, FLOOR, align="end"),
    ]
    for name, schedule in SCHEDULES.items():
        steps = range(1, STEPS + 1, 3)
        points = [
            (across(step), FLOOR - (FLOOR - TOP - 8) * schedule(step) / PEAK) for step in steps
        ]
        parts.append(curve(KINDS[name], points))
    parts += [
        words("constant", RIGHT + 6, TOP + 8, "gate", align="start"),
        words("cosine", across(225), TOP + 30, "output", align="start"),
        words("linear", across(122), FLOOR - 42, "input", align="start"),
        words("warm-up", across(WARM_UP) - 2, FLOOR + 16),
    ]
    return parts


def lower() -> list[str]:
    """Draw the losses."""
    parts = [words("mean loss of 200 runs", LEFT, TOP_2 - 18, align="start")]
    for power, name in zip(POWERS, ("10", "1", "0.1", "0.01", "0.001"), strict=True):
        y = height(10.0**power)
        if power != POWERS[-1]:
            parts.append(wire("axis", (LEFT, y), (RIGHT, y), arrow=False))
        parts.append(words(name, LEFT - 8, y, align="end"))
    parts.append(axes(TOP_2, FLOOR_2))
    ends = {}
    for name, schedule in SCHEDULES.items():
        means = losses(schedule)
        points = [(across(step + 1), height(means[step])) for step in range(0, STEPS, 3)]
        inside = [point for point in points if TOP_2 <= point[1] <= FLOOR_2]
        parts.append(curve(KINDS[name], inside))
        ends[name] = inside[-1][1]
    for above, below in pairwise(sorted(ends, key=ends.get)):
        ends[below] = max(ends[below], ends[above] + 18)
    for name, y in ends.items():
        parts.append(words(name, RIGHT + 6, y, KINDS[name], align="start"))
    parts += [words(str(step), across(step), FLOOR_2 + 16) for step in range(0, STEPS + 1, 100)]
    parts.append(words("training step", across(STEPS / 2), FLOOR_2 + 38))
    return parts


def draw() -> str:
    """Return the figure as SVG text."""
    return figure("schedules", TITLE, DESC, FLOOR_2 + 50, *upper(), *lower(), width=WIDTH)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
