"""Draws ssm_cell.svg: one step of the selective SSM, which chooses for how long memories fade."""

from pathlib import Path

from docs.figures.drawing import (
    cell,
    copy,
    figure,
    node,
    operation,
    separator,
    step,
    symbol,
    wire,
    words,
)
from docs.figures.slstm_cell import valve

PLACES = ["ssm.md"]
TITLE = "One step of the selective SSM"
DESC = (
    "The memories h run straight along the top. They pass a valve, the factor f, and a summand is "
    "added. The factor is the exponential of the step size Delta times the rates A. The summand is "
    "the candidate times the step size times the write weights B. A copy of the new memories is "
    "multiplied by the read weights C and added up. The candidate, multiplied by D, is added to "
    "that, which gives the hidden state a. Step size, candidate, write and read weights come from "
    "the input of this step."
)
H, TIMES, SUMMAND, BRANCH, SOURCE = 76, 232, 296, 346, 398  # heights
KEEP, ADD, OUT = 170, 296, 440  # columns
EXP, READ, SIGMA, A = 162, 142, 206, 276  # heights of what comes before and behind the memories


def draw() -> str:
    """Return the figure as SVG text."""
    return figure(
        "ssm_cell",
        TITLE,
        DESC,
        474,
        cell(280, 230, 404, 420, "cell"),
        *(separator(x, 14, 470) for x in (66, 498)),
        *(step(time, x, 462) for time, x in (("t − 1", 30), ("t", 280), ("t + 1", 530))),
        # the memories
        wire("state", (60, H), (KEEP - 30, H)),
        wire("state", (KEEP + 30, H), (ADD - 16, H)),
        wire("state", (ADD + 16, H), (506, H)),
        valve("f", KEEP, H, 30),
        operation("+", ADD, H),
        symbol("h_t", 30, H, "t−1"),
        symbol("h_t", 528, H),
        words("memories", 366, H - 18, "state"),
        words("keep", KEEP, H - 38, "gate"),
        # how much of them is kept
        wire("gate", (KEEP, SOURCE - 20), (KEEP, TIMES + 16)),
        wire("ink", (KEEP, TIMES - 16), (KEEP, EXP + 18)),
        wire("gate", (KEEP, EXP - 18), (KEEP, H + 17)),
        operation("×", KEEP, TIMES),
        operation("exp", KEEP, EXP),
        node("A", 108, TIMES),
        wire("ink", (132, TIMES), (KEEP - 16, TIMES)),
        copy("gate", KEEP, SUMMAND),
        wire("gate", (KEEP, SUMMAND), (ADD - 16, SUMMAND)),
        symbol("delta", KEEP, SOURCE),
        words("step size", KEEP, SOURCE + 28, "gate"),
        # what is written
        wire("state", (ADD, SOURCE - 22), (ADD, SUMMAND + 16)),
        wire("state", (ADD, SUMMAND - 16), (ADD, TIMES + 16)),
        wire("state", (ADD, TIMES - 16), (ADD, H + 16)),
        operation("×", ADD, SUMMAND),
        operation("×", ADD, TIMES),
        symbol("c_tilde", ADD, SOURCE),
        words("candidate", ADD, SOURCE + 28, "state"),
        symbol("B", 364, TIMES),
        wire("gate", (340, TIMES), (ADD + 16, TIMES)),
        words("write", 362, TIMES + 26, "gate"),
        # what is shown
        wire("state", (OUT, H), (OUT, READ - 16)),
        copy("state", OUT, H),
        symbol("C", 366, READ),
        words("read", 366, READ + 26, "gate"),
        wire("gate", (386, READ), (OUT - 16, READ)),
        operation("×", OUT, READ),
        wire("state", (OUT, READ + 16), (OUT, SIGMA - 18)),
        operation("sum", OUT, SIGMA),
        wire("state", (OUT, SIGMA + 18), (OUT, A - 16)),
        operation("+", OUT, A),
        wire("state", (OUT + 16, A), (506, A)),
        symbol("a_t", 528, A),
        copy("state", ADD, BRANCH),
        wire("state", (ADD, BRANCH), (346, BRANCH)),
        node("D", 370, BRANCH),
        wire("state", (394, BRANCH), (OUT, BRANCH), (OUT, A + 16)),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
