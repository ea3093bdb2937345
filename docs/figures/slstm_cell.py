"""Draws slstm_cell.svg: one step of the sLSTM, a mean and the weight that it rests on."""

from pathlib import Path

from docs.figures.drawing import (
    cell,
    copy,
    figure,
    group,
    operation,
    polygon,
    separator,
    step,
    symbol,
    upright_valve,
    wire,
    words,
)

PLACES = ["slstm.md"]
TITLE = "One step of the sLSTM"
DESC = (
    "Two lines run from left to right. Along the upper one runs the total weight n. It passes a "
    "valve, the forget gate, and then the new weight, the exponential of z_u, is added. Along the "
    "lower one runs the memory, the cell state c. It passes a valve that lets through one minus "
    "the update gate, and then the candidate is added, after it has passed the update gate. The "
    "update gate is the new weight divided by the new total weight. A copy of the new cell state "
    "passes the output gate and becomes the hidden state a."
)
N, NEW, UPDATE, C, SHOW, A = 84, 164, 230, 322, 384, 440  # heights
KEEP, ADD_N, DIVIDE, ADD_C, OUT = 146, 208, 292, 392, 446  # columns


def valve(code: str, x: float, y: float, half: float, before: str = "") -> str:
    """Draw a valve on a line that runs from left to right."""
    left = [(x - half, y - 24), (x - half, y + 24), (x, y + 17)]
    right = [(2 * x - across, 2 * y - down) for across, down in left]
    return group("gate", polygon("node", *left, *right), symbol(code, x, y, before=before))


def draw() -> str:
    """Return the figure as SVG text."""
    return figure(
        "slstm_cell",
        TITLE,
        DESC,
        500,
        cell(280, 254, 404, 432, "cell"),
        *(separator(x, 14, 496) for x in (66, 498)),
        *(step(time, x, 488) for time, x in (("t − 1", 30), ("t", 280), ("t + 1", 530))),
        # the total weight
        wire("state", (60, N), (KEEP - 30, N)),
        wire("state", (KEEP + 30, N), (ADD_N - 16, N)),
        wire("state", (ADD_N + 16, N), (506, N)),
        valve("gamma_f", KEEP, N, 30),
        operation("+", ADD_N, N),
        *(words("n", x, N, "state") for x in (36, 522)),
        words("total weight", 400, N - 18, "state"),
        wire("ink", (ADD_N, NEW - 16), (ADD_N, N + 16)),
        operation("exp", ADD_N, NEW, width=50),
        words("new weight", ADD_N - 34, NEW, align="end"),
        # the share of the new one
        wire("ink", (ADD_N + 25, NEW), (DIVIDE - 16, NEW)),
        wire("state", (DIVIDE, N), (DIVIDE, NEW - 16)),
        copy("state", DIVIDE, N),
        operation("÷", DIVIDE, NEW),
        wire("gate", (DIVIDE, NEW + 16), (DIVIDE, UPDATE), (ADD_C - 22, UPDATE)),
        wire("gate", (DIVIDE, UPDATE), (KEEP, UPDATE), (KEEP, C - 17)),
        copy("gate", DIVIDE, UPDATE),
        # the memory
        wire("state", (60, C), (KEEP - 42, C)),
        wire("state", (KEEP + 42, C), (ADD_C - 16, C)),
        wire("state", (ADD_C + 16, C), (506, C)),
        valve("gamma_u", KEEP, C, 42, before="1 − "),
        wire("state", (ADD_C, NEW + 18), (ADD_C, UPDATE - 24)),
        wire("state", (ADD_C, UPDATE + 24), (ADD_C, C - 16)),
        symbol("c_tilde", ADD_C, NEW),
        upright_valve("gamma_u", ADD_C, UPDATE),
        operation("+", ADD_C, C),
        symbol("c_prev", 28, C),
        symbol("c_t", 526, C),
        words("weighted mean", 280, C - 18, "state"),
        # what is shown
        wire("state", (OUT, C), (OUT, SHOW - 24)),
        copy("state", OUT, C),
        upright_valve("gamma_o", OUT, SHOW),
        wire("state", (OUT, SHOW + 24), (OUT, A), (506, A)),
        symbol("a_t", 526, A),
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
