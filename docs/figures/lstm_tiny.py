"""Draws lstm_tiny.svg: a tiny LSTM remembers whether a subject was singular."""

import json
from pathlib import Path

from docs.figures.drawing import LETTER, figure, lifted, symbol, token, wire, words
from tools.tiny import follow

PLACES = ["lstm.md"]
TITLE = "A unit of the cell state that remembers whether the subject was singular or plural"
DESC = (
    "Two sentences that break off before the verb. Each word stands at the height of the cell "
    "state of one unit after the network has read this word. In the upper sentence, {upper}, the "
    "unit rises to {upper_first} at the subject, {upper_subject}. It then stays at {upper_least} "
    "or above, although cabinets and hallways are plural, and the network goes on with "
    "{upper_verb}. In the lower sentence, {lower}, the unit falls to {lower_first} at the "
    "subject, {lower_subject}. It then stays at {lower_least} or below, although cabinet and "
    "hallway are singular, and the network goes on with {lower_verb}."
)
LEFT, GAP = 52, 11  # where the first word begins, and between two words
TOP, APART, SCALE = 48, 60, 42  # the highest bar, between both zeros, and a cell state of 1
SUBJECT = 1  # its place in both sentences


def number(value: float) -> str:
    """Write a value of the cell state."""
    return f"{value:.1f}".replace("-", "−")


def describe(upper: dict, lower: dict) -> str:
    """Say what the figure shows, with the values that it shows."""
    values = {}
    for name, reading, least in (("upper", upper, min), ("lower", lower, max)):
        first, *held = reading["values"][SUBJECT:]
        values |= {
            name: " ".join(reading["symbols"]),
            f"{name}_subject": reading["symbols"][SUBJECT],
            f"{name}_first": number(first),
            f"{name}_least": number(least(held)),
            f"{name}_verb": reading["answers"][-1],
        }
    return DESC.format(**values)


def middles(*readings: dict) -> list[float]:
    """Return the middle of each column, wide enough for the words of both sentences."""
    x, found = LEFT, []
    for column in zip(*(reading["symbols"] for reading in readings), strict=True):
        width = LETTER * max(map(len, column))
        found.append(x + width / 2)
        x += width + GAP
    return found


def verb_place(columns: list[float]) -> float:
    """Return the middle of the column in which the answers stand."""
    return columns[-1] + 82


def sentence(reading: dict, level: float, columns: list[float], name: str) -> list[str]:
    """Draw the words of a sentence, each lifted to the value of the unit, and the verb."""
    parts, right = [], verb_place(columns) - 40
    for t, (word, value) in enumerate(zip(reading["symbols"], reading["values"], strict=True)):
        id_, y = f"lstm_tiny-{name}-{t + 1}", level - SCALE * value
        parts.append(lifted(id_, "state", word, columns[t], y, level, is_marked=t == SUBJECT))
    parts.append(wire("axis", (LEFT - 6, level), (right, level), arrow=False))
    parts.append(words("0", 38, level, align="end"))
    end = level - SCALE * reading["values"][-1]
    parts.append(token(reading["answers"][-1], verb_place(columns), (level + end) / 2, "output"))
    return parts


def readings() -> list[dict]:
    """Return what happens at each step of both sentences; it is written beside the figure."""
    return [follow("lstm", example) for example in (0, 1)]


def draw() -> str:
    """Return the figure as SVG text."""
    upper, lower = readings()
    columns = middles(upper, lower)
    zero_above = TOP + SCALE * max(upper["values"])
    zero_below = zero_above + APART
    return figure(
        "lstm_tiny",
        TITLE,
        describe(upper, lower),
        zero_below - SCALE * min(lower["values"]) + 26,
        words("the cell state of one unit", LEFT - 5, 12, "state", align="start"),
        words("answer", verb_place(columns), 12, "output"),
        words("1", 38, zero_above - SCALE, align="end"),
        symbol("c_t", 24, zero_above + APART / 2),
        words("−1", 38, zero_below + SCALE, align="end"),
        *sentence(upper, zero_above, columns, "upper"),
        *sentence(lower, zero_below, columns, "lower"),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
    written = json.dumps(readings(), ensure_ascii=False)
    Path(__file__).with_suffix(".json").write_text(written + "\n", encoding="utf-8")
