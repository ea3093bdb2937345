"""Draws lstm_cell.svg: one step of the LSTM, its memory a straight wire with valves on it."""

from itertools import pairwise
from pathlib import Path

from docs.figures.drawing import (
    box,
    cell,
    concatenation,
    copy,
    figure,
    group,
    node,
    operation,
    separator,
    step,
    symbol,
    upright_valve,
    wire,
    words,
)

PLACES = ["lstm.md"]
TITLE = "One step of the LSTM"
DESC = (
    "The cell state runs straight along the top. On its way c at step t minus 1 passes the valve "
    "of the forget gate; then the candidate, which has passed the valve of the update gate, is "
    "added; the sum is c at step t. A copy of it goes down through a hyperbolic tangent and the "
    "valve of the output gate, and is the activation a at step t. At the bottom a at step t minus "
    "1 and the input x at step t are concatenated. Four copies go up. Each is multiplied by a "
    "weight matrix and added to a bias: W_f and b_f, W_u and b_u, W_c and b_c, W_o and b_o. A "
    "sigmoid makes the first, second and last a gate, a hyperbolic tangent makes the third the "
    "candidate."
)
COLUMNS = {"f": 162, "u": 245, "c": 328, "o": 411}
JOIN, OUT = 126, 464  # where the inputs are concatenated; where a copy of c_t turns down
C, UPDATE, OUTPUT = 82, 150, 200  # heights of the cell state, and of the valves below it
SQUASH, SUM, WEIGHT, A, X = 240, 300, 360, 410, 494  # heights of what lies under the valves


def weight(code: str, x: float, y: float) -> str:
    """Set a weight in a narrow box, at the left of the sum that it goes into."""
    return (
        wire("ink", (x - 27, y), (x - 16, y))
        + group("weight", box("node", x - 43, y, 32, 30, 3), symbol(code, x - 43, y))
        + operation("+", x, y)
    )


def column(name: str, x: float, drop: float, peephole: float | None) -> list[str]:
    """Draw what a gate or the candidate is made of: weights, bias, and a function."""
    function, height = ("tanh", 18) if name == "c" else ("σ", 16)
    stops = [SUM + drop, SQUASH - 16 + height]
    if peephole and name != "c":
        stops.insert(1, peephole)
    return [
        wire("ink", (x, WEIGHT - 17 + drop), (x, SUM + 16 + drop)),
        *(wire("ink", (x, y - 16), (x, end + 16)) for y, end in pairwise(stops)),
        node(f"W_{name}", x, WEIGHT + drop),
        weight(f"b_{name}", x, SUM + drop),
        operation(function, x, SQUASH),
    ]


def inputs(drop: float) -> list[str]:
    """Draw activation and input, joined to one array that goes to each column."""
    a = A + drop
    *others, last = COLUMNS.values()
    return [
        wire("state", (60, a), (JOIN - 3, a), arrow=False),
        wire("input", (102, X - 22 + drop), (102, a + 24), (JOIN - 3, a + 24), arrow=False),
        wire("ink", (JOIN + 3, a + 12), (last, a + 12), (last, WEIGHT + 17 + drop)),
        *(wire("ink", (x, a + 12), (x, WEIGHT + 17 + drop)) for x in others),
        *(copy("ink", x, a + 12) for x in others),
        concatenation(JOIN, a + 12),
        words("concatenate", JOIN + 10, a + 30, align="start"),
        symbol("a_prev", 30, a),
        node("x_t", 102, X + drop),
    ]


def memory(drop: float) -> list[str]:
    """Draw the cell state, what is written into it, and what is read from it."""
    f, u, c, o = COLUMNS.values()
    return [
        wire("state", (60, C), (f - 30, C)),
        wire("state", (f + 30, C), (c - 16, C)),
        wire("state", (c + 16, C), (522, C)),
        wire("state", (c, SQUASH - 18), (c, UPDATE + 24)),
        wire("state", (c, UPDATE - 24), (c, C + 16)),
        wire("state", (OUT, C), (OUT, C + 36)),
        wire("state", (OUT, C + 72), (OUT, OUTPUT - 24)),
        wire("state", (OUT, OUTPUT + 24), (OUT, A + drop), (522, A + drop)),
        wire("gate", (f, SQUASH - 16), (f, C + 17)),
        wire("gate", (u, SQUASH - 16), (u, UPDATE), (c - 22, UPDATE)),
        wire("gate", (o, SQUASH - 16), (o, OUTPUT), (OUT - 22, OUTPUT)),
        node("gamma_f", f, C),
        operation("+", c, C),
        upright_valve("gamma_u", c, UPDATE),
        copy("state", OUT, C),
        operation("tanh", OUT, C + 54),
        upright_valve("gamma_o", OUT, OUTPUT),
        symbol("c_prev", 30, C),
        symbol("c_tilde", c - 25, 198),
        symbol("c_t", 542, C),
        symbol("a_t", 542, A + drop),
        words("forget", f, C - 38, "gate"),
        words("update", c - 66, UPDATE - 16, "gate"),
        words("output", OUT - 36, OUTPUT - 36, "gate", align="end"),
        words("cell state", 245, C - 18, "state"),
    ]


def parts(drop: float = 0, peephole: float | None = None) -> list[str]:
    """Draw the whole step, with room for one more sum in each gate, at the height `peephole`."""
    return [
        cell(294, 238 + drop / 2, 420, 432 + drop, "cell"),
        *(separator(x, 10, 518 + drop) for x in (68, 514)),
        *(step(t, x, X + drop) for t, x in (("t − 1", 34), ("t", 294), ("t + 1", 540))),
        *(part for name, x in COLUMNS.items() for part in column(name, x, drop, peephole)),
        *inputs(drop),
        *memory(drop),
    ]


def draw() -> str:
    """Return the figure as SVG text."""
    return figure("lstm_cell", TITLE, DESC, 518, *parts())


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
