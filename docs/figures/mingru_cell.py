"""Draws mingru_cell.svg: one step of the minGRU, whose gate and candidate see the input only."""

from pathlib import Path

from docs.figures.drawing import (
    cell,
    copy,
    figure,
    group,
    node,
    operation,
    polygon,
    separator,
    step,
    symbol,
    upright_valve,
    wire,
    words,
)

PLACES = ["mingru.md"]
TITLE = "One step of the minGRU"
DESC = (
    "The hidden state runs straight along the top. The old one, a at step t minus 1, passes a "
    "valve that lets through one minus the update gate. Then the candidate is added, after it has "
    "passed the update gate. The sum is the new hidden state. No copy of the hidden state leads "
    "down. Update gate and candidate are each computed from a matrix W times the input x at step "
    "t, plus a bias b; the gate then passes through a sigmoid, the candidate through nothing."
)
U, C = 190, 390  # the columns of gate and candidate
A, VALVE, SQUASH, SUM = 68, 136, 204, 270  # heights
WEIGHT, BRANCH, INPUT = 322, 362, 412
BIAS = 58  # how far a bias stands beside its sum


def draw() -> str:
    """Return the figure as SVG text."""
    half = [(U - 42, A - 24), (U - 42, A + 24), (U, A + 17)]
    return figure(
        "mingru_cell",
        TITLE,
        DESC,
        436,
        cell(280, 200, 390, 364, "cell"),
        *(separator(x, 16, 432) for x in (62, 498)),
        *(step(time, x, 412) for time, x in (("t − 1", 32), ("t", 290), ("t + 1", 528))),
        # what the state goes through
        wire("state", (52, A), (U - 42, A)),
        wire("state", (U + 42, A), (C - 16, A)),
        wire("state", (C + 16, A), (506, A)),
        operation("+", C, A),
        symbol("a_prev", 28, A),
        symbol("a_t", 528, A),
        group(
            "gate",
            polygon("node", *half, *((2 * U - x, 2 * A - y) for x, y in half)),
            symbol("gamma_u", U, A, before="1 − "),
        ),
        # what only the input goes into
        wire("gate", (U, SQUASH - 16), (U, A + 17)),
        wire("gate", (U, VALVE), (C - 22, VALVE)),
        copy("gate", U, VALVE),
        wire("ink", (U, SUM - 16), (U, SQUASH + 16)),
        operation("σ", U, SQUASH),
        wire("state", (C, SUM - 16), (C, VALVE + 24)),
        wire("state", (C, VALVE - 24), (C, A + 16)),
        upright_valve("gamma_u", C, VALVE),
        symbol("c_tilde", C + 28, SQUASH),
        *(
            part
            for x, name in ((U, "u"), (C, "c"))
            for part in (
                wire("ink", (x, WEIGHT - 16), (x, SUM + 16)),
                wire("ink", (x - BIAS + 18, SUM), (x - 16, SUM)),
                operation("+", x, SUM),
                node(f"W_{name}", x, WEIGHT),
                node(f"b_{name}", x - BIAS, SUM),
            )
        ),
        wire("input", (U, INPUT - 20), (U, WEIGHT + 18)),
        wire("input", (U, BRANCH), (C, BRANCH), (C, WEIGHT + 18)),
        copy("input", U, BRANCH),
        node("x_t", U, INPUT),
        words("keep", U, A - 36, "gate"),
        words("update", C - 62, VALVE - 14, "gate"),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
