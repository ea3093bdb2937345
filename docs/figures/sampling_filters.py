"""Draws sampling_filters.svg: what top-p leaves of three predictions of the character model.

A script of the page draws it again when a reader chooses other settings:
docs/assets/moving/filters.js has the same functions.
"""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from docs.figures.drawing import (
    ASSETS,
    box,
    figure,
    group,
    polygon,
    typed,
    words,
)
from snippets.sampling import heat, keep_top_k, keep_top_p, softmax

PREDICTIONS = ASSETS / "moving/sampling.json"
PLACES = ["sampling.md#cut-the-tail-top-k-top-p"]
TITLE = "What temperature, top-k and top-p leave of three predictions"
LEFT, WIDTH = 8, 544  # of a bar, which stands for the probability 1
TOP, ROW = 44, 90  # of the first context, and from one to the next
NARROWEST = 13  # a part with a letter
SHOWN = {" ": "␣", "\n": "↵"}
SAID = {" ": "space", "\n": "new line"}


class Settings(NamedTuple):
    """What a reader chooses."""

    temperature: float
    top_k: int
    top_p: float


AT_FIRST = Settings(1, 65, 0.5)


class Prediction(NamedTuple):
    """What is predicted after a context: characters and probabilities, the most likely first."""

    text: str
    characters: list[str]
    before: np.ndarray  # after the temperature
    count: int  # of the characters that are kept
    limit: float  # the probability at which top-p cuts


def predict(context: dict, alphabet: str, settings: Settings) -> Prediction:
    """Apply the settings to the prediction after a context."""
    z_t = np.array(context["z"])[:, None]
    z_t = heat(z_t, settings.temperature)
    of_k = keep_top_k(z_t, settings.top_k)
    left = keep_top_p(of_k, settings.top_p)
    order = np.argsort(-z_t[:, 0], kind="stable")
    before = softmax(z_t)[order, 0]
    return Prediction(
        context["text"],
        [alphabet[number] for number in order],
        before,
        int(np.isfinite(left).sum()),
        settings.top_p * float(before[: settings.top_k].sum()),
    )


def part(kind: str, text: str, left: float, width: float, y: float) -> str:
    """Draw the part of a bar that belongs to a character."""
    shape = box("node", left + width / 2, y, width, 24, 0)
    return group(kind, shape, *([typed(text, left + width / 2, y)] if text else []))


def parts(kind: str, characters: list[str], shares: np.ndarray, left: float, y: float) -> list[str]:
    """Draw the parts of some characters from the left on; those too small for a letter as one."""
    drawn = []
    many = int((shares * WIDTH >= NARROWEST).sum())
    for character, share in zip(characters[:many], shares[:many], strict=True):
        drawn.append(part(kind, SHOWN.get(character, character), left, share * WIDTH, y))
        left += share * WIDTH
    rest = float(shares[many:].sum()) * WIDTH
    if rest > 0:
        drawn.append(part(kind, "…" if rest >= NARROWEST else "", left, rest, y))
    return drawn


def row(prediction: Prediction, top: float) -> list[str]:
    """Draw a prediction: all of it, and below it what is left to draw from."""
    text, characters, before, count, limit = prediction
    share = float(before[:count].sum())
    cut = LEFT + share * WIDTH
    upper, lower = top + 24, top + 62
    after = before[:count] / share
    edges = (LEFT, upper + 12), (cut, upper + 12), (LEFT + WIDTH, lower - 12), (LEFT, lower - 12)
    at = LEFT + limit * WIDTH
    mark = polygon("tip", (at, upper + 13), (at - 6, upper + 23), (at + 6, upper + 23))
    return [
        typed(f"{text}…", LEFT + 4.5 * (len(text) + 1), top, "input"),
        words(left_over(prediction), LEFT + WIDTH, top, "output", align="end"),
        polygon("ground", *edges),
        group("gradient", mark),
        *parts("output", characters[:count], before[:count], LEFT, upper),
        *parts("time", characters[count:], before[count:], cut, upper),
        *parts("output", characters[:count], after, LEFT, lower),
    ]


def left_over(prediction: Prediction) -> str:
    """Say how many characters are left."""
    return f"leaves {prediction.count} of {len(prediction.characters)} characters"


def describe(predictions: list[Prediction], settings: Settings) -> str:
    """Say what the figure shows."""
    said = f"{summary(settings)}. "
    for it in predictions:
        named = ", ".join(SAID.get(character, character) for character in it.characters[: it.count])
        said += f"After “{it.text}” this {left_over(it)}: {named}. "
    return said.strip()


def summary(settings: Settings) -> str:
    """Name the settings."""
    return f"temperature {settings.temperature:g}, top-k {settings.top_k}, top-p {settings.top_p:g}"


def predict_all(settings: Settings) -> list[Prediction]:
    """Apply the settings to all predictions."""
    told = json.loads(PREDICTIONS.read_text(encoding="utf-8"))
    return [predict(context, told["alphabet"], settings) for context in told["contexts"]]


def counts(temperature: float, top_k: int, top_p: float) -> list[int]:
    """Return how many characters are left of each prediction."""
    return [it.count for it in predict_all(Settings(temperature, top_k, top_p))]


def draw(settings: Settings = AT_FIRST) -> str:
    """Return the figure as SVG text."""
    found = predict_all(settings)
    drawn = [words(summary(settings), LEFT + WIDTH / 2, 12)]
    for number, prediction in enumerate(found):
        drawn += row(prediction, TOP + ROW * number)
    height = TOP + ROW * len(found) - 10
    return figure("sampling_filters", TITLE, describe(found, settings), height, *drawn)


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
