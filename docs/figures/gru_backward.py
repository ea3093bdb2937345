"""Draws gru_backward.svg: how the gradient goes back through one step of the GRU."""

from pathlib import Path

from docs.figures.drawing import (
    box,
    copy,
    element,
    figure,
    group,
    node,
    operation,
    polygon,
    sign,
    symbol,
    wire,
    words,
)
from docs.figures.gru_cell import weight

PLACES = ["gru-gradient.md"]
TITLE = "The gradient goes back through one step of the GRU"
DESC = (
    "The gradient enters on the right, as the sum of what comes from the loss and what comes from "
    "step t plus 1. It goes back along four paths, which end in one sum on the left that leads to "
    "step t minus 1. The first path, the copy, passes only the valve that lets through one minus "
    "the update gate. The second, the update gate, is multiplied by the candidate minus the old "
    "hidden state and by the slope of the sigmoid, which gives dz_u, and then by U_u transposed. "
    "The third, the candidate, passes the update gate and the slope of the "
    "hyperbolic tangent, which gives dz_c, then U_c transposed and the reset gate. "
    "The fourth, the reset gate, branches off behind U_c: it is multiplied by the old hidden state "
    "and by the slope of the sigmoid, which gives dz_r, and then by U_r transposed."
)
COPY, UPDATE, CANDIDATE, RESET = 84, 186, 288, 450  # heights of the four paths
SUM, SPLIT, TOTAL = 98, 466, 508  # where they meet, where they part, where the total is formed
BRANCH = 222  # where the path of the reset gate leaves that of the candidate


def back(*points: tuple[float, float]) -> str:
    """Draw a stretch on which the gradient flows."""
    return wire("gradient", *points)


def gradient(code: str, x: float, y: float) -> str:
    """Name a gradient as the code does."""
    return element("text", code, class_="words gradient", data_symbol=code, x=x, y=y + 5)


def copied() -> list[str]:
    """Draw the path that passes no matrix."""
    x, y = 280, COPY
    half = [(x - 42, y - 24), (x - 42, y + 24), (x, y + 17)]
    valve = [*half, *((2 * x - px, 2 * y - py) for px, py in half)]
    return [
        back((TOTAL - 16, y), (x + 42, y)),
        back((x - 42, y), (SUM + 16, y)),
        group("gate", polygon("node", *valve), symbol("gamma_u", x, y, before="1 − ")),
        gradient("da_t", 400, y - 16),
        words("copy", SUM + 26, y - 18, align="start"),
    ]


def through_the_update_gate() -> list[str]:
    """Draw the path through the gate that mixes."""
    y = UPDATE
    return [
        back((SPLIT, y), (408, y)),
        back((376, y), (346, y)),
        back((314, y), (255, y)),
        back((221, y), (SUM + 16, y)),
        wire("ink", (392, y - 34), (392, y - 16)),
        symbol("c_tilde", 356, y - 48),
        sign("−", 385, y - 48),
        symbol("a_prev", 422, y - 48),
        operation("×", 392, y),
        operation("σ", 330, y),
        gradient("dz_u", 288, y - 16),
        weight("U_u", 238, y),
        words("update gate", SUM + 26, y - 18, align="start"),
    ]


def through_the_candidate() -> list[str]:
    """Draw the path through the candidate, up to where it meets the reset gate, and beyond."""
    y = CANDIDATE
    return [
        back((SPLIT, COPY), (SPLIT, y), (446, y)),
        back((386, y), (376, y)),
        back((321, y), (277, y)),
        back((243, y), (198, y)),
        back((138, y), (SUM + 16, y)),
        node("gamma_u", 416, y),
        operation("tanh", 348, y),
        gradient("dz_c", 300, y - 16),
        weight("U_c", 260, y),
        node("gamma_r", 168, y),
        words("candidate", SUM + 26, y - 36, align="start"),
    ]


def through_the_reset_gate() -> list[str]:
    """Draw the path through the reset gate."""
    x, y = BRANCH, RESET
    return [
        back((x, CANDIDATE), (x, 332)),
        back((x, 364), (x, 386)),
        back((x, 418), (x, y), (185, y)),
        back((151, y), (SUM + 16, y)),
        wire("ink", (x + 44, 348), (x + 16, 348)),
        symbol("a_prev", x + 72, 348),
        operation("×", x, 348),
        operation("σ", x, 402),
        gradient("dz_r", x + 26, 434),
        weight("U_r", 168, y),
        words("reset gate", SUM + 26, y - 28, align="start"),
    ]


def draw() -> str:
    """Return the figure as SVG text."""
    middle = (COPY + RESET) / 2
    return figure(
        "gru_backward",
        TITLE,
        DESC,
        RESET + 30,
        *copied(),
        *through_the_candidate(),
        *through_the_update_gate(),
        *through_the_reset_gate(),
        *(copy("gradient", x, y) for x, y in ((SPLIT, COPY), (SPLIT, UPDATE), (BRANCH, CANDIDATE))),
        back((TOTAL, 26), (TOTAL, COPY - 16)),
        back((558, COPY), (TOTAL + 16, COPY)),
        operation("+", TOTAL, COPY),
        words("from the loss", TOTAL, 12),
        words("step t + 1", 558, COPY + 28, align="end"),
        group("operation", box("node", SUM, middle, 32, RESET - COPY + 44, 16)),
        group("operation", sign("+", SUM, middle)),
        back((SUM - 16, middle), (10, middle)),
        words("step t − 1", 0, middle - 22, align="start"),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
