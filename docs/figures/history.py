"""Draws history.svg: what three early networks know of the past."""

from pathlib import Path

from docs.figures.drawing import (
    Point,
    box,
    copy,
    figure,
    node,
    separator,
    symbol,
    wire,
    words,
)

PLACES = ["history.md"]
TITLE = "Three ways to give a network a past"
DESC = (
    "Three networks, each with inputs below, hidden units in the middle and a prediction above. In "
    "Jordan's network of 1986 the prediction is fed back, one step late, into a state. A share mu "
    "of the state is fed back into itself, one step late too, and the state leads into the hidden "
    "units. In the time-delay network of 1989 nothing is fed back: the hidden units see the input "
    "of this step and of the two steps before. In Elman's network of 1990 the hidden units are fed "
    "back into themselves, one step late."
)
Y_HAT, HIDDEN, STATE, X = 34, 132, 208, 280  # heights of the rows
BELOW = HIDDEN + 22
JORDAN, TDNN, ELMAN = 56, 330, 438


def network(x: float, middle: float, name: str, past: str) -> list[str]:
    """Draw what all three have, and say what is fed back."""
    return [
        wire("input", (x, X - 22), (x, BELOW)),
        wire("output", (x, HIDDEN - 22), (x, Y_HAT + 20)),
        box("frame", x, HIDDEN, 80, 44, 10),
        words("hidden", x, HIDDEN),
        node("y_hat_t", x, Y_HAT),
        node("x_t", x, X),
        words(name, middle, 332),
        words(past, middle, 354),
    ]


def delay(kind: str, x: float, y: float, before: list[Point], after: list[Point]) -> str:
    """Draw what holds an array back for one step, and the ways into it and out of it."""
    side = 13 if before[-1][1] < y else -13
    ways = wire(kind, *before, (x, y - side), arrow=False), wire(kind, (x, y + side), *after)
    return "".join(ways) + box("frame", x, y, 58, 26, 4) + words("1 step", x, y)


def draw() -> str:
    """Return the figure as SVG text."""
    return figure(
        "history",
        TITLE,
        DESC,
        366,
        *network(JORDAN, 98, "Jordan, 1986", "feeds back its output"),
        wire("output", (110, STATE), (80, STATE), (80, BELOW)),
        delay("output", 142, 108, [(JORDAN + 32, Y_HAT), (142, Y_HAT)], [(142, STATE - 20)]),
        delay(
            "output",
            142,
            260,
            [(174, STATE), (186, STATE), (186, 290), (142, 290)],
            [(142, STATE + 20)],
        ),
        node("o_t", 142, STATE),
        symbol("decay", 164, 304),
        *network(TDNN, 289, "TDNN, 1989", "feeds back nothing"),
        delay(
            "input", 262, 242, [(TDNN - 22, X), (262, X)], [(262, 208), (306, 208), (306, BELOW)]
        ),
        delay("input", 262, 172, [(262, 208)], [(262, HIDDEN), (TDNN - 40, HIDDEN)]),
        copy("input", 262, 208),
        symbol("x_t", 230, 207, "t−1"),
        symbol("x_t", 230, 132, "t−2"),
        *network(ELMAN, 472, "Elman, 1990", "feeds back its state"),
        delay(
            "state",
            526,
            178,
            [(ELMAN + 40, HIDDEN), (526, HIDDEN)],
            [(526, 230), (460, 230), (460, BELOW)],
        ),
        symbol("a_t", 502, HIDDEN - 20),
        symbol("a_prev", 494, 208),
        *(separator(x, 16, 362) for x in (196, 384)),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
