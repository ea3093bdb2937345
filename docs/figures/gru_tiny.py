"""Draws gru_tiny.svg: a tiny GRU reads a text, and an update gate opens where x gets a value."""

import json
from itertools import groupby
from pathlib import Path

from docs.figures.drawing import box, figure, group, lifted, symbol, typed, wire, words
from tools.tiny import follow

PLACES = ["gru.md"]
TITLE = "An update gate that opens only when x gets a new value"
DESC = (
    "A text as it was typed: {text} Above it, each character stands at the height of the update "
    "gate of one unit at this step. The gate opens at two characters only: to {first_value} at "
    "the {first} of x={first}, and to {last_value} at the {last} of x={last}. At all others it "
    "stays at {closed} or below, even at the digits that are not the value of x. A row at the top "
    "shows what the network answers after each character: no value yet, then {first}, and from "
    "the second opening on {last}."
)
LEFT, PITCH = 52, 11  # the first character, and from one to the next
ANSWER, ROOF, FLOOR, TYPED = 40, 104, 180, 212  # the answers, the gate at 1 and at 0, what is typed
OPEN = 0.5


def height(value: float) -> float:
    """Return where a gate is drawn."""
    return FLOOR + value * (ROOF - FLOOR)


def describe(reading: dict) -> str:
    """Say what the figure shows, with the values that it shows."""
    steps = list(zip(reading["symbols"], reading["values"], strict=True))
    (first, first_value), (last, last_value) = (step for step in steps if step[1] > OPEN)
    closed = max(value for _, value in steps if value < OPEN)
    return DESC.format(
        text="".join(reading["symbols"]),
        first=first,
        first_value=f"{first_value:.2f}",
        last=last,
        last_value=f"{last_value:.2f}",
        closed=f"{closed:.2f}",
    )


def characters(reading: dict) -> list[str]:
    """Draw each character as it was typed, and lifted to the value of the gate."""
    parts = []
    for t, (character, value) in enumerate(zip(reading["symbols"], reading["values"], strict=True)):
        x = LEFT + PITCH * t
        parts.append(lifted(f"gru_tiny-{t + 1}", "gate", character, x, height(value), FLOOR))
        parts.append(typed(character, x, TYPED, "input"))
    return parts


def answers(reading: dict) -> list[str]:
    """Draw a strip for each stretch of steps with one answer."""
    parts, start = [], 0
    for answer, steps in groupby(reading["answers"]):
        count = len(list(steps))
        middle, width = LEFT + PITCH * (start + count / 2 - 0.5), PITCH * count - 3
        shown = answer if len(answer) == 1 else "?"
        strip = box("node", middle, ANSWER, width, 28, 4)
        parts.append(group("output", strip, typed(f"x={shown}", middle, ANSWER, "output")))
        start += count
    return parts


def readings() -> list[dict]:
    """Return what happens at each step; it is written beside the figure."""
    return [follow("gru", 0)]


def draw() -> str:
    """Return the figure as SVG text."""
    (reading,) = readings()
    end = LEFT + PITCH * len(reading["symbols"])
    ticks = [words(text, 38, height(value), align="end") for text, value in (("1", 1), ("0", 0))]
    return figure(
        "gru_tiny",
        TITLE,
        describe(reading),
        TYPED + 34,
        words("what the network answers", LEFT - 5, 12, "output", align="start"),
        *answers(reading),
        words("the update gate of one unit", LEFT - 5, 76, "gate", align="start"),
        wire("axis", (LEFT - 6, FLOOR), (end - 5, FLOOR), arrow=False),
        *ticks,
        symbol("gamma_u", 20, (ROOF + FLOOR) / 2),
        *characters(reading),
        words("what you type", LEFT - 5, TYPED + 22, "input", align="start"),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
    written = json.dumps(readings(), ensure_ascii=False)
    Path(__file__).with_suffix(".json").write_text(written + "\n", encoding="utf-8")
