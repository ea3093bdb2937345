"""Draws rnn_tiny.svg: a tiny RNN reads a text, and a unit is up inside quotation marks."""

import json
from pathlib import Path

from docs.figures.drawing import figure, lifted, symbol, typed, wire, words

VALUES = Path(__file__).with_suffix(".json")
PLACES = ["rnn.md"]
TITLE = "A unit of a recurrent network that knows when it is inside quotation marks"
DESC = (
    "A text with straight quotation marks, as it was typed: {text} Above it, each character stands "
    "at the height of the hidden state of one unit after the network has read this character. "
    "Outside quotation marks the unit is between {lowest} and {outside}. At an opening mark it "
    "jumps up, and until the closing mark it stays between {inside} and {highest}. The network has "
    "turned the straight marks into curly ones, and each opens or closes a quotation as it should."
)
LEFT, PITCH = 52, 11  # the first character, and from one to the next
TOP, ROOF, FLOOR, TYPED = 12, 64, 160, 192  # a label, the hidden states 1 and -1, what was typed
CURLY = {"opening mark": "“", "closing mark": "”"}


def height(value: float) -> float:
    """Return where a hidden state is drawn."""
    return FLOOR + (value + 1) / 2 * (ROOF - FLOOR)


def describe(reading: dict) -> str:
    """Say what the figure shows, with the values that it shows."""
    pairs = list(zip(reading["values"], reading["answers"], strict=True))
    outside = [value for value, answer in pairs if answer == "outside"]
    inside = [value for value, answer in pairs if answer != "outside"]
    return DESC.format(
        text="".join(reading["symbols"]),
        lowest=f"{min(outside):.1f}".replace("-", "−"),
        outside=f"{max(outside):.1f}".replace("-", "−"),
        inside=f"{min(inside):.1f}",
        highest=f"{max(inside):.1f}",
    )


def characters(reading: dict) -> list[str]:
    """Draw each character as it was typed, and lifted to the value of the unit."""
    parts, steps = [], zip(*(reading[key] for key in ("symbols", "values", "answers")), strict=True)
    for t, (character, value, answer) in enumerate(steps):
        x = LEFT + PITCH * t
        shown, kind = CURLY.get(answer, character), "output" if answer in CURLY else "state"
        parts.append(lifted(f"rnn_tiny-{t + 1}", kind, shown, x, height(value), FLOOR))
        parts.append(typed(character, x, TYPED, "input"))
    return parts


def readings() -> list[dict]:
    """Let the network read, and return what happens at each step."""
    from tools.tiny import follow  # here: to draw what is written takes no network

    return [follow("rnn", 0)]


def draw() -> str:
    """Return the figure of the values that are written beside it, as SVG text."""
    (reading,) = json.loads(VALUES.read_text(encoding="utf-8"))
    end = LEFT + PITCH * len(reading["symbols"])
    ticks = [words(text, 38, height(value), align="end") for text, value in (("1", 1), ("−1", -1))]
    return figure(
        "rnn_tiny",
        TITLE,
        describe(reading),
        TYPED + 34,
        words("the hidden state of one unit", LEFT - 5, TOP, "state", align="start"),
        wire("axis", (LEFT - 6, FLOOR), (end - 5, FLOOR), arrow=False),
        *ticks,
        symbol("a_t", 24, (ROOF + FLOOR) / 2),
        *characters(reading),
        words("what you type", LEFT - 5, TYPED + 22, "input", align="start"),
    )


if __name__ == "__main__":
    written = json.dumps(readings(), ensure_ascii=False)
    VALUES.write_text(written + "\n", encoding="utf-8")
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
